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

    private const string Held = "limits:\n  - { name: at-once, per: cluster, actions: [os-stop], concurrent: 1, hold: 3600 }\n";

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

    [Fact]
    public async Task Tells_what_is_left_and_when_there_is_more_on_every_answer()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var gateway = await StartAsync(backend.Settings);
        var alice = await new Clients(gateway).TokenAsync("alice");

        var first = await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(alice, Backup));
        await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(alice, Backup));
        var refused = await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(alice, Backup));

        Assert.Equal((202, "\"backups\";q=2;w=3600"), (first.Status, first.Header("RateLimit-Policy")));
        Assert.Matches("^\"backups\";r=1;t=(1800|1799)$", first.Header("RateLimit"));
        Assert.Equal((429, "\"backups\";q=2;w=3600"), (refused.Status, refused.Header("RateLimit-Policy")));
        Assert.Equal($"\"backups\";r=0;t={refused.Header("Retry-After")}", refused.Header("RateLimit"));
        // What no limit is about says nothing of limits.
        Assert.Null((await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(alice, ActionCaller.Stop))).Header("RateLimit"));
    }

    [Fact]
    public async Task Shows_its_rates_to_the_client_where_Nova_did_and_to_operators_at_the_admin_port()
    {
        await using var gateway = await StartAsync("--StandIns:StepMilliseconds=40");
        var clients = new Clients(gateway);
        var created = Clients.JsonOf(await clients.OpenStackAsync(
            "alice", "--os-compute-api-version 2.60 server create --flavor m1.tiny --image cirros --nic none --wait shown -f json"));
        var backup = await clients.OpenStackAsync("alice", $"server backup create --name once --wait {created["id"]}");
        Assert.True(backup.ExitCode == 0, backup.ToString());

        var shown = await clients.OpenStackAsync("alice", "limits show --rate -f json");

        var rates = Clients.JsonOf(shown).AsArray().ToDictionary(rate => (string)rate!["URI"]!, rate => rate!, StringComparer.Ordinal);
        var backups = rates["/servers/{server_id}/action (createBackup)"];
        Assert.Equal(("POST", 2, 1, "HOUR"), ((string?)backups["Verb"], (int?)backups["Value"], (int?)backups["Remain"], (string?)backups["Unit"]));
        Assert.Equal(1, (int?)rates["/servers/{server_id}/action (migrate)"]["Remain"]);
        // The rest of the answer is the backend's.
        var absolute = await clients.OpenStackAsync("alice", "limits show --absolute -f json");
        Assert.Contains("totalInstancesUsed", absolute.Output, StringComparison.Ordinal);

        var show = await clients.GatewayctlAsync($"limits show --user {People.Alice} --project {People.DemoProject} --url {gateway.AdminPort}");
        Assert.Matches("(?m)^backups +createBackup +2/hour +2 +1 +1 ", show.Output);
        Assert.Matches("(?m)^moves +migrate +1/hour +1 +0 +1 ", show.Output);
        var top = await clients.GatewayctlAsync($"limits top --url {gateway.AdminPort}");
        Assert.Contains("backups: met 1 time(s), refused 0", top.Output, StringComparison.Ordinal);
        Assert.Matches($"(50|49\\.[0-9]) %  user {People.Alice}, action createBackup", top.Output);
        Assert.Contains("moves: met 0 time(s), refused 0  (never met)", top.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tries_a_file_on_the_traffic_it_recorded()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var gateway = await StartAsync(backend.Settings);
        var clients = new Clients(gateway);
        var alice = await clients.TokenAsync("alice");
        for (var i = 0; i < 4; i++) await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(alice, ActionCaller.Stop));
        File.WriteAllText(gateway.Path("stricter.yaml"), "limits:\n  - { name: stops, per: user, actions: [os-stop], rate: 1/hour, burst: 3 }\n");
        File.WriteAllText(gateway.Path("wrong.yaml"), "limits:\n  - { name: stops, per: user, actions: [os-stopp], rate: 1/hour }\n");

        var check = await clients.GatewayctlAsync($"limits check stricter.yaml --url {gateway.AdminPort}");
        var wrong = await clients.GatewayctlAsync($"limits check wrong.yaml --url {gateway.AdminPort}");

        Assert.Equal(0, check.ExitCode);
        Assert.Contains("1 would have been refused", check.Output, StringComparison.Ordinal);
        Assert.Matches("(?m)^stops +4 +1 +alice 1$", check.Output);
        Assert.Equal((1, "wrong.yaml:2: the action `os-stopp` does not exist, so that the limit would never match; did you mean `os-stop`?\n"), (wrong.ExitCode, wrong.Output));
        // The limits in force are those of the file as before.
        Assert.Equal(202, (await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(alice, ActionCaller.Stop))).Status);
    }

    [Fact]
    public async Task Makes_those_wait_who_are_denied_too_often_before_anything_is_looked_up_for_them()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var gateway = await GatewayProcess.StartAsync(
            prepared => prepared.WriteLimits("limits:\n  - { name: probing, per: user, actions: ['*'], counts: denials, rate: 3/hour }\n"), backend.Settings);
        var clients = new Clients(gateway);
        var (alice, rita) = (await clients.TokenAsync("alice"), await clients.TokenAsync("rita"));
        for (var i = 0; i < 3; i++) Assert.Equal(404, (await ProbeAsync(alice, i)).Status);
        var refused = await ProbeAsync(alice, 3);
        var lookups = backend.Received.Count;

        var again = await ProbeAsync(alice, 4);
        var allowed = await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(alice, Backup));

        Assert.Equal((429, 429, 429), (refused.Status, again.Status, allowed.Status));
        Assert.Equal(lookups, backend.Received.Count);
        Assert.Equal("Only 3 refused request(s) can be made every hour.", (string?)JsonNode.Parse(again.Body)!["overLimit"]!["details"]);
        Assert.Equal(404, (await ProbeAsync(rita, 5)).Status);

        Task<RawAnswer> ProbeAsync(string token, int i) => RawConnection.ExchangeAsync(
            gateway.DataPort, RawRequest.Action(token, Backup) with { Target = $"/v2.1/servers/00000000-0000-4000-8000-00000000000{i}/action" });
    }

    [Fact]
    public async Task Counts_a_call_at_work_until_its_answer_and_one_that_was_given_up()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var gateway = await GatewayProcess.StartAsync(
            prepared => prepared.WriteLimits("limits:\n  - { name: at-once, per: cluster, actions: [os-stop], concurrent: 1 }\n"), backend.Settings);
        var alice = await new Clients(gateway).TokenAsync("alice");
        backend.Hold();
        using var connection = await RawConnection.OpenAsync(gateway.DataPort);
        await connection.SendAsync(RawRequest.Action(alice, ActionCaller.Stop).ToBytes());
        await backend.Arrived.Task;

        var second = await StopAsync();
        Assert.Equal((429, "1", "\"at-once\";q=1;qu=\"concurrent-requests\""), (second.Status, second.Header("Retry-After"), second.Header("RateLimit-Policy")));

        // The client leaves; the call is over for the gateway, too.
        connection.Dispose();
        await Patience.UntilAsync(StopOrNothingAsync, status => status == 202);

        async Task<int> StopOrNothingAsync()
        {
            backend.Release();
            return (await StopAsync()).Status;
        }

        Task<RawAnswer> StopAsync() => RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(alice, ActionCaller.Stop));
    }

    [Fact]
    public async Task Goes_on_counting_a_call_that_may_have_been_accepted_and_no_other()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var gateway = await GatewayProcess.StartAsync(prepared => prepared.WriteLimits(Held), backend.Settings);
        var alice = await new Clients(gateway).TokenAsync("alice");
        backend.NextAnswer = (409, "{}");
        Assert.Equal(409, await StopAsync(gateway, alice));
        backend.Hold();
        using var connection = await RawConnection.OpenAsync(gateway.DataPort);
        await connection.SendAsync(RawRequest.Action(alice, ActionCaller.Stop).ToBytes());
        await backend.Arrived.Task;

        // The client leaves; nobody knows what becomes of his call.
        connection.Dispose();
        await Patience.UntilAsync(() => RecordedCalls.All(gateway.Store), records => records.Any(record => record is { Kind: "outcome", Outcome: "unknown" }));
        backend.Release();

        Assert.Equal(429, await StopAsync(gateway, alice));
        Assert.Equal(2, backend.Actions.Count());
    }

    [Fact]
    public async Task Counts_no_call_that_was_never_sent()
    {
        using var closed = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        closed.Start();
        var nowhere = closed.LocalEndpoint.ToString();
        closed.Stop();
        await using var gateway = await GatewayProcess.StartAsync(prepared => prepared.WriteLimits(Held), RecordingBackend.SettingsFor($"http://{nowhere}"));
        var admin = await new Clients(gateway).TokenAsync("admin");

        Assert.Equal((502, 502), (await StopAsync(gateway, admin), await StopAsync(gateway, admin)));
    }

    [Fact]
    public async Task Admits_in_memory_of_a_thousand_calls_at_once_what_the_limit_allows()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var gateway = await GatewayProcess.StartAsync(
            prepared => prepared.WriteLimits("limits:\n  - { name: backups, per: project, actions: [createBackup], rate: 10/day }\n"), backend.Settings);
        using var alice = await ActionCaller.OfAsync(gateway);

        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => alice.ActAsync(ActionCaller.Backup)));

        Assert.Equal((10, 990), (answers.Count(status => (int)status == 202), answers.Count(status => (int)status == 429)));
    }

    private static async Task<int> StopAsync(GatewayProcess gateway, string token) =>
        (await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(token, ActionCaller.Stop))).Status;

    private static Task<GatewayProcess> StartAsync(params string[] arguments) =>
        GatewayProcess.StartAsync(prepared => prepared.WriteLimits(Limits), arguments);
}
