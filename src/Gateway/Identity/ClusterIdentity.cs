using Yarp.ReverseProxy.Configuration;

namespace Gateway.Identity;

/// <summary>Checks what a cluster's metadata says about identity, before anything depends on it.</summary>
internal static class ClusterIdentity
{
    /// <summary>Every problem, each with place, value and remedy.</summary>
    public static IEnumerable<(string Place, string Problem)> Problems(ClusterConfig cluster)
    {
        var place = $"ReverseProxy:Clusters:{cluster.ClusterId}:Metadata";
        if (cluster.Metadata?.GetValueOrDefault(BackendIdentity.ModeKey) is not { } mode || mode == "token") yield break;
        if (mode != "signed")
        {
            yield return ($"{place}:{BackendIdentity.ModeKey}", $"`{mode}` is not known: use `token` (pass the caller's token on) or `signed` (signed identity headers)");
            yield break;
        }

        var file = cluster.Metadata.GetValueOrDefault(BackendIdentity.SecretFileKey);
        if (file is null && cluster.Metadata.GetValueOrDefault(BackendIdentity.SecretKey) is not { Length: >= 16 })
            yield return (place, $"`signed` needs `{BackendIdentity.SecretFileKey}` (a file holding the shared secret) or `{BackendIdentity.SecretKey}` of at least 16 characters");
        if (file is not null && !File.Exists(file))
            yield return ($"{place}:{BackendIdentity.SecretFileKey}", $"`{file}` does not exist: write the secret there, readable by the gateway alone");
    }
}
