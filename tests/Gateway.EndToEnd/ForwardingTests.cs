using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>What a backend receives of an allowed call: the very bytes that were judged, and of the headers only what is the gateway's to say.</summary>
[Collection(nameof(RecordingGateway))]
public sealed class ForwardingTests(RecordingGateway gateway)
{
    private const string Migrate = """{"migrate": null}""";

    [Theory]
    [InlineData("""{"migrate": null}""")]
    [InlineData(" \r\n{\t\"migrate\" :\n{ } } \n")]
    [InlineData("""{"\u006digrate": null}""")]
    [InlineData("""{"createBackup": {"rotation": "007", "name": "Sauvegarde \u00e9t\u00e9 – 夏", "backup_type": ""}}""")]
    [InlineData("""{"injectNetworkInfo": [1e2, {"deep": "\ud83d\ude00"}]}""")]
    public async Task Forwards_the_very_bytes_that_were_sent(string text)
    {
        var body = Encoding.UTF8.GetBytes(text);
        foreach (var request in new[]
                 {
                     RawRequest.Action(gateway.Admin, body),
                     RawRequest.Action(gateway.Admin, body).Chunked(3),
                     RawRequest.Action(gateway.Admin, body).Without("Content-Type"),
                     RawRequest.Action(gateway.Admin, body).Without("Content-Type").With("Content-Type: text/plain; charset=UTF-8"),
                 })
        {
            var (answer, received) = await ForwardedAsync(request);

            Assert.Equal(body, received.Body);
            Assert.Equal(body.Length.ToString(), received.Header("Content-Length"));
            Assert.Null(received.Header("Transfer-Encoding"));
            Assert.Equal(("POST", RawRequest.ActionPath), (received.Method, received.Target));
            var records = await gateway.RecordsAsync(answer, 2);
            Assert.Equal(["intent pending", "outcome success"], records.Select(record => $"{record.Kind} {record.Outcome}"));
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(body)), (string?)records[0].Content("request")!["body_sha256"]);
            Assert.Equal((long)body.Length, (long?)records[0].Content("request")!["body_size"]);
            Assert.Equal("202", records[1].Status);
        }
    }

    [Fact]
    public async Task Passes_answers_on_as_they_came_whatever_they_look_like()
    {
        const string Limits = """{"limits": {"rate": [1, 2], "absolute": {}}}""";
        gateway.Backend.NextAnswer = (200, Limits);

        var answer = await gateway.SendAsync(RawRequest.Action(gateway.Admin, Migrate));

        Assert.Equal((200, Limits), (answer.Status, answer.Body));
    }

    [Fact]
    public async Task Forwards_a_body_of_exactly_the_largest_size()
    {
        var body = Encoding.ASCII.GetBytes(Migrate.PadRight(114_688));

        var (_, received) = await ForwardedAsync(RawRequest.Action(gateway.Admin, body));

        Assert.Equal(body, received.Body);
    }

    [Fact]
    public async Task Forwards_path_and_query_as_they_were_spelt()
    {
        const string Target = "/v2.1/servers/detail?name=%5Eweb%24&status=ACTIVE&limit=10";
        var before = gateway.Backend.Received.Count;

        await gateway.SendAsync(new RawRequest("GET", Target).As(gateway.Alice));

        var received = Assert.Single(gateway.Backend.Received.Skip(before));
        Assert.Equal(("GET", Target), (received.Method, received.Target));
        Assert.Empty(received.Body);
    }

    [Fact]
    public async Task Lets_none_of_what_a_client_says_of_itself_through()
    {
        var request = RawRequest.Action(gateway.Admin, Migrate).With(
            "User-Agent: curl/8", "Accept: application/json", "X-Roles: admin", "x-role: admin", "X-Role: admin", "X-Identity-Status: Confirmed",
            "X-User-Id: eve", "X-User: eve", "X-User-Name: eve", "X-Project-Id: eve", "X-Tenant: eve", "X-Tenant-Id: eve", "X-Tenant-Name: eve",
            "X-Domain-Id: eve", "X-Is-Admin-Project: True", "X-Service-Roles: admin", "X-Service-Catalog: []", "OpenStack-System-Scope: all",
            "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Host: eve.example", "X-Forwarded-Prefix: /x", "Forwarded: for=6.6.6.6", "X-Real-IP: 6.6.6.6",
            "X-Original-URL: /v2.1/servers", "X-Rewrite-URL: /v2.1/servers", "X-Gateway-Signature: v1=00",
            "X-Gateway-Timestamp: 1", "Cookie: session=eve", "Proxy-Authorization: Basic ZXZl", "Keep-Alive: timeout=5", "TE: trailers",
            "OpenStack-API-Version: compute 2.30");

        var (_, received) = await ForwardedAsync(request);

        Assert.Equal(
            [
                "accept", "content-length", "content-type", "host", "openstack-api-version", "user-agent", "x-auth-token", "x-forwarded-for",
                "x-forwarded-proto", "x-openstack-request-id",
            ],
            received.Headers.Keys.Select(name => name.ToLowerInvariant()).Order(StringComparer.Ordinal));
        Assert.Equal(
            (gateway.Admin, "127.0.0.1", "http", "compute.example", "compute 2.30"),
            (received.Header("X-Auth-Token"), received.Header("X-Forwarded-For"), received.Header("X-Forwarded-Proto"), received.Header("Host"),
                received.Header("OpenStack-API-Version")));
    }

    [Fact]
    public async Task Decides_by_the_token_whatever_roles_a_client_says_it_has()
    {
        var actions = gateway.Backend.Actions.Count();

        var answer = await gateway.SendAsync(RawRequest.Action(gateway.Alice, Migrate).With("X-Roles: admin", "X-Role: admin", "X-Identity-Status: Confirmed"));

        Assert.Equal(403, answer.Status);
        Assert.Equal(actions, gateway.Backend.Actions.Count());
        var record = Assert.Single(await gateway.RecordsAsync(answer, 1));
        Assert.Equal(("refusal", "policy_denied"), (record.Kind, record.ReasonCode));
        Assert.Equal(["member", "reader"], record.Content("credential")!["roles"]!.AsArray().Select(role => (string)role!));
    }

    [Fact]
    public async Task Passes_a_bearer_token_on_as_it_came()
    {
        var (_, received) = await ForwardedAsync(RawRequest.Action(null, Migrate).With($"Authorization: Bearer {gateway.Admin}"));

        Assert.Equal($"Bearer {gateway.Admin}", received.Header("Authorization"));
    }

    [Fact]
    public async Task Keeps_a_clients_own_request_id_when_it_is_one()
    {
        const string Own = "req-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
        var (kept, received) = await ForwardedAsync(RawRequest.Action(gateway.Admin, Migrate).With($"X-OpenStack-Request-ID: {Own}"));
        Assert.Equal(Own, received.Header("X-OpenStack-Request-ID"));
        Assert.NotEqual(Own, kept.RequestId);
        Assert.Equal(Own, (string?)(await gateway.RecordsAsync(kept, 2))[0].Content("request")!["global_id"]);

        var (dropped, other) = await ForwardedAsync(RawRequest.Action(gateway.Admin, Migrate).With("X-OpenStack-Request-ID: req-mine"));
        Assert.Equal(dropped.RequestId, other.Header("X-OpenStack-Request-ID"));
    }

    [Fact]
    public async Task Signs_what_it_tells_a_backend_that_trusts_it()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var signing = await GatewayProcess.StartAsync(backend.SignedSettings);
        var token = await new Clients(signing).TokenAsync("admin");

        var answer = await RawConnection.ExchangeAsync(
            signing.DataPort, RawRequest.Action(token, Migrate).With("X-Roles: eve", "X-User-Name: eve", "OpenStack-System-Scope: all", "X-Gateway-Signature: v1=00"));

        Assert.Equal(202, answer.Status);
        var received = Assert.Single(backend.Actions);
        var identity = new[]
        {
            "x-identity-status:Confirmed", $"x-user-id:{People.Admin}", "x-user-name:admin", "x-user-domain-id:default", $"x-project-id:{People.AdminProject}",
            "x-project-name:admin", "x-project-domain-id:default", "x-roles:admin,member,reader",
        };
        Assert.Equal(identity, identity.Select(line => line.Split(':')[0]).Select(name => $"{name}:{received.Header(name)}"));
        Assert.DoesNotContain(received.Headers.Keys, name => name is "OpenStack-System-Scope" or "X-Auth-Token");
        var timestamp = received.Header("X-Gateway-Timestamp")!;
        var bodyHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Migrate)));
        var signed = string.Join('\n', ["v1", "POST", RawRequest.ActionPath, timestamp, bodyHash, .. identity]);
        var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(RecordingBackend.Secret), Encoding.UTF8.GetBytes(signed));
        Assert.Equal($"v1={Convert.ToHexStringLower(expected)}", received.Header("X-Gateway-Signature"));
        var age = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - long.Parse(timestamp, CultureInfo.InvariantCulture);
        Assert.InRange(age, 0, 600);
    }

    [Fact]
    public async Task Judges_two_calls_of_one_connection_each_for_itself()
    {
        var actions = gateway.Backend.Actions.Count();
        using var connection = await RawConnection.OpenAsync(gateway.Process.DataPort);

        await connection.SendAsync([.. RawRequest.Action(gateway.Admin, Migrate).ToBytes(), .. RawRequest.Action(gateway.Alice, Migrate).ToBytes()]);

        Assert.Equal(202, (await connection.ReadAsync()).Status);
        Assert.Equal(403, (await connection.ReadAsync()).Status);
        Assert.Equal(actions + 1, gateway.Backend.Actions.Count());
    }

    private async Task<(RawAnswer Answer, ReceivedRequest Received)> ForwardedAsync(RawRequest request)
    {
        var before = gateway.Backend.Actions.Count();
        var answer = await gateway.SendAsync(request);
        Assert.True(answer.Status == 202, answer.ToString());
        Assert.True(answer.HasRequestIds, answer.ToString());
        return (answer, Assert.Single(gateway.Backend.Actions.Skip(before)));
    }
}
