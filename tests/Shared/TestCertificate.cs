using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Testing;

/// <summary>A certificate for loopback, made by the test, in PEM files as operators have them.</summary>
internal static class TestCertificate
{
    /// <summary>Writes <c>tls.crt</c> and <c>tls.key</c> into a folder, in one step each.</summary>
    /// <returns>The certificate, for whoever must trust it.</returns>
    public static X509Certificate2 WriteTo(string folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=compute.example", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        Replace("tls.key", key.ExportPkcs8PrivateKeyPem());
        Replace("tls.crt", certificate.ExportCertificatePem());
        return X509CertificateLoader.LoadCertificate(certificate.RawData);

        void Replace(string name, string pem)
        {
            File.WriteAllText(Path.Combine(folder, name + ".new"), pem);
            File.Move(Path.Combine(folder, name + ".new"), Path.Combine(folder, name), overwrite: true);
        }
    }
}
