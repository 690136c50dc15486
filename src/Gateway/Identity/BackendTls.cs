using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Identity;

/// <summary>
/// How the gateway shows a backend that it is the gateway, and knows the backend, by TLS. A cluster's metadata names PEM files: <c>ClientCertificate</c>
/// with <c>ClientKey</c>, and <c>ServerAuthority</c>, the only authority whose certificates the backends of the cluster may have.
/// </summary>
internal static class BackendTls
{
    public const string CertificateKey = "ClientCertificate";
    public const string PrivateKeyKey = "ClientKey";
    public const string AuthorityKey = "ServerAuthority";

    /// <summary>Sets up the connections of a cluster. The files are read whenever the cluster's configuration is.</summary>
    public static void Apply(IReadOnlyDictionary<string, string>? metadata, SocketsHttpHandler handler)
    {
        if (ClientCertificate(metadata) is { } certificate)
            handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        if (metadata?.GetValueOrDefault(AuthorityKey) is { } authority)
            handler.SslOptions.CertificateChainPolicy = TrustedAuthority.PolicyOf(authority);
    }

    /// <summary>Every problem of a cluster's metadata, each with place and remedy.</summary>
    public static IEnumerable<(string Place, string Problem)> Problems(string place, ClusterConfig cluster)
    {
        foreach (var key in new[] { CertificateKey, PrivateKeyKey, AuthorityKey })
        {
            if (cluster.Metadata?.GetValueOrDefault(key) is not { } file) continue;
            if (!File.Exists(file)) yield return ($"{place}:{key}", $"`{file}` does not exist: name a PEM file that the gateway can read");
        }

        if (cluster.Metadata?.GetValueOrDefault(PrivateKeyKey) is not null && cluster.Metadata.GetValueOrDefault(CertificateKey) is null)
            yield return ($"{place}:{CertificateKey}", $"`{PrivateKeyKey}` needs the certificate that it belongs to");
        if (Unreadable(cluster.Metadata) is { } problem) yield return ($"{place}:{CertificateKey}", problem);
    }

    private static string? Unreadable(IReadOnlyDictionary<string, string>? metadata)
    {
        try
        {
            using var certificate = ClientCertificate(metadata);
            if (metadata?.GetValueOrDefault(AuthorityKey) is { } authority) new X509Certificate2Collection().ImportFromPemFile(authority);
            return null;
        }
        catch (CryptographicException e)
        {
            return $"is not a PEM certificate with its key, or `{AuthorityKey}` is none: {e.Message}";
        }
        catch (IOException)
        {
            // Said already, with the file's name.
            return null;
        }
    }

    private static X509Certificate2? ClientCertificate(IReadOnlyDictionary<string, string>? metadata) =>
        metadata?.GetValueOrDefault(CertificateKey) is { } file ? X509Certificate2.CreateFromPemFile(file, metadata.GetValueOrDefault(PrivateKeyKey)) : null;
}
