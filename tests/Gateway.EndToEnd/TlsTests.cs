using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Testing;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>The data port over TLS: HTTP/2 and HTTP/1.1 mean the same, and a renewed certificate is taken up.</summary>
public sealed class TlsTests : IAsyncLifetime
{
    private const string Migrate = """{"migrate": null}""";
    private RecordingBackend _backend = null!;
    private GatewayProcess _gateway = null!;
    private X509Certificate2 _certificate = null!;
    private string _admin = "";

    public async ValueTask InitializeAsync()
    {
        _backend = await RecordingBackend.StartAsync(People.DemoProject);
        _gateway = await GatewayProcess.StartAsync(
            gateway =>
            {
                _certificate = TestCertificate.WriteTo(gateway.Directory);
                gateway.WriteLimits("limits: []");
            },
            [.. _backend.Settings, "--Listen:Data=https://127.0.0.1:0", "--Listen:CertificateFile=tls.crt", "--Listen:KeyFile=tls.key", "--Policy:ReloadSeconds=1"]);
        _admin = await new Clients(_gateway).TokenAsync("admin");
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _backend.DisposeAsync();
        _certificate.Dispose();
    }

    [Theory]
    [InlineData("2.0")]
    [InlineData("1.1")]
    public async Task Forwards_the_bytes_it_decided_on(string http)
    {
        using var client = Client();

        using var answer = await client.SendAsync(Action(http, Migrate, _admin));

        Assert.Equal((HttpStatusCode.Accepted, Version.Parse(http)), (answer.StatusCode, answer.Version));
        var received = Assert.Single(_backend.Actions);
        Assert.Equal((RawRequest.ActionPath, Migrate), (received.Target, Encoding.UTF8.GetString(received.Body)));
        Assert.Equal("https", received.Header("X-Forwarded-Proto"));
        var records = await RecordsAsync(answer, 2);
        Assert.Equal(["intent", "outcome"], records.Select(record => record.Kind));
        Assert.All(records, record => Assert.Equal("update/migrate", record.Action));
    }

    [Theory]
    [InlineData("2.0", """{"migrate": null, "os-start": null}""", 400, "body_two_keys")]
    [InlineData("2.0", """{"migrate": null, "migrate": null}""", 400, "body_duplicate_key")]
    [InlineData("2.0", "", 400, "body_empty")]
    [InlineData("1.1", """{"os-fooBar": null}""", 400, "unknown_action")]
    public async Task Refuses_in_either_version_what_has_no_one_meaning(string http, string body, int status, string reason)
    {
        using var client = Client();

        using var answer = await client.SendAsync(Action(http, body, _admin));

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Empty(_backend.Actions);
        Assert.Equal(reason, Assert.Single(await RecordsAsync(answer, 1)).ReasonCode);
    }

    [Fact]
    public async Task Reads_an_HTTP2_body_that_no_header_announces()
    {
        using var client = Client();
        using var request = Action("2.0", Migrate, _admin);
        request.Content = new Unannounced(Encoding.UTF8.GetBytes(Migrate));

        using var answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var received = Assert.Single(_backend.Actions);
        Assert.Equal((Migrate, Migrate.Length.ToString()), (Encoding.UTF8.GetString(received.Body), received.Header("Content-Length")));
    }

    [Fact]
    public async Task Refuses_an_HTTP2_body_where_none_belongs()
    {
        using var client = Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_gateway.DataPort, "/v2.1/servers"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new Unannounced("{}"u8.ToArray()),
        };
        request.Headers.Add("X-Auth-Token", _admin);

        using var answer = await client.SendAsync(request);

