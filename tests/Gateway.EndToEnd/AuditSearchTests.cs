using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>The record searched over HTTP on the admin port, as different people.</summary>
public sealed class AuditSearchTests(ClientGateway gateway)
{
    [Fact]
    public async Task A_reviewer_sees_his_project_and_an_administrator_everything()
    {
        var id = await gateway.NewServerAsync("searched");
        var (alice, rita, admin) = (await gateway.Clients.TokenAsync("alice"), await gateway.Clients.TokenAsync("rita"), await gateway.Clients.TokenAsync("admin"));
        var refused = await RawConnection.ExchangeAsync(
            gateway.Process.DataPort, RawRequest.Action(alice, """{"migrate": null}""") with { Target = $"/v2.1/servers/{id}/action" });
        Assert.Equal(403, refused.Status);

        foreach (var token in new[] { alice, rita, admin })
        {
            var found = await EventsAsync(token, $"?request_id={refused.RequestId}&details=true");
            var e = Assert.Single(found)!;
            Assert.Equal(("update/migrate", "failure", id), ((string?)e["action"], (string?)e["outcome"], (string?)e["target"]!["id"]));
            Assert.Equal("fails", (string?)e["attachments"]!.AsArray().Single(a => (string?)a!["name"] == "decision")!["content"]!["tree"]!["result"]);
            var one = await GetAsync(token, $"/v1/events/{e["id"]}");
            Assert.Equal((200, (string?)e["id"]), (one.Status, (string?)JsonNode.Parse(one.Body)!["id"]));
        }

        var bob = await gateway.Clients.TokenAsync("bob");
        Assert.Empty(await EventsAsync(bob, $"?request_id={refused.RequestId}"));
        Assert.All(
            await EventsAsync(bob, "?limit=1000"),
            e => Assert.Contains(People.OtherProject, new[] { (string?)e!["initiator"]!["project_id"], (string?)e["target"]!["project_id"] }));
        Assert.All(
            await EventsAsync(rita, "?limit=1000"),
            e => Assert.Contains(People.DemoProject, new[] { (string?)e!["initiator"]!["project_id"], (string?)e["target"]!["project_id"] }));
        Assert.Contains(await EventsAsync(admin, "?limit=1000"), e => (string?)e!["initiator"]!["project_id"] != People.DemoProject);
        Assert.Contains("update/migrate", JsonNode.Parse((await GetAsync(alice, "/v1/attributes/action")).Body)!.AsArray().Select(value => (string?)value));
        Assert.Contains("update", JsonNode.Parse((await GetAsync(admin, "/v1/attributes/action?max_depth=1")).Body)!.AsArray().Select(value => (string?)value));
    }

    [Fact]
    public async Task Filters_words_and_pages_work_as_in_Hermes()
    {
        var id = await gateway.NewServerAsync("paged");
        var admin = await gateway.Clients.TokenAsync("admin");
        Assert.NotEmpty(await EventsAsync(admin, $"?search={id}&outcome=!failure"));
        Assert.Empty(await EventsAsync(admin, $"?search={id}&time=lt:2020-01-01"));

        var seen = new List<string>();
        for (var path = $"/v1/events?limit=3&kind=intent,outcome,access&search={id}"; path is not null;)
        {
            var page = JsonNode.Parse((await GetAsync(admin, path)).Body)!;
            seen.AddRange(page["events"]!.AsArray().Select(e => (string)e!["id"]!));
            path = (string?)page["next"];
        }

        Assert.Equal(seen.Distinct(StringComparer.Ordinal), seen);
    }

