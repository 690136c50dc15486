using System.Text.Json.Nodes;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>The rules edited while the gateway runs.</summary>
public sealed class PolicyReloadTests
{
    private const string Migrate = """{"migrate": null}""";
    private const string Rule = "os_compute_api:os-migrate-server:migrate";

    [Fact]
    public async Task Takes_an_edited_file_refuses_a_broken_one_and_takes_the_repaired_one()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var gateway = await GatewayProcess.StartAsync(backend.Settings);
        var clients = new Clients(gateway);
        var token = await clients.TokenAsync("alice");
        var seed = await MigrateAsync();
        Assert.Equal(403, seed.Status);

        // Edited.
        gateway.WritePolicy($"\"{Rule}\": \"rule:admin_or_owner\"");
        var allowed = await Patience.UntilAsync(MigrateAsync, answer => answer.Status == 202);
        var edited = await RevisionAsync(allowed);
        Assert.NotEqual(await RevisionAsync(seed), edited);
        Assert.Equal($"ready {edited}", await PolicyHealthAsync());

        // Broken: the edited revision stays in force, and everybody who looks is told.
        gateway.WritePolicy($"\"{Rule}\": \"rule:admin__owner\"");
        var health = await Patience.UntilAsync(PolicyHealthAsync, report => report.StartsWith("degraded ", StringComparison.Ordinal));
        Assert.Contains(edited, health, StringComparison.Ordinal);
        Assert.Contains("policy.yaml", health, StringComparison.Ordinal);
        Assert.Contains("`rule:admin__owner`", health, StringComparison.Ordinal);
        var still = await MigrateAsync();
        Assert.Equal((202, edited), (still.Status, await RevisionAsync(still)));
        Assert.Matches(@"crit: .*The changed policy files were REFUSED; revision " + edited + " stays in force: .*policy\\.yaml", gateway.Output);
        var refusal = Assert.Single(RecordedCalls.All(gateway.Store), record => record.ReasonCode == "policy_refused");
        Assert.Equal(("lifecycle", "failure", "deny/policy", edited), (refusal.Kind, refusal.Outcome, refusal.Action, (string?)refusal.Event["target"]!["id"]));
        Assert.Contains("`rule:admin__owner`", (string)refusal.Event["reason"]!["text"]!, StringComparison.Ordinal);

        // Repaired, into something new.
        gateway.WritePolicy($"\"{Rule}\": \"!\"");
        var repaired = await Patience.UntilAsync(MigrateAsync, answer => answer.Status == 403);
        var last = await RevisionAsync(repaired);
        Assert.DoesNotContain(last, new[] { edited, await RevisionAsync(seed) });
        Assert.Equal($"ready {last}", await PolicyHealthAsync());
        Assert.Equal(
            [edited, last],
            RecordedCalls.All(gateway.Store).Where(record => record.ReasonCode == "policy_loaded").Select(record => (string)record.Event["target"]!["id"]!));
        Assert.Equal(0, (await clients.GatewayctlAsync("audit verify")).ExitCode);

        Task<RawAnswer> MigrateAsync() => RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(token, Migrate));

        async Task<string> RevisionAsync(RawAnswer answer)
        {
            var records = await Patience.UntilAsync(() => RecordedCalls.Of(gateway.Store, answer.RequestId), found => found.Count > 0);
            return (string)records[0].Content("decision")!["revision"]!;
        }

        async Task<string> PolicyHealthAsync()
        {
            var answer = await RawConnection.ExchangeAsync(gateway.AdminPort, new RawRequest("GET", "/healthz/ready"));
            Assert.Equal(200, answer.Status);
            var check = JsonNode.Parse(answer.Body)!["checks"]!.AsArray().Single(one => (string?)one!["name"] == "policy")!;
            return $"{check["status"]} {check["detail"]}";
        }
    }

    [Fact]
    public async Task Keeps_the_rules_of_a_file_that_is_gone_until_there_is_another()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var gateway = await GatewayProcess.StartAsync(
            prepared => prepared.WritePolicy($"\"{Rule}\": \"rule:admin_or_owner\"\n"), backend.Settings);
        var token = await new Clients(gateway).TokenAsync("alice");
        Assert.Equal(202, (await MigrateAsync()).Status);

        File.Delete(gateway.PolicyFile);
        await Patience.UntilAsync(
            () => RawConnection.ExchangeAsync(gateway.AdminPort, new RawRequest("GET", "/healthz/ready")),
            answer => (string?)JsonNode.Parse(answer.Body)!["status"] == "degraded");
        Assert.Equal(202, (await MigrateAsync()).Status);

        gateway.WritePolicy("# The defaults.\n");
        await Patience.UntilAsync(MigrateAsync, answer => answer.Status == 403);

        Task<RawAnswer> MigrateAsync() => RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(token, Migrate));
    }

    [Fact]
    public async Task Reads_rules_in_JSON_over_another_default_set()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var gateway = await GatewayProcess.StartAsync(
            prepared => File.WriteAllText(prepared.Path("policies", "policy.json"), $$"""{"{{Rule}}": "role:reader and project_id:%(project_id)s"}"""),
            [.. backend.Settings, "--Policy:File=policies/policy.json", "--Policy:Defaults=zed"]);
        var clients = new Clients(gateway);

        var migrated = await ActAsync("rita", Migrate);
        Assert.Equal(202, migrated.Status);
        // Zed's own rule, not the seed's: a reader may not back up.
        var refused = await ActAsync("rita", """{"createBackup": {"name": "b", "backup_type": "", "rotation": 1}}""");
        Assert.Equal(403, refused.Status);

        async Task<RawAnswer> ActAsync(string user, string body) =>
            await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(await clients.TokenAsync(user), body));
    }
}
