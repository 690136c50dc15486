using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Testing;
using Xunit;

namespace Gateway.EndToEnd.Attacks;

/// <summary>What HTTP/2 makes possible and HTTP/1 does not, frame by frame, against the running gateway.</summary>
public sealed class Http2AttackTests : IAsyncLifetime
{
    private static readonly byte[] Migrate = Encoding.UTF8.GetBytes("""{"migrate": null}""");
    private RecordingBackend _backend = null!;
    private GatewayProcess _gateway = null!;
    private X509Certificate2 _certificate = null!;
    private string _admin = "";

    public static TheoryData<string> Malformed => [.. MalformedHeaders.Keys];

    /// <summary>Header fields that no request may have (RFC 9113, sections 8.2 and 8.3), in place of or beside those of a good one.</summary>
    private static readonly Dictionary<string, (string Name, string Value)[]> MalformedHeaders = new(StringComparer.Ordinal)
    {
        ["a name in capitals"] = [("X-Roles", "admin")],
        ["a connection header"] = [("connection", "x-auth-token")],
        ["chunks"] = [("transfer-encoding", "chunked")],
        ["a line break in a value"] = [("x-note", "a\r\nx-roles: admin")],
        ["a NUL in a value"] = [("x-note", "a\0b")],
        ["a path without a slash"] = [(":path", "v2.1/servers")],
        ["an empty path"] = [(":path", "")],
        ["a second path"] = [(":path", RawRequest.ActionPath), (":path", "/v2.1/servers")],
        ["another scheme"] = [(":scheme", "ftp")],
        ["an unknown pseudo-header"] = [(":project", "demo")],
        ["a length that is none"] = [("content-length", "+17")],
        ["two lengths"] = [("content-length", "17"), ("content-length", "3")],
    };

    public async ValueTask InitializeAsync()
    {
        _backend = await RecordingBackend.StartAsync(People.DemoProject);
        _gateway = await GatewayProcess.StartAsync(
            gateway =>
            {
                _certificate = TestCertificate.WriteTo(gateway.Directory);
                gateway.WriteLimits("limits: []");
            },
            [.. _backend.Settings, "--Listen:Data=https://127.0.0.1:0", "--Listen:CertificateFile=tls.crt", "--Listen:KeyFile=tls.key"]);
        _admin = await new Clients(_gateway).TokenAsync("admin");
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _backend.DisposeAsync();
        _certificate.Dispose();
    }

    [Fact(DisplayName = "064 A good request, so that the others are known to be refused for what is wrong with them")]
    public async Task Forwards_a_good_request()
    {
        await using var connection = await Http2Connection.OpenAsync(_gateway.DataPort);

        await connection.SendHeadersAsync(1, ends: false, Good());
        await connection.SendDataAsync(1, Migrate);

        Assert.Contains(await connection.ReadUntilAsync(frame => frame.EndsStream), frame => frame is { Type: Http2Connection.Headers, Stream: 1 });
        Assert.Equal(Migrate, Assert.Single(_backend.Actions).Body);
    }

    [Theory(DisplayName = "064 Header fields that no request may have")]
    [MemberData(nameof(Malformed))]
    public async Task Refuses_header_fields_that_no_request_may_have(string name)
    {
        var wrong = MalformedHeaders[name];
        var replaced = wrong.Select(field => field.Name).Where(field => field.StartsWith(':')).ToHashSet(StringComparer.Ordinal);
        var fields = Good().Where(field => !replaced.Contains(field.Name)).ToList();
        // Pseudo-headers stand before the others.
        fields.InsertRange(0, wrong.Where(field => field.Name.StartsWith(':')));
        fields.AddRange(wrong.Where(field => !field.Name.StartsWith(':')));
        await using var connection = await Http2Connection.OpenAsync(_gateway.DataPort);

        await connection.SendHeadersAsync(1, ends: false, fields);
        await connection.SendDataAsync(1, Migrate);

        var frames = await connection.ReadUntilAsync(frame => frame.Type is Http2Connection.ResetStream or Http2Connection.GoAway || frame.EndsStream);
        var last = frames[^1];
        if (last.Type is not (Http2Connection.ResetStream or Http2Connection.GoAway))
        {
            // Answered: then with a refusal, which is recorded.
            Assert.Contains(RecordedCalls.All(_gateway.Store), record => record is { Kind: "refusal", Status: "400" or "404" });
        }

        Assert.DoesNotContain(RecordedCalls.All(_gateway.Store), record => record.Kind == "intent");
        Assert.Empty(_backend.Received);
        await StaysHealthyAsync();
    }

    [Theory(DisplayName = "064 A length that is not that of the data")]
    [InlineData(3)]
    [InlineData(400)]
    public async Task Refuses_a_length_that_is_not_that_of_the_data(int length)
    {
        await using var connection = await Http2Connection.OpenAsync(_gateway.DataPort);

        await connection.SendHeadersAsync(1, ends: false, [.. Good(), ("content-length", length.ToString())]);
        await connection.SendDataAsync(1, Migrate);

        await connection.ReadUntilAsync(frame => frame.Type is Http2Connection.ResetStream or Http2Connection.GoAway || frame.EndsStream);
        await Patience.UntilAsync(() => RecordedCalls.All(_gateway.Store), records => records.Any(record => record.Kind == "refusal"));
        Assert.DoesNotContain(RecordedCalls.All(_gateway.Store), record => record.Kind == "intent");
        Assert.Empty(_backend.Received);
        await StaysHealthyAsync();
    }

    [Fact(DisplayName = "065 A flood of requests that are reset as soon as they are sent")]
    public async Task Survives_a_flood_of_resets()
    {
        // The token is known by then: a hundred of them that nobody waits to see verified would be taken for guesses.
        await StaysHealthyAsync();
        await using (var connection = await Http2Connection.OpenAsync(_gateway.DataPort))
        {
            for (var stream = 1; stream < 2_000; stream += 2)
            {
                await connection.SendHeadersAsync(stream, ends: false, Good());
                await connection.SendDataAsync(stream, Migrate);
                await connection.ResetAsync(stream);
            }
        }

        await StaysHealthyAsync();
        // Whatever of it was decided has its outcome, and nothing reached the backend undecided.
        var records = await Patience.UntilAsync(() => RecordedCalls.All(_gateway.Store), found => Count(found, "intent") == Count(found, "outcome"));
        Assert.True(_backend.Actions.Count() <= Count(records, "intent"));

        static int Count(IReadOnlyList<RecordedCall> records, string kind) => records.Count(record => record.Kind == kind);
    }

    private (string Name, string Value)[] Good() =>
    [
        (":method", "POST"), (":scheme", "https"), (":path", RawRequest.ActionPath), (":authority", "compute.example"), ("x-auth-token", _admin),
        ("content-type", "application/json"),
    ];

    private async Task StaysHealthyAsync()
    {
        using var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.Subject == "CN=compute.example";
        using var client = new HttpClient(handler) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_gateway.DataPort, RawRequest.ActionPath)) { Content = new ByteArrayContent(Migrate), Version = HttpVersion.Version20 };
        request.Headers.Add("X-Auth-Token", _admin);
        using var answer = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }
}
