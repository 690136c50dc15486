using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Identity;

/// <summary>Each cluster's <see cref="BackendIdentity"/>, made once for as long as that cluster's configuration is in force.</summary>
internal sealed class BackendIdentities(TimeProvider time)
{
    private readonly ConditionalWeakTable<ClusterConfig, BackendIdentity> _known = [];

    public BackendIdentity Of(ClusterConfig cluster) => _known.GetValue(cluster, config => BackendIdentity.For(config, time));
}
