using System.Text.Json.Nodes;
using Gateway.Peers;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>A whole gateway whose record is in a real PostgreSQL: used by the openstack client, read with gatewayctl, and with the database stopped and hung.</summary>
public sealed class PostgresAuditTests : IAsyncLifetime
{
    private const string Migrate = """{"migrate": null}""";
    private const string Stop = """{"os-stop": null}""";

    private PostgresServer _postgres = null!;
    private string _database = "";

    public async ValueTask InitializeAsync()
    {
        _postgres = await PostgresServer.NewAsync();
        _database = _postgres.NewDatabase();
        var migrated = await ProcessRun.RunAsync(Repository.Gatewayctl, ["audit", "migrate", "--store", PostgresServer.OwnerOf(_database), "--writer", "gateway", "--stream", "gateway-1", "--stream", "gw-east"]);
        Assert.True(migrated.ExitCode == 0, migrated.ToString());
    }

    public ValueTask DisposeAsync() => _postgres.DisposeAsync();

    [Fact]
    public async Task What_the_openstack_client_did_is_searched_shown_proved_exported_replayed_and_verified()
    {
        await using var gateway = await GatewayProcess.StartAsync($"--Audit:Postgres={_database}", "--Audit:CheckpointSeconds=1", "--Audit:GatewayId=gw-east", "--Audit:Sinks:archive:File:Path=sent.jsonl");
        var clients = new Clients(gateway);
        var created = Clients.JsonOf(await clients.OpenStackAsync("alice", "--os-compute-api-version 2.60 server create --flavor m1.tiny --image cirros --nic none --wait kept -f json"));
        var refused = await clients.OpenStackAsync("alice", $"server migrate {created["id"]}");
        var requestId = Clients.RequestIdIn(refused.Error);
        Assert.Empty(Directory.GetFiles(gateway.Path("data"), "audit*.jsonl"));

        var rows = await CtlAsync("audit", "list", "--request-id", requestId, "--format", "json");
        var refusal = JsonNode.Parse(Assert.Single(rows.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)))!;
        var sequence = (string)refusal["sequence"]!.ToString();
        Assert.Equal(People.Alice, (string?)refusal["event"]!["initiator"]!["id"]);

