using Gateway.Identity;
using Yarp.ReverseProxy;

namespace Gateway.Targets;

/// <summary>Where a cluster can be asked a question, and as whom.</summary>
/// <param name="Address">Base address of a destination in service.</param>
/// <param name="Identity">What this cluster is told about callers.</param>
/// <param name="Http">The connections to this cluster, with its certificates.</param>
internal sealed record Backend(Uri Address, BackendIdentity Identity, HttpMessageInvoker Http);

/// <summary>Finds a cluster's address in YARP's live state, so that a destination which its health checks took out is not asked.</summary>
internal sealed class BackendAddresses(IProxyStateLookup state, BackendIdentities identities)
{
    /// <summary>A destination of the cluster that is in service; null when there is none.</summary>
    public Backend? Of(string cluster)
    {
        if (!state.TryGetCluster(cluster, out var found)) return null;
        var destinations = found.DestinationsState.AvailableDestinations;
        return destinations.Count == 0
            ? null
            : new Backend(
                new Uri(destinations[Random.Shared.Next(destinations.Count)].Model.Config.Address),
                identities.Of(found.Model.Config),
                found.Model.HttpClient);
    }
}
