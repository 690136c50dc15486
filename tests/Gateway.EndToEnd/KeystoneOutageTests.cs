using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>What callers get while a real Keystone is stopped, hangs, or answers errors; and that all is well again when it is back.</summary>
[Collection(nameof(KeystoneGateway))]
public sealed class KeystoneOutageTests(KeystoneGateway gateway)
{
    private static readonly RawRequest Flavors = new("GET", "/v2.1/flavors");

    [Theory]
    [InlineData(500, "1")]
    [InlineData(503, "1")]
    [InlineData(429, "9")]
    public async Task Answers_503_while_Keystone_answers_errors(int status, string retryAfter)
    {
        var token = await gateway.AliceAsync();
        gateway.Proxy.Status = status;
        try
        {
            await UnavailableAsync(token, retryAfter);
            var health = await ShownAsync(answers: 0);
            Assert.Equal("degraded", (string?)health["status"]);
            Assert.StartsWith($"{gateway.Proxy.AuthUrl}: ", (string?)health["detail"], StringComparison.Ordinal);
        }
        finally
        {
            gateway.Proxy.Status = null;
        }

        Assert.Equal(404, (await gateway.SendAsync(Flavors.As(token))).Status);
        Assert.Equal("ready", (string?)(await ShownAsync(answers: 1))["status"]);
    }

    [Fact]
    public async Task Answers_503_while_Keystone_is_stopped()
    {
        var (known, token) = (await gateway.AliceAsync(), await gateway.AliceAsync());
        // The proxy would answer for it: a gateway of its own asks it directly.
        await using var process = await GatewayProcess.StartAsync(
            own => own.WriteLimits("limits: []"), [.. gateway.Backend.Settings, .. gateway.Keystone.Settings, "--Identity:Keystone:StalenessSeconds=3600"]);
        await Patience.UntilAsync(() => RawConnection.ExchangeAsync(process.DataPort, Flavors.As(known)), answer => answer.Status == 404);
        await gateway.Keystone.StopAsync();
        try
        {
            await UnavailableAsync(token, "1", process);
            // Who is known goes on meanwhile.
            Assert.Equal(202, (await RawConnection.ExchangeAsync(process.DataPort, RawRequest.Action(known, """{"os-start": null}"""))).Status);
        }
        finally
        {
            await gateway.Keystone.StartAgainAsync();
        }

        await Patience.UntilAsync(() => RawConnection.ExchangeAsync(process.DataPort, Flavors.As(token)), answer => answer.Status == 404);
    }

    [Fact]
    public async Task Answers_503_within_its_time_while_Keystone_hangs_and_believes_no_token_beyond_its_staleness()
    {
        var (known, unknown) = (await gateway.AliceAsync(), await gateway.AliceAsync());
        await using var process = await GatewayProcess.StartAsync(
            own => own.WriteLimits("limits: []"),
            [
                .. gateway.Backend.Settings, .. gateway.Keystone.Settings, "--Identity:Keystone:StalenessSeconds=10", "--Identity:Keystone:TimeoutMilliseconds=3000",
            ]);
        await Patience.UntilAsync(() => RawConnection.ExchangeAsync(process.DataPort, Flavors.As(known)), answer => answer.Status == 404);
        await gateway.Keystone.SignalAsync("STOP");
        try
        {
            // Fifty at once wait for it together, not one after the other.
            var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => UnavailableAsync($"{unknown}{i}", "1", process)));
            Assert.All(answers, answer => Assert.Equal(503, answer.Status));

            var last = await Patience.UntilAsync(() => RawConnection.ExchangeAsync(process.DataPort, Flavors.As(known)), answer => answer.Status != 404);
            Assert.Equal(503, last.Status);
        }
        finally
        {
            await gateway.Keystone.SignalAsync("CONT");
        }

        await Patience.UntilAsync(() => RawConnection.ExchangeAsync(process.DataPort, Flavors.As(known)), answer => answer.Status == 404);
        await Patience.UntilAsync(() => RawConnection.ExchangeAsync(process.DataPort, Flavors.As(unknown)), answer => answer.Status == 404);
    }

    [Fact]
    public async Task Logs_in_again_by_itself_when_its_own_token_is_revoked()
    {
        Assert.Equal(404, (await gateway.SendAsync(Flavors.As(await gateway.AliceAsync()))).Status);
        var before = gateway.Proxy.LogIns;

        // A new password ends all of a user's tokens.
        var id = (string)(await gateway.Keystone.CallAsync(HttpMethod.Get, "/users?name=gateway"))!["users"]![0]!["id"]!;
        await gateway.Keystone.CallAsync(HttpMethod.Patch, $"/users/{id}", """{"user": {"password": "another"}}""");
        await gateway.Keystone.CallAsync(HttpMethod.Patch, $"/users/{id}", $$$"""{"user": {"password": "{{{KeystoneProcess.GatewayPassword}}}"}}""");
        // Keystone revokes to the second: only a token of the next one is good.
        await Patience.UntilAsync(async () => (await gateway.SendAsync(Flavors.As(await gateway.AliceAsync()))).Status, status => status == 404);

        Assert.True(gateway.Proxy.LogIns > before);
    }

    [Fact]
    public async Task Answers_503_and_says_why_in_the_log_when_its_own_password_is_wrong()
    {
        await using var process = await GatewayProcess.StartAsync(
            own => own.WriteLimits("limits: []"), [.. gateway.Settings, "--Identity:Keystone:Password=wrong"]);

        await UnavailableAsync(await gateway.AliceAsync(), "1", process);

        Assert.Contains("refuses the service user's log-in (401)", process.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", process.Output, StringComparison.Ordinal);
    }

    /// <summary>What operators are shown of identity, once the metrics, which are answered from memory for a moment, say whether Keystone answers.</summary>
    private async Task<JsonNode> ShownAsync(int answers)
    {
        await Patience.UntilAsync(
            () => RawConnection.ExchangeAsync(gateway.Process.AdminPort, new RawRequest("GET", "/metrics")),
            metrics => Regex.IsMatch(metrics.Body, @"^gateway_identity_keystone(\{[^}]*\})? " + answers, RegexOptions.Multiline));
        var health = JsonNode.Parse((await RawConnection.ExchangeAsync(gateway.Process.AdminPort, new RawRequest("GET", "/healthz/ready"))).Body)!;
        return health["checks"]!.AsArray().Single(check => (string?)check!["name"] == "identity")!;
    }

    private async Task<RawAnswer> UnavailableAsync(string token, string retryAfter, GatewayProcess? process = null)
    {
        process ??= gateway.Process;
        var before = gateway.Backend.Actions.Count();
        var answer = await RawConnection.ExchangeAsync(process.DataPort, RawRequest.Action(token, """{"os-start": null}"""));

        Assert.Equal(503, answer.Status);
        Assert.Equal(retryAfter, answer.Header("Retry-After"));
        Assert.Equal("The identity service is unavailable.", (string?)JsonNode.Parse(answer.Body)!["serviceUnavailable"]!["message"]);
        Assert.Equal("identity_unavailable", Assert.Single(RecordedCalls.Of(process.Store, answer.RequestId)).ReasonCode);
        Assert.Equal(before, gateway.Backend.Actions.Count());
        return answer;
    }
}
