using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Cli;

/// <summary>Whose certificate a service may have: one of the system's authorities, one of a file's and no other, or anybody's.</summary>
internal abstract record ServerTrust
{
    internal sealed record OfSystem : ServerTrust;

    internal sealed record OfAuthority(X509Certificate2Collection Certificates) : ServerTrust;

    internal sealed record OfAnybody : ServerTrust;

    /// <summary>Reads a PEM file of authorities.</summary>
    /// <param name="path">As the user wrote it.</param>
    /// <param name="terminal">Where it is.</param>
    /// <returns>The trust, or what is wrong with the file.</returns>
    public static (ServerTrust? Trust, string? Problem) Read(string path, Terminal terminal)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPemFile(terminal.Resolve(path.StartsWith("~/", StringComparison.Ordinal) && terminal.Variable("HOME") is { } home ? home + path[1..] : path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return (null, $"cacert: `{path}` cannot be read: {e.Message}");
        }

        return certificates.Count > 0 ? (new OfAuthority(certificates), null) : (null, $"cacert: `{path}` holds no certificate: name a PEM file with the authority's");
    }

    public void Apply(SslClientAuthenticationOptions tls)
    {
        if (this is OfAuthority authority)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(authority.Certificates);
        }

#pragma warning disable CA5359 // It is what the user asked for, in so many words.
        if (this is OfAnybody) tls.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
    }
}
