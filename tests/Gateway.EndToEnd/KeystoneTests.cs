using System.Text.Json.Nodes;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>Tokens of a real Keystone: who bears them, what they may be used for, and how long they are believed.</summary>
[Collection(nameof(KeystoneGateway))]
public sealed class KeystoneTests(KeystoneGateway gateway)
{
    private const string Start = """{"os-start": null}""";
    private const string Backup = """{"createBackup": {"name": "b", "backup_type": "daily", "rotation": 1}}""";
    private static readonly RawRequest Flavors = new("GET", "/v2.1/flavors");

    [Fact]
    public async Task Knows_a_caller_with_everything_that_Keystone_says_of_him()
    {
        var token = await gateway.AliceAsync();

        var answer = await gateway.SendAsync(RawRequest.Action(token, Backup));

        Assert.Equal(202, answer.Status);
        var record = RecordedCalls.Of(gateway.Process.Store, answer.RequestId)[0].Event;
        Assert.Equal((gateway.Keystone.AliceId, "alice"), ((string?)record["initiator"]!["id"], (string?)record["initiator"]!["name"]));
        var text = record.ToJsonString();
        foreach (var part in new[] { gateway.Keystone.DemoProject, "demo", "member", "reader", "password", "Default" }) Assert.Contains(part, text, StringComparison.Ordinal);
        Assert.DoesNotContain(token, text, StringComparison.Ordinal);
        // A backend of this kind verifies the token itself.
        Assert.Equal(token, gateway.Backend.Actions.Last().Header("X-Auth-Token"));
    }

    [Fact]
    public async Task Judges_by_the_roles_that_Keystone_gave()
    {
        var migrate = """{"migrate": null}""";
        Assert.Equal(403, (await gateway.SendAsync(RawRequest.Action(await gateway.AliceAsync(), migrate))).Status);
        Assert.Equal(202, (await gateway.SendAsync(RawRequest.Action(await gateway.Keystone.TokenAsync("admin", "admin"), migrate))).Status);
    }

