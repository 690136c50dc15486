using System.Net;
using System.Net.Sockets;
using Gateway.Testing;
using Xunit;
using static Gateway.EndToEnd.Attacks.Cases;

namespace Gateway.EndToEnd.Attacks;

/// <summary>The attacks that are more than bytes sent at once: what comes between two of them matters, or what the backend does meanwhile.</summary>
[Collection(nameof(RecordingGateway))]
public sealed class PhasedAttackTests(RecordingGateway gateway, NovaReader nova) : IClassFixture<NovaReader>
{
    private const string Backup = """{"createBackup": {"name": "b", "backup_type": "", "rotation": 1}}""";

    [Fact(DisplayName = "039 An action that the backend cannot do")]
    public Task Passes_on_that_the_backend_cannot() =>
        PassesOnAsync(g => RawRequest.Action(g.Admin, """{"trigger_crash_dump": null}""").With("OpenStack-API-Version: compute 2.17"), 501,
            """{"notImplemented": {"code": 501, "message": "Unable to trigger crash dump"}}""");

    [Fact(DisplayName = "041 A body of a thousand million bytes, of which none is sent")]
    public async Task Refuses_a_large_body_before_it_comes()
    {
        var watch = await AttackWatch.BeginAsync(gateway, nova);
        using var connection = await RawConnection.OpenAsync(gateway.Process.DataPort);

        await connection.SendAsync((Instead(gateway, "Content-Length", "1000000000") with { Body = [] }).ToBytes());

        await ClosesAfterAsync(connection, watch, new Refused(413, "body_too_large", "Request is too large."));
    }

    [Fact(DisplayName = "044 A body that trickles in")]
    public async Task Does_not_wait_for_a_body_that_trickles_in()
    {
        var watch = await AttackWatch.BeginAsync(gateway, nova);
        using var connection = await RawConnection.OpenAsync(gateway.Process.DataPort);
        await connection.SendAsync(RawRequest.Action(gateway.Admin, Padded(100_000)).ToBytes()[..^99_990]);
        var answering = connection.ReadAsync();

        while (await Task.WhenAny(answering, Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System)) != answering) await connection.SendAsync([(byte)' ']);

