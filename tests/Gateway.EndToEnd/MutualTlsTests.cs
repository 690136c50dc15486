using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>A backend that trusts the gateway by its certificate, and believes the identity headers that come over such a connection.</summary>
public sealed class MutualTlsTests : IAsyncLifetime
{
    private const string Start = """{"os-start": null}""";
    private readonly string _folder = Directory.CreateTempSubdirectory("tls-").FullName;
    private readonly TaskCompletionSource<string> _client = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RecordingBackend Backend { get; set; } = null!;

    public async ValueTask InitializeAsync()
    {
        using var authority = Authority("authority");
        using var stranger = Authority("stranger");
        using var server = Issue(authority, "CN=compute.example", "server");
        using var client = Issue(authority, "CN=gateway.example", "gateway");
        var trusted = X509CertificateLoader.LoadCertificate(authority.RawData);
        var own = X509CertificateLoader.LoadPkcs12(server.Export(X509ContentType.Pkcs12), password: null);
        Backend = await RecordingBackend.StartAsync(People.DemoProject, https =>
        {
            https.ServerCertificate = own;
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = (certificate, _, _) =>
            {
                using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
                chain.ChainPolicy.CustomTrustStore.Add(trusted);
                if (!chain.Build(certificate)) return false;
                _client.TrySetResult(certificate.Subject);
                return true;
            };
        });
    }

    public async ValueTask DisposeAsync()
    {
        await Backend.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Sends_identity_headers_to_a_backend_that_knows_it()
    {
        await using var gateway = await StartAsync(
            Metadata("Identity", "headers"), Metadata("ClientCertificate", File("gateway.crt")), Metadata("ClientKey", File("gateway.key")), Metadata("ServerAuthority", File("authority.crt")));

        var answer = await CallAsync(gateway);

        Assert.True(answer.Status == 202, answer.ToString());
        Assert.Equal("CN=gateway.example", await _client.Task);
        // The look-up of the server goes the same way as the call.
        Assert.All(Backend.Received, received =>
        {
            Assert.Equal(("Confirmed", "alice", People.DemoProject), (received.Header("X-Identity-Status"), received.Header("X-User-Name"), received.Header("X-Project-Id")));
            Assert.Null(received.Header("X-Auth-Token"));
            Assert.Null(received.Header("X-Gateway-Signature"));
        });
        Assert.Equal(2, Backend.Received.Count);
    }

    [Fact]
    public async Task Is_not_served_without_its_certificate()
    {
        await using var gateway = await StartAsync(Metadata("ServerAuthority", File("authority.crt")));

        Assert.Equal(503, (await CallAsync(gateway)).Status);
        Assert.Empty(Backend.Received);
    }

    [Fact]
    public async Task Sends_nothing_to_a_backend_that_another_authority_vouches_for()
    {
        await using var gateway = await StartAsync(
            Metadata("Identity", "headers"), Metadata("ClientCertificate", File("gateway.crt")), Metadata("ClientKey", File("gateway.key")), Metadata("ServerAuthority", File("stranger.crt")));

        Assert.Equal(503, (await CallAsync(gateway)).Status);
        Assert.Empty(Backend.Received);
    }

    private Task<GatewayProcess> StartAsync(params string[] metadata) =>
        GatewayProcess.StartAsync(own => own.WriteLimits("limits: []"), [.. Backend.Settings, .. metadata]);

    private static async Task<RawAnswer> CallAsync(GatewayProcess gateway) =>
        await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(await new Clients(gateway).TokenAsync("alice"), Start));

    private static string Metadata(string key, string value) => $"--ReverseProxy:Clusters:recorder:Metadata:{key}={value}";

    private string File(string name) => Path.Combine(_folder, name);

    private X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}.example", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        var authority = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));
        System.IO.File.WriteAllText(File(name + ".crt"), authority.ExportCertificatePem());
        return authority;
    }

    private X509Certificate2 Issue(X509Certificate2 authority, string subject, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.Create(authority, now.AddDays(-1), now.AddDays(1), RandomNumberGenerator.GetBytes(8));
        System.IO.File.WriteAllText(File(name + ".crt"), certificate.ExportCertificatePem());
        System.IO.File.WriteAllText(File(name + ".key"), key.ExportPkcs8PrivateKeyPem());
        return certificate.CopyWithPrivateKey(key);
    }
}
