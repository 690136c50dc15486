using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Identity;

/// <summary>A PEM file with the certificates of authorities of one's own: a peer that it is named for must have a certificate of one of them.</summary>
internal static class TrustedAuthority
{
    /// <summary>Trusts what is in the file and nothing else.</summary>
    public static X509ChainPolicy PolicyOf(string file)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(file);
        return policy;
    }

    /// <summary>Why a file cannot be used; null when it can.</summary>
    public static string? Problem(string file)
    {
        if (!File.Exists(file)) return "no such file: name a PEM file with the authority's certificate";
        try
        {
            return PolicyOf(file).CustomTrustStore.Count > 0 ? null : "holds no certificate: name a PEM file with the authority's certificate";
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return $"cannot be read: {e.Message}";
        }
    }
}
