using System.Text.Json.Nodes;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>How often a caller may call, with limits of the test's own.</summary>
public sealed class LimitTests
{
    private const string Backup = """{"createBackup": {"name": "b", "backup_type": "", "rotation": 1}}""";

    private const string Limits = """
        limits:
          - name: backups
            per: [user, action]
            actions: [createBackup]
            rate: 2/hour
            burst: 2
          - name: moves
            per: [user, action]
            actions: [migrate]
            rate: 1/hour
            burst: 1
        """;

    [Fact]
    public async Task Answers_429_in_Novas_words_and_says_when_to_come_back()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var gateway = await StartAsync(backend.Settings);
        var clients = new Clients(gateway);
        var (alice, rita) = (await clients.TokenAsync("alice"), await clients.TokenAsync("rita"));
        Assert.Equal(202, (await ActAsync(alice, Backup)).Status);
        Assert.Equal(202, (await ActAsync(alice, Backup)).Status);

        var limited = await ActAsync(alice, Backup);

        Assert.Equal((429, "application/json; charset=UTF-8"), (limited.Status, limited.Header("Content-Type")));
        var wait = limited.Header("Retry-After")!;
        Assert.InRange(int.Parse(wait), 1, 1800);
        var fault = JsonNode.Parse(limited.Body)!["overLimit"]!;
        Assert.Equal((429, "This request was rate-limited.", wait), ((int?)fault["code"], (string?)fault["message"], (string?)fault["retryAfter"]));
        Assert.True(limited.HasRequestIds, limited.ToString());
        Assert.Equal(2, backend.Actions.Count());
        var record = Assert.Single(RecordedCalls.Of(gateway.Store, limited.RequestId));
        Assert.Equal(("refusal", "429"), (record.Kind, record.Status));
        Assert.Contains("backups", record.Content("limits")!.ToJsonString(), StringComparison.Ordinal);
        // Another user of the project, and another action of the same user, have their own.
        Assert.Equal(202, (await ActAsync(rita, Backup)).Status);
        Assert.Equal(202, (await ActAsync(alice, """{"os-stop": null}""")).Status);

        Task<RawAnswer> ActAsync(string token, string body) => RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(token, body));
    }

    [Fact]
    public async Task Uses_nothing_up_for_a_call_that_the_rules_refuse()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var gateway = await StartAsync(backend.Settings);
        var token = await new Clients(gateway).TokenAsync("alice");
        for (var i = 0; i < 3; i++) Assert.Equal(403, (await MigrateAsync()).Status);

        gateway.WritePolicy("\"os_compute_api:os-migrate-server:migrate\": \"rule:admin_or_owner\"\n");

        await Patience.UntilAsync(MigrateAsync, answer => answer.Status != 403);
        Assert.Single(backend.Actions);
        Assert.Equal(429, (await MigrateAsync()).Status);

        Task<RawAnswer> MigrateAsync() => RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(token, """{"migrate": null}"""));
    }

    [Fact]
    public async Task Is_printed_by_the_clients_as_a_message()
    {
        await using var gateway = await StartAsync("--StandIns:StepMilliseconds=40");
        var clients = new Clients(gateway);
        var created = Clients.JsonOf(await clients.OpenStackAsync(
            "alice", "--os-compute-api-version 2.60 server create --flavor m1.tiny --image cirros --nic none --wait limited -f json"));
        var id = (string)created["id"]!;
        foreach (var name in new[] { "first", "second" })
        {
            var backup = await clients.OpenStackAsync("alice", $"server backup create --name {name} --wait {id}");
            Assert.True(backup.ExitCode == 0, backup.ToString());
        }

        var openstack = await clients.OpenStackAsync("alice", $"server backup create --name third {id}");
        var nova = await clients.NovaAsync("alice", $"backup {id} third daily 1");
        foreach (var refused in new[] { openstack, nova })
        {
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("This request was rate-limited.", refused.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("Traceback", refused.All, StringComparison.Ordinal);
        }
    }

    private static Task<GatewayProcess> StartAsync(params string[] arguments) =>
        GatewayProcess.StartAsync(prepared => prepared.WriteLimits(Limits), arguments);
}
