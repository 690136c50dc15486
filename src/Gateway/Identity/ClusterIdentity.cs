using Yarp.ReverseProxy.Configuration;

namespace Gateway.Identity;

/// <summary>Checks what a cluster's metadata says about identity, before anything depends on it.</summary>
internal static class ClusterIdentity
{
    /// <summary>Every problem, each with place, value and remedy.</summary>
    public static IEnumerable<(string Place, string Problem)> Problems(ClusterConfig cluster)
    {
        var place = $"ReverseProxy:Clusters:{cluster.ClusterId}:Metadata";
        return ModeProblems(place, cluster).Concat(BackendTls.Problems(place, cluster));
    }

    private static IEnumerable<(string Place, string Problem)> ModeProblems(string place, ClusterConfig cluster)
    {
        var mode = cluster.Metadata?.GetValueOrDefault(BackendIdentity.ModeKey) ?? "token";
        return mode switch
        {
            "token" => [],
            "signed" => SecretProblems(place, cluster),
            "headers" => HeaderProblems(place, cluster),
            _ =>
            [
                ($"{place}:{BackendIdentity.ModeKey}",
                    $"`{mode}` is not known: use `token` (pass the caller's token on), `signed` (signed identity headers) or `headers` (identity headers over mutual TLS)"),
            ],
        };
    }

    private static IEnumerable<(string Place, string Problem)> SecretProblems(string place, ClusterConfig cluster)
    {
        var file = cluster.Metadata!.GetValueOrDefault(BackendIdentity.SecretFileKey);
        if (file is null && cluster.Metadata!.GetValueOrDefault(BackendIdentity.SecretKey) is not { Length: >= 16 })
            yield return (place, $"`signed` needs `{BackendIdentity.SecretFileKey}` (a file holding the shared secret) or `{BackendIdentity.SecretKey}` of at least 16 characters");
        if (file is not null && !File.Exists(file))
            yield return ($"{place}:{BackendIdentity.SecretFileKey}", $"`{file}` does not exist: write the secret there, readable by the gateway alone");
    }

    /// <summary>Identity headers without a signature are as good as the connection that they come over.</summary>
    private static IEnumerable<(string Place, string Problem)> HeaderProblems(string place, ClusterConfig cluster)
    {
        foreach (var key in new[] { BackendTls.CertificateKey, BackendTls.AuthorityKey })
            if (cluster.Metadata!.GetValueOrDefault(key) is null) yield return ($"{place}:{key}", "needed for `headers`: backend and gateway must know each other by their certificates");
        foreach (var (name, destination) in cluster.Destinations ?? new Dictionary<string, DestinationConfig>(StringComparer.Ordinal))
        {
            if (!destination.Address.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
                yield return ($"ReverseProxy:Clusters:{cluster.ClusterId}:Destinations:{name}:Address", $"`{destination.Address}` must be an https address: `headers` are only sent over mutual TLS");
        }
    }
}
