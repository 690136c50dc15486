using Yarp.ReverseProxy.Configuration;

namespace Gateway.Identity;

/// <summary>Checks what a cluster's metadata says about identity, before anything depends on it.</summary>
internal static class ClusterIdentity
{
    /// <summary>In characters.</summary>
    private const int ShortestSecret = 16;

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
        if (file is null && cluster.Metadata!.GetValueOrDefault(BackendIdentity.SecretKey) is not { Length: >= ShortestSecret })
            yield return (place, $"`signed` needs `{BackendIdentity.SecretFileKey}` (a file holding the shared secret) or `{BackendIdentity.SecretKey}` of at least 16 characters");
        if (file is not null && FileProblem(file) is { } problem) yield return ($"{place}:{BackendIdentity.SecretFileKey}", $"`{file}` {problem}");
    }

    private static string? FileProblem(string file)
    {
        if (!File.Exists(file)) return "does not exist: write the secret there, readable by the gateway alone";
        try
        {
            return BackendIdentity.ReadSecret(file).Length >= ShortestSecret
                ? null
                : $"holds fewer than {ShortestSecret} characters: write a longer secret there; anyone can guess a short one, and with it be anybody";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"cannot be read: {e.Message}";
        }
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