        Assert.Equal("body_not_allowed", Assert.Single(await RecordsAsync(answer, 1)).ReasonCode);
        Assert.Empty(_backend.Received);
    }

    [Fact]
    public async Task Answers_what_is_not_HTTP_with_a_fault_over_TLS_too()
    {
        var bytes = RawRequest.Action(_admin, Migrate).With("Content-Length: 3").ToBytes();

        var answer = await ExchangeAsync(bytes);

        Assert.StartsWith("HTTP/1.1 400 Bad Request\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("""{"badRequest":{"code":400,"message":"The request is not well-formed HTTP."}}""", answer, StringComparison.Ordinal);
        Assert.Empty(_backend.Received);
    }

    [Fact]
    public async Task Takes_up_a_renewed_certificate_and_keeps_the_old_one_when_the_new_cannot_be_used()
    {
        var first = await PresentedAsync();
        Assert.Equal(_certificate.Thumbprint, first);

        using var renewed = TestCertificate.WriteTo(_gateway.Directory);
        await Patience.UntilAsync(PresentedAsync, thumbprint => thumbprint == renewed.Thumbprint);

        await File.WriteAllTextAsync(_gateway.Path("tls.crt"), "no certificate");
        await Patience.UntilAsync(
            () => RawConnection.ExchangeAsync(_gateway.AdminPort, new RawRequest("GET", "/healthz/ready")),
            health => health.Body.Contains("\"degraded\"", StringComparison.Ordinal) && health.Body.Contains("tls.crt", StringComparison.Ordinal));
        Assert.Equal(renewed.Thumbprint, await PresentedAsync());
    }

    [Fact]
    public async Task Sees_a_renewal_behind_a_link_and_survives_a_folder_it_may_not_read()
    {
        // As container platforms lay secrets out: the files are links through a folder that is switched as a whole.
        var folder = Directory.CreateDirectory(_gateway.Path("secret")).FullName;
        var versions = new[] { "v1", "v2" }.Select(name => Directory.CreateDirectory(Path.Combine(folder, name)).FullName).ToArray();
        using var first = TestCertificate.WriteTo(versions[0]);
        using var second = TestCertificate.WriteTo(versions[1]);
        File.CreateSymbolicLink(Path.Combine(folder, "..data"), "v1");
        foreach (var name in new[] { "tls.crt", "tls.key" })
        {
            File.Delete(_gateway.Path(name));
            File.CreateSymbolicLink(_gateway.Path(name), Path.Combine(folder, "..data", name));
        }

        await Patience.UntilAsync(PresentedAsync, thumbprint => thumbprint == first.Thumbprint);
        File.Delete(Path.Combine(folder, "..data"));
        File.CreateSymbolicLink(Path.Combine(folder, "..data"), "v2");
        await Patience.UntilAsync(PresentedAsync, thumbprint => thumbprint == second.Thumbprint);

        Directory.Delete(folder, recursive: true);
        await Patience.UntilAsync(
            () => RawConnection.ExchangeAsync(_gateway.AdminPort, new RawRequest("GET", "/healthz/ready")),
            health => health.Body.Contains("\"degraded\"", StringComparison.Ordinal));
        Assert.Equal(second.Thumbprint, await PresentedAsync());
    }

    [Fact]
    public async Task Serves_the_unmodified_client()
    {
        await using var gateway = await GatewayProcess.StartAsync(
            prepared => TestCertificate.WriteTo(prepared.Directory).Dispose(),
            "--Listen:Data=https://127.0.0.1:0", "--Listen:CertificateFile=tls.crt", "--Listen:KeyFile=tls.key");
        await File.WriteAllTextAsync(gateway.CloudsFile, (await File.ReadAllTextAsync(gateway.CloudsFile)).Replace("    auth:", "    cacert: tls.crt\n    auth:", StringComparison.Ordinal));
        var clients = new Clients(gateway);

        var run = await clients.OpenStackAsync("alice", "server create --image cirros --flavor m1.tiny --wait secure -f value -c status");
        var denied = await clients.OpenStackAsync("alice", "server migrate secure");

        Assert.Equal((0, "ACTIVE"), (run.ExitCode, run.Output.Trim()));
        Assert.Contains("Policy doesn't allow os_compute_api:os-migrate-server:migrate to be performed. (HTTP 403)", denied.All, StringComparison.Ordinal);
    }

    private static HttpRequestMessage Message(string http, Uri target) =>
        new(HttpMethod.Post, target) { Version = Version.Parse(http), VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    private HttpRequestMessage Action(string http, string body, string token)
    {
        var request = Message(http, new Uri(_gateway.DataPort, RawRequest.ActionPath));
        request.Headers.Add("X-Auth-Token", token);
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return request;
    }

    private HttpClient Client()
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.GetCertHashString() == _certificate.Thumbprint;
        return new HttpClient(handler);
    }

    private Task<IReadOnlyList<RecordedCall>> RecordsAsync(HttpResponseMessage answer, int count)
    {
        var id = answer.Headers.GetValues("x-compute-request-id").Single();
        return Patience.UntilAsync(() => RecordedCalls.Of(_gateway.Store, id), records => records.Count == count);
    }

    private async Task<string> ExchangeAsync(byte[] bytes)
    {
        await using var tls = await ConnectAsync();
        await tls.WriteAsync(bytes);
        using var reader = new StreamReader(tls, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }

    private async Task<string> PresentedAsync()
    {
        await using var tls = await ConnectAsync();
        return tls.RemoteCertificate!.GetCertHashString();
    }

    private async Task<SslStream> ConnectAsync()
    {
        var connection = new TcpClient();
        await connection.ConnectAsync(_gateway.DataPort.Host, _gateway.DataPort.Port);
        var tls = new SslStream(connection.GetStream(), leaveInnerStreamOpen: false, (_, presented, _, _) => presented!.Subject == "CN=compute.example");
        await tls.AuthenticateAsClientAsync("127.0.0.1");
        return tls;
    }

    /// <summary>Content whose length is not told.</summary>
    private sealed class Unannounced(byte[] bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(bytes, 0, bytes.Length);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