    [Theory]
    [InlineData("/v1/events?colour=red", 400, "no attribute `colour`")]
    [InlineData("/v1/events?limit=100000", 400, "limit `100000`: must lie between 1 and 1000")]
    [InlineData("/v1/events?marker=x", 400, "cursor `x`: is not one that a page gave")]
    [InlineData("/v1/events/none", 404, "no such event")]
    public async Task Says_what_is_wrong(string path, int status, string detail)
    {
        var answer = await GetAsync(await gateway.Clients.TokenAsync("admin"), path);
        Assert.Equal((status, true), (answer.Status, ((string)JsonNode.Parse(answer.Body)!["detail"]!).StartsWith(detail, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("/v1/events?time=gte:https://me:hidden@elsewhere.example/")]
    [InlineData("/v1/events?marker=https://elsewhere.example/?token=hidden")]
    [InlineData("/v1/events?sort=https://me:hidden@elsewhere.example/")]
    [InlineData("/v1/attributes/https%3A%2F%2Fme:hidden@elsewhere.example")]
    [InlineData("/admin/limits?network=https://me:hidden@elsewhere.example/")]
    public async Task Does_not_repeat_a_credential_to_whoever_sent_it(string path)
    {
        var answer = await GetAsync(await gateway.Clients.TokenAsync("admin"), path);
        Assert.Equal(400, answer.Status);
        Assert.DoesNotContain("hidden", answer.Body, StringComparison.Ordinal);
        Assert.Contains("a value cannot be used; it holds a credential", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Does_not_repeat_a_credential_of_a_request_that_is_checked()
    {
        const string Check = $$$"""{"method": "POST", "target": "{{{RawRequest.ActionPath}}}", "body": "{\"createBackup\": {\"name\": \"b\", \"backup_type\": \"d\", \"rotation\": \"https://me:hidden@elsewhere.example\"}}"}""";
        var answer = await RawConnection.ExchangeAsync(
            gateway.Process.AdminPort, new RawRequest("POST", "/api/check").With("Content-Type: application/json").WithBody(System.Text.Encoding.UTF8.GetBytes(Check)));
        Assert.True(answer.Status == 200, answer.ToString());
        Assert.Equal(400, (int?)JsonNode.Parse(answer.Body)!["refusal"]!["status"]);
        Assert.DoesNotContain("hidden", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_reads_it_without_a_token_through_the_data_port_or_unrecorded()
    {
        Assert.Equal(401, (await RawConnection.ExchangeAsync(gateway.Process.AdminPort, new RawRequest("GET", "/v1/events"))).Status);
        Assert.Equal(401, (await GetAsync("nonsense", "/v1/events")).Status);
        var admin = await gateway.Clients.TokenAsync("admin");
        Assert.Equal(404, (await RawConnection.ExchangeAsync(gateway.Process.DataPort, new RawRequest("GET", "/v1/events").As(admin))).Status);

        await EventsAsync(admin, "?action=update/reboot&search=a-rare-word");
        var readings = await EventsAsync(admin, "?target_type=data/audit/events&search=a-rare-word&kind=access&details=true");
        Assert.Equal("/v1/events?action=update/reboot&search=a-rare-word", (string?)readings[^1]!["requestPath"]);
        Assert.Equal(People.Admin, (string?)readings[^1]!["initiator"]!["id"]);
    }

    [Fact]
    public async Task While_the_index_is_behind_the_answer_is_503_and_says_how_far()
    {
        await using var own = await GatewayProcess.StartAsync();
        var token = await new Clients(own).TokenAsync("admin");
        Task<RawAnswer> AskAsync() => RawConnection.ExchangeAsync(own.AdminPort, new RawRequest("GET", "/v1/events").As(token));
        Assert.Equal(200, (await AskAsync()).Status);
        RawAnswer refused;
        using (var writer = new SqliteConnection($"Data Source={own.Path("data", "audit.index")};Pooling=False"))
        {
            // Another who writes the index and takes his time; each reading is a record that is still to be taken in.
            await writer.OpenAsync(TestContext.Current.CancellationToken);
            using var begin = writer.CreateCommand();
            begin.CommandText = "BEGIN IMMEDIATE";
            await begin.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            refused = await Patience.UntilAsync(AskAsync, answer => answer.Status == 503);
        }

        Assert.Equal("10", refused.Header("Retry-After"));
        Assert.Matches(
            "^the search index (has [0-9]+ of [0-9]+ records still to take in, which goes on in the background: ask again later|cannot be brought up to date at this time)$",
            (string)JsonNode.Parse(refused.Body)!["detail"]!);
        await Patience.UntilAsync(AskAsync, answer => answer.Status == 200);
    }

    private Task<RawAnswer> GetAsync(string token, string path) => RawConnection.ExchangeAsync(gateway.Process.AdminPort, new RawRequest("GET", path).As(token));

    private async Task<JsonArray> EventsAsync(string token, string query)
    {
        var answer = await GetAsync(token, $"/v1/events{query}");
        Assert.True(answer.Status == 200, answer.ToString());
        return JsonNode.Parse(answer.Body)!["events"]!.AsArray();
    }
}