        await watch.HoldsAsync([await answering], [new Refused(408, "body_unreadable")]);
    }

    [Theory(DisplayName = "045 A client that leaves within its body")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sends_nothing_on_for_a_client_that_leaves_within_its_body(bool chunked)
    {
        var request = RawRequest.Action(gateway.Admin, Migrate);
        var watch = await AttackWatch.BeginAsync(gateway, nova);
        using (var connection = await RawConnection.OpenAsync(gateway.Process.DataPort))
        {
            await connection.SendAsync((chunked ? request.Chunked(8) : request).ToBytes()[..^4]);
        }

        var record = Assert.Single(await Patience.UntilAsync(() => watch.Recorded, records => records.Count > 0));

        Assert.Equal("refusal", record.Kind);
        // Which of the two is noticed first, the end of the connection or of the body, is chance.
        Assert.Contains(record.ReasonCode, new[] { "client_gone", "body_unreadable" });
        Assert.Empty(await watch.HoldsAtTheBackendAsync());
    }

    public static TheoryData<string, int, string> DecidedWithoutTheBody => new()
    {
        { "no token", 401, "token_missing" },
        { "an unknown path", 404, "operation_unknown" },
        { "compressed", 415, "content_encoding" },
        { "too large", 413, "body_too_large" },
        { "another method", 400, "method_override" },
    };

    [Theory(DisplayName = "046 A client that asks before it sends a body, refused by its headers")]
    [MemberData(nameof(DecidedWithoutTheBody))]
    public async Task Asks_for_no_body_that_it_will_not_read(string what, int status, string code)
    {
        var request = (what switch
        {
            "no token" => RawRequest.Action(null, Migrate),
            "an unknown path" => At(gateway, "POST", "/v2.1/flying-carpets"),
            "compressed" => With(gateway, "Content-Encoding: gzip"),
            "too large" => Instead(gateway, "Content-Length", "200000"),
            _ => With(gateway, "X-HTTP-Method-Override: PUT"),
        }).With("Expect: 100-continue") with
        { Body = [] };
        var watch = await AttackWatch.BeginAsync(gateway, nova);
        using var connection = await RawConnection.OpenAsync(gateway.Process.DataPort);
        await connection.SendAsync(request.ToBytes());
        var answer = await connection.ReadAsync();

        // The client was not asked for its body, and goes on: what it sends now must not become the body of the refused call, nor be carried out.
        await connection.SendAsync(RawRequest.Action(gateway.Admin, Migrate).ToBytes());

        Assert.Equal("close", answer.Header("Connection"));
        Assert.True(await connection.IsClosedAsync(), "the connection stays open");
        await watch.HoldsAsync([answer], [new Refused(status, code)]);
    }

    [Fact(DisplayName = "046 A client that asks before it sends a body, asked for it and then refused by the rules")]
    public async Task Asks_for_the_body_that_it_must_judge()
    {
        var request = RawRequest.Action(gateway.Alice, Migrate);
        var watch = await AttackWatch.BeginAsync(gateway, nova);
        using var connection = await RawConnection.OpenAsync(gateway.Process.DataPort);
        await connection.SendAsync((request.With("Expect: 100-continue") with { Body = [] }).ToBytes());
        Assert.Equal(100, (await connection.ReadAsync()).Status);

        await connection.SendAsync(request.Body);

        await watch.HoldsAsync([await connection.ReadAsync()], [new Refused(403, "policy_denied")]);
    }

    [Fact(DisplayName = "063 Four requests in pieces of three bytes")]
    public async Task Reads_requests_in_whatever_pieces_they_come()
    {
        byte[] all =
        [
            .. RawRequest.Action(gateway.Admin, Migrate).ToBytes(), .. RawRequest.Action(gateway.Alice, Migrate).Chunked(5).ToBytes(),
            .. RawRequest.Action(gateway.Admin, """{"os-start": null}""").Chunked(1).ToBytes(), .. RawRequest.Action(gateway.Admin, "{}").ToBytes(),
        ];
        var watch = await AttackWatch.BeginAsync(gateway, nova);
        using var connection = await RawConnection.OpenAsync(gateway.Process.DataPort);

        foreach (var piece in all.Chunk(3)) await connection.SendAsync(piece);

        var answers = new List<RawAnswer>();
        for (var i = 0; i < 4; i++) answers.Add(await connection.ReadAsync());
        await watch.HoldsAsync(answers, [new Forwarded(), new Refused(403, "policy_denied"), new Forwarded("os-start"), new Refused(400, "body_no_key")]);
    }

    [Theory(DisplayName = "093 A token that brings its own key, or says where to fetch it")]
    [InlineData("jwk")]
    [InlineData("jku")]
    [InlineData("x5u")]
    [InlineData("x5c")]
    public async Task Fetches_no_key_for_a_token(string member)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"http://{listener.LocalEndpoint}/keys";
        var token = new SignedToken(gateway.Process, gateway.Admin).Change(forged => forged.Header[member] = member switch
        {
            "jwk" => new System.Text.Json.Nodes.JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = "AA", ["y"] = "AA" },
            "x5c" => new System.Text.Json.Nodes.JsonArray("MIIB"),
            _ => address,
        });
        foreach (var (signed, code) in new[] { (token.SignedByAnother(), "token_brings_key"), (token.Change(one => one.Header["kid"] = address).SignedByAnother(), "token_brings_key") })
        {
            var watch = await AttackWatch.BeginAsync(gateway, nova);
            var answer = await gateway.SendAsync(RawRequest.Action(signed, Migrate));
            await watch.HoldsAsync([answer], [new Refused(401, code)]);
        }

        Assert.False(listener.Pending(), $"somebody came to fetch {address}");
    }

    [Theory(DisplayName = "104 A server that is no longer what it was when it was looked up")]
    [InlineData(404, """{"itemNotFound": {"code": 404, "message": "Instance 11111111-2222-3333-4444-555555555555 could not be found."}}""")]
    [InlineData(409, """{"conflictingRequest": {"code": 409, "message": "Cannot 'createBackup' instance while it is in vm_state deleted"}}""")]
    public Task Passes_on_that_the_server_is_gone(int status, string body) => PassesOnAsync(g => RawRequest.Action(g.Alice, Backup), status, body);

    [Fact(DisplayName = "105 A server of another project, and one that does not exist")]
    public async Task Answers_alike_for_a_hidden_server_and_for_none()
    {
        const string Nowhere = "99999999-9999-9999-9999-999999999999";
        foreach (var body in new[] { Backup, Migrate, """{"changePassword": {"adminPass": "x"}}""" })
        {
            var watch = await AttackWatch.BeginAsync(gateway, nova);
            var hidden = await gateway.SendAsync(RawRequest.Action(gateway.Bob, body));
            var missing = await gateway.SendAsync(RawRequest.Action(gateway.Bob, body) with { Target = $"/v2.1/servers/{Nowhere}/action" });

            await watch.HoldsAsync([hidden, missing], [new Refused(404, "target_of_another_project"), new Refused(404, "target_not_found")]);
            Assert.Equal(WithoutIds(hidden).Replace(Id, Nowhere, StringComparison.Ordinal), WithoutIds(missing));
        }

        static string WithoutIds(RawAnswer answer) => string.Join('\n', answer.Headers.Where(header => header.Key is not ("Date" or "x-compute-request-id" or "x-openstack-request-id"))
            .Select(header => $"{header.Key}: {header.Value}").Append(answer.Body));
    }

    [Fact(DisplayName = "106 Rules that change while a call is under way")]
    public async Task Judges_a_call_by_the_rules_it_began_under()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var own = await GatewayProcess.StartAsync(backend.Settings);
        var token = await new Clients(own).TokenAsync("admin");
        backend.Hold();
        var first = RawConnection.ExchangeAsync(own.DataPort, RawRequest.Action(token, Migrate));
        await backend.Arrived.Task;

        own.WritePolicy("\"os_compute_api:os-migrate-server:migrate\": \"!\"");
        await Patience.UntilAsync(() => RecordedCalls.All(own.Store), records => records.Any(record => record.ReasonCode == "policy_loaded"));
        var second = await RawConnection.ExchangeAsync(own.DataPort, RawRequest.Action(token, Migrate));
        backend.Release();

        Assert.Equal((202, 403), ((await first).Status, second.Status));
        var before = await Patience.UntilAsync(async () => RecordedCalls.Of(own.Store, (await first).RequestId), records => records.Count == 2);
        var revision = Assert.Single(before.Select(record => (string)record.Content("decision")!["revision"]!).Distinct(StringComparer.Ordinal));
        Assert.NotEqual(revision, (string)Assert.Single(RecordedCalls.Of(own.Store, second.RequestId)).Content("decision")!["revision"]!);
        Assert.Single(backend.Actions);
    }

    /// <summary>A call that is allowed and forwarded, which the backend then refuses: the client reads the backend's words.</summary>
    private async Task PassesOnAsync(Func<RecordingGateway, RawRequest> request, int status, string body)
    {
        // Whose server it is has been looked up before.
        await gateway.RecordsAsync(await gateway.SendAsync(RawRequest.Action(gateway.Alice, Backup)), 2);
        var watch = await AttackWatch.BeginAsync(gateway, nova);
        gateway.Backend.NextAnswer = (status, body);

        var answer = await gateway.SendAsync(request(gateway));

        Assert.Equal((status, body), (answer.Status, answer.Body));
        var records = await gateway.RecordsAsync(answer, 2);
        Assert.Equal(["intent pending", "outcome failure"], records.Select(record => $"{record.Kind} {record.Outcome}"));
        Assert.Equal((status.ToString(), status), (records[1].Status, (int?)records[1].Content("backend")!["status"]));
        Assert.Single(await watch.HoldsAtTheBackendAsync());
    }

    private static async Task ClosesAfterAsync(RawConnection connection, AttackWatch watch, Refused expected)
    {
        var answer = await connection.ReadAsync();
        Assert.Equal("close", answer.Header("Connection"));
        Assert.True(await connection.IsClosedAsync(), "the connection stays open");
        await watch.HoldsAsync([answer], [expected]);
    }

    private static byte[] Padded(int size) => Utf8(Migrate.PadRight(size));
}