        // Proofs and exports reach up to the last checkpoint.
        var proof = await Patience.UntilAsync(() => CtlAsync("audit", "proof", sequence), run => run.ExitCode == 0);
        Assert.Equal((sequence, "gw-east"), (JsonNode.Parse(proof.Output)!["sequence"]!.ToString(), (string?)JsonNode.Parse(proof.Output)!["stream"]));
        var found = await CtlAsync("audit", "search", "-w", "outcome=failure", "--user", "alice", "--text", "migrate", "--format", "json");
        Assert.Contains(sequence, found.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!["sequence"]!.ToString()));
        Assert.StartsWith($"record {sequence}\nhash   {refusal["hash"]}\n", (await CtlAsync("audit", "show", sequence)).Output, StringComparison.Ordinal);
        Assert.Contains("migrate", (await CtlAsync("audit", "tail", "-n", "100")).Output, StringComparison.Ordinal);
        Assert.Matches("refusal +[1-9]", (await CtlAsync("audit", "stats", "--by", "kind")).Output);

        var bundle = gateway.Path("bundle.zip");
        var exported = await CtlAsync("audit", "export", bundle);
        Assert.Contains("events, without a gap, proved by checkpoint", exported.Output, StringComparison.Ordinal);
        var offline = await ProcessRun.RunAsync(Repository.Gatewayctl, ["audit", "verify", bundle, "--keys", gateway.Path("data", "audit-keys")]);
        Assert.True(offline.ExitCode == 0 && offline.Output.Contains("whole: ", StringComparison.Ordinal), offline.ToString());

        File.WriteAllText(gateway.Path("candidate.yaml"), "\"os_compute_api:os-migrate-server:migrate\": \"@\"\n");
        var replayed = await CtlAsync("policy", "replay", "--policy", gateway.Path("candidate.yaml"), "--defaults", "seed");
        Assert.True(replayed.ExitCode == 3, replayed.ToString());
        Assert.Contains("deny → allow  os_compute_api:os-migrate-server:migrate", replayed.Output, StringComparison.Ordinal);

        var checkedLimits = await ProcessRun.RunAsync(Repository.Gatewayctl, ["limits", "check", "config/limits.yaml", "--url", gateway.AdminPort.ToString()], directory: gateway.Directory);
        Assert.True(checkedLimits.ExitCode == 0 && checkedLimits.Output.Contains("recorded call(s)", StringComparison.Ordinal), checkedLimits.ToString());

        var verified = await CtlAsync("audit", "verify");
        Assert.True(verified.ExitCode == 0, verified.ToString());
        Assert.Matches(@"gw-east: whole: \d+ records of stream gw-east, head .*checkpoints, the last over", verified.Output);

        var sent = await Patience.UntilAsync(() => File.ReadAllLines(gateway.Path("sent.jsonl")).Select(line => (long)JsonNode.Parse(line)!["sequence"]!).ToArray(), all => all.Length >= long.Parse(sequence, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(Enumerable.Range(1, sent.Length).Select(n => (long)n), sent);

        async Task<ProcessRun> CtlAsync(params string[] words) => await ProcessRun.RunAsync(Repository.Gatewayctl, [.. words, "--store", _database], directory: gateway.Directory);
    }

    [Fact]
    public async Task While_the_database_is_gone_or_hangs_each_class_of_action_gets_its_own_answer_and_afterwards_all_is_as_before()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var gateway = await GatewayProcess.StartAsync(
            prepared =>
            {
                prepared.WriteLimits("limits: []");
                File.WriteAllText(
                    prepared.Path("config", "audit.yaml"),
                    """
                    rules:
                      - { actions: [reads], level: metadata, durability: best-effort }
                      - { actions: ["os-stop"], level: request, durability: bounded }
                      - { actions: ["*"], level: request, durability: strict }
                    """);
            },
            [.. backend.Settings, $"--Audit:Postgres={_database}", "--Audit:DeadlineMilliseconds=500"]);
        var token = await new Clients(gateway).TokenAsync("admin");
        await ExpectAsync(strict: 202, bounded: 202);

        await _postgres.StopAsync();
        await ExpectAsync(strict: 503, bounded: 202);
        await Patience.UntilAsync(ReadyAsync, ready => ready.Contains("records wait in the spool", StringComparison.Ordinal));
        var metrics = await AdminAsync("metrics");
        Assert.Matches(@"gateway_audit_available\{.*\} 0\b", metrics);
        Assert.Matches(@"gateway_audit_spooled\{.*\} [1-9]", metrics);
        Assert.Matches(@"gateway_audit_records_lost_total\{.*\} [1-9]", metrics);
        await _postgres.StartAsync();
        await RecoveredAsync();

        _postgres.Hang();
        await ExpectAsync(strict: 503, bounded: 202);
        _postgres.GoOn();
        await RecoveredAsync();

        var verified = await Patience.UntilAsync(
            () => ProcessRun.RunAsync(Repository.Gatewayctl, ["audit", "verify", "--store", _database], directory: gateway.Directory),
            run => run.ExitCode != 0 || !run.Output.Contains("intents open", StringComparison.Ordinal));
        Assert.True(verified.ExitCode == 0, verified.ToString());

        // Bounded calls went to the backend each time, strict ones only when they were recorded.
        var stopped = backend.Actions.Count(request => System.Text.Encoding.UTF8.GetString(request.Body) == Stop);
        var recorded = await ProcessRun.RunAsync(Repository.Gatewayctl, ["audit", "search", "-w", "kind=intent", "-w", "action=stop,update/stop", "--limit", "1000", "--format", "json", "--store", _database], directory: gateway.Directory);
        Assert.Equal(stopped, recorded.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);

        async Task ExpectAsync(int strict, int bounded)
        {
            Assert.Equal(strict, (await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(token, Migrate))).Status);
            Assert.Equal(bounded, (await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(token, Stop))).Status);
            Assert.Equal(200, (await RawConnection.ExchangeAsync(gateway.DataPort, new RawRequest("GET", $"/v2.1/servers/{RecordingBackend.ServerId}").As(token))).Status);
        }

        async Task RecoveredAsync()
        {
            await Patience.UntilAsync(ReadyAsync, ready => !ready.Contains("in the spool", StringComparison.Ordinal) && ready.Contains("is durable", StringComparison.Ordinal));
            await ExpectAsync(strict: 202, bounded: 202);
        }

        Task<string> ReadyAsync() => AdminAsync("healthz/ready");

        async Task<string> AdminAsync(string path)
        {
            using var http = new HttpClient();
            using var answer = await http.GetAsync(new Uri(gateway.AdminPort, path));
            return await answer.Content.ReadAsStringAsync();
        }
    }
}