    [Fact]
    public async Task Takes_unscoped_and_system_tokens_for_what_they_are()
    {
        // An unscoped token has no roles; a server of a project is not shown to it.
        Assert.Equal(404, (await gateway.SendAsync(RawRequest.Action(await gateway.Keystone.TokenAsync("alice", project: null), Start))).Status);
        var system = await gateway.SendAsync(RawRequest.Action(await gateway.Keystone.SystemTokenAsync(), Start));
        Assert.Contains("\"all\"", RecordedCalls.Of(gateway.Process.Store, system.RequestId)[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asks_once_for_many_callers_with_one_token_and_not_again_while_it_is_fresh()
    {
        var token = await gateway.AliceAsync();
        var before = gateway.Proxy.Validations;

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => gateway.SendAsync(Flavors.As(token))));

        Assert.All(answers, answer => Assert.Equal(404, answer.Status));
        Assert.Equal(before + 1, gateway.Proxy.Validations);
    }

    [Fact]
    public async Task Refuses_a_token_that_Keystone_does_not_know_and_remembers_it()
    {
        var before = gateway.Proxy.Validations;

        for (var i = 0; i < 5; i++)
        {
            var answer = await gateway.SendAsync(Flavors.As("gAAAAABnobody-knows-this"));
            Assert.Equal(401, answer.Status);
            Assert.Equal($"Keystone uri=\"{gateway.Proxy.AuthUrl}\"", answer.Header("WWW-Authenticate"));
            Assert.Equal("token_unknown", gateway.RecordOf(answer).ReasonCode);
        }

        Assert.Equal(before + 1, gateway.Proxy.Validations);
    }

    [Fact]
    public async Task Refuses_a_revoked_token_once_the_staleness_is_over()
    {
        var token = await gateway.AliceAsync();
        Assert.Equal(202, (await gateway.SendAsync(RawRequest.Action(token, Start))).Status);
        await gateway.Keystone.RevokeAsync(token);

        // Long before the token's hour is over.
        var refused = await Patience.UntilAsync(() => gateway.SendAsync(RawRequest.Action(token, Start)), answer => answer.Status == 401);

        Assert.Equal("token_unknown", gateway.RecordOf(refused).ReasonCode);
    }

    [Fact]
    public async Task Says_in_the_record_how_old_Keystones_word_was_and_which_service_called()
    {
        var (alice, service) = (await gateway.AliceAsync(), await gateway.Keystone.TokenAsync("gateway", "service"));
        var first = IdentityIn(await gateway.SendAsync(RawRequest.Action(alice, Start)));
        var second = IdentityIn(await gateway.SendAsync(RawRequest.Action(alice, Start).With($"X-Service-Token: {service}")));

        Assert.Null(first["service"]);
        foreach (var identity in new[] { first, second }) Assert.InRange((double)identity["age_seconds"]!, 0, KeystoneGateway.Staleness);
        Assert.Equal(("gateway", "service"), ((string?)second["service"]!["user_name"], (string?)second["service"]!["project_name"]));
        Assert.Contains("service", second["service"]!["roles"]!.AsArray().Select(role => (string?)role));

        JsonNode IdentityIn(RawAnswer answer) => RecordedCalls.Of(gateway.Process.Store, answer.RequestId)[0].Content("identity")!;
    }

    [Fact]
    public async Task Refuses_a_revoked_token_long_before_that_when_Keystone_tells_of_revocations()
    {
        await using var process = await GatewayProcess.StartAsync(
            own => own.WriteLimits("limits: []"), [.. gateway.Settings, "--Identity:Keystone:StalenessSeconds=3600", "--Identity:Keystone:RevocationSeconds=1"]);
        var (token, other) = (await gateway.AliceAsync(), await gateway.AliceAsync());
        foreach (var one in new[] { token, other })
            Assert.Equal(202, (await RawConnection.ExchangeAsync(process.DataPort, RawRequest.Action(one, Start))).Status);

        await gateway.Keystone.RevokeAsync(token);

        var refused = await Patience.UntilAsync(() => RawConnection.ExchangeAsync(process.DataPort, RawRequest.Action(token, Start)), answer => answer.Status == 401);
        Assert.Equal("token_unknown", Assert.Single(RecordedCalls.Of(process.Store, refused.RequestId)).ReasonCode);
        Assert.Equal(202, (await RawConnection.ExchangeAsync(process.DataPort, RawRequest.Action(other, Start))).Status);
    }

    [Fact]
    public async Task A_role_that_was_taken_away_no_longer_counts_once_the_staleness_is_over()
    {
        var keystone = gateway.Keystone;
        var carol = await keystone.CreateAsync("users", "user", """{"name": "carol", "domain_id": "default", "password": "carol-password"}""");
        var role = $"/projects/{keystone.DemoProject}/users/{carol}/roles/{await keystone.RoleAsync("member")}";
        await keystone.CallAsync(HttpMethod.Put, role);
        var token = await keystone.TokenAsync("carol", "demo");
        Assert.Equal(202, (await gateway.SendAsync(RawRequest.Action(token, Start))).Status);

        await keystone.CallAsync(HttpMethod.Delete, role);

        var refused = await Patience.UntilAsync(() => gateway.SendAsync(RawRequest.Action(token, Start)), answer => answer.Status != 202);
        Assert.Equal(401, refused.Status);
    }

    [Fact]
    public async Task Holds_an_application_credential_to_its_access_rules()
    {
        var (id, secret) = await gateway.Keystone.CredentialAsync("restricted", """
            [{"service": "compute", "method": "POST", "path": "/v2.1/servers/{id}/action"}, {"service": "image", "method": "GET", "path": "/v2.1/flavors"}]
            """);
        var token = await gateway.Keystone.CredentialTokenAsync(id, secret);

        var allowed = await gateway.SendAsync(RawRequest.Action(token, Start));
        var refused = await gateway.SendAsync(Flavors.As(token));

        Assert.Equal((202, 401), (allowed.Status, refused.Status));
        Assert.Equal("access_rule", gateway.RecordOf(refused).ReasonCode);
        Assert.Contains(id, RecordedCalls.Of(gateway.Process.Store, allowed.RequestId)[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_application_credential_without_rules_is_not_held_to_any()
    {
        var (id, secret) = await gateway.Keystone.CredentialAsync("open");
        var token = await gateway.Keystone.CredentialTokenAsync(id, secret);

        Assert.Equal(202, (await gateway.SendAsync(RawRequest.Action(token, Start))).Status);
        Assert.Equal(404, (await gateway.SendAsync(Flavors.As(token))).Status);
    }

    [Fact]
    public async Task A_service_calls_for_a_user_with_a_token_of_its_own()
    {
        var (alice, service) = (await gateway.AliceAsync(), await gateway.Keystone.TokenAsync("gateway", "service"));
        var before = gateway.Backend.Received.Count;
        (string Service, int Status, string? Reason)[] cases =
        [
            (service, 202, null),
            (alice, 401, "service_token_role"),
            ("gAAAAABnobody-knows-this-either", 401, "service_token_unknown"),
            ("gAAAAAB,two", 401, "service_token_malformed"),
        ];
        foreach (var (token, status, reason) in cases)
        {
            var answer = await gateway.SendAsync(RawRequest.Action(alice, Start).With($"X-Service-Token: {token}"));
            Assert.Equal(status, answer.Status);
            if (reason is not null) Assert.Equal(reason, gateway.RecordOf(answer).ReasonCode);
        }

        Assert.True(gateway.Backend.Received.Count > before);
    }

    [Fact]
    public async Task A_services_roles_are_never_the_users()
    {
        var administrator = await gateway.Keystone.TokenAsync("admin", "admin");
        await using var process = await GatewayProcess.StartAsync(
            own => own.WriteLimits("limits: []"), [.. gateway.Settings, .. gateway.Backend.SignedSettings, "--Identity:ServiceRoles:0=admin"]);

        var refused = await RawConnection.ExchangeAsync(
            process.DataPort, RawRequest.Action(await gateway.AliceAsync(), """{"migrate": null}""").With($"X-Service-Token: {administrator}"));
        var allowed = await RawConnection.ExchangeAsync(
            process.DataPort, RawRequest.Action(await gateway.AliceAsync(), Start).With($"X-Service-Token: {administrator}"));

        Assert.Equal((403, 202), (refused.Status, allowed.Status));
        var received = gateway.Backend.Actions.Last();
        Assert.Equal("reader,member".Split(',').Order(), received.Header("X-Roles")!.Split(',').Order());
        Assert.Contains("admin", received.Header("X-Service-Roles")!.Split(','));
        Assert.Equal(("Confirmed", "admin", "Default"), (received.Header("X-Service-Identity-Status"), received.Header("X-Service-User-Name"), received.Header("X-User-Domain-Name")));
        Assert.Null(received.Header("X-Auth-Token"));
        Assert.Null(received.Header("X-Service-Token"));
    }

    [Theory]
    [InlineData("token")]
    [InlineData("access_token")]
    [InlineData("X-Auth-Token")]
    public async Task Refuses_a_token_in_the_query_and_does_not_record_it(string name)
    {
        var token = await gateway.AliceAsync();

        var answer = await gateway.SendAsync(new RawRequest("GET", $"/v2.1/flavors?limit=1&{name}={token}").As(token));

        Assert.Equal(400, answer.Status);
        Assert.Equal($"A token in the query ('{name}') is not accepted: send it in the header 'X-Auth-Token'", (string?)JsonNode.Parse(answer.Body)!["badRequest"]!["message"]);
        var record = gateway.RecordOf(answer);
        Assert.Equal("token_in_query", record.ReasonCode);
        Assert.DoesNotContain(token, record.ToString(), StringComparison.Ordinal);
        Assert.Contains($"{name}=[removed]", record.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asks_Keystone_about_no_more_guesses_of_one_peer_than_the_limit_allows()
    {
        await using var process = await GatewayProcess.StartAsync(
            own => own.WriteLimits("limits: []"),
            [.. gateway.Settings, "--Identity:FailedAttempts:Burst=10", "--Identity:FailedAttempts:PerSecond=1"]);
        var token = await gateway.AliceAsync();
        Assert.Equal(404, (await RawConnection.ExchangeAsync(process.DataPort, Flavors.As(token))).Status);
        var before = gateway.Proxy.Validations;
        var started = TimeProvider.System.GetTimestamp();

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => RawConnection.ExchangeAsync(process.DataPort, Flavors.As($"gAAAAABguess-{i}"))));

        var limited = answers.Where(answer => answer.Status == 429).ToArray();
        Assert.All(answers, answer => Assert.Contains(answer.Status, new[] { 401, 429 }));
        Assert.NotEmpty(limited);
        Assert.All(limited, answer => Assert.True(int.Parse(answer.Header("Retry-After")!) >= 1));
        Assert.Equal("429", (string?)JsonNode.Parse(limited[0].Body)!["overLimit"]!["code"]!.ToString());
        Assert.InRange(gateway.Proxy.Validations - before, 1, 11 + (int)TimeProvider.System.GetElapsedTime(started).TotalSeconds);
        // Who was known before goes on.
        Assert.Equal(404, (await RawConnection.ExchangeAsync(process.DataPort, Flavors.As(token))).Status);
    }
}
