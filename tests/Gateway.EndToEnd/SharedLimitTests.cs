using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Gateway.Peers;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>Two gateways that count in one Redis, and what they do when it fails them.</summary>
public sealed class SharedLimitTests : IAsyncLifetime
{
    // What is late on a busy machine is not what the exact tests are about. A Redis that is hung is given up all the same, after a second.
    private const string Patient = "--Limits:Redis:WaitMilliseconds=20000";

    // Of the ten milliseconds that are usual, four hundred calls at once take more by themselves.
    private const string LessHurried = "--Limits:Redis:WaitMilliseconds=250";
    private const int Burst = 10;
    private const string Suspend = """{"suspend": null}""";
    private const string Resume = """{"resume": null}""";

    private static readonly string Limits = $$"""
        limits:
          - { name: backups, per: project, actions: [createBackup], rate: {{Burst}}/day, without_redis: local }
          - { name: stops, per: project, actions: [os-stop], rate: 100000/day, without_redis: allow }
          - { name: starts, per: project, actions: [os-start], rate: 100000/day, without_redis: deny }
          - { name: suspensions, per: project, actions: [suspend], concurrent: 4, lease: 2, hold: 3600, without_redis: local }
          - { name: resumptions, per: project, actions: [resume], rate: 100000/day, without_redis: deny }
          - { name: pauses, per: project, actions: [pause], concurrent: 1, lease: 2, without_redis: deny }
        """;

    private RecordingBackend _backend = null!;

    public async ValueTask InitializeAsync() => _backend = await RecordingBackend.StartAsync(People.DemoProject);

    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Fact]
    public async Task Admit_of_a_thousand_calls_at_once_what_one_limit_allows_by_one_Redis()
    {
        await using var redis = await RedisServer.StartAsync();
        await AssertTheBurstAsync(redis.Address);
        // The keys say nothing that they should not, and none outlives its use.
        Assert.All(
            (await redis.CommandAsync("keys", "gw1:{p*")).Split('\n'), key => Assert.Matches("^gw1:\\{p=[0-9a-f]{32}\\}:backups\\.[0-9a-f]{8}$", key));
    }

    [Fact]
    public async Task Admit_of_a_thousand_calls_at_once_what_one_limit_allows_by_a_Redis_Cluster()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await AssertTheBurstAsync(cluster.Address);
    }

    [Theory]
    [InlineData("killed")]
    [InlineData("hung")]
    [InlineData("read-only")]
    public async Task Keep_each_limits_word_while_Redis_is(string failure)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var first = await StartAsync(redis.Address, LessHurried);
        await using var second = await StartAsync(redis.Address, LessHurried);
        using var one = await ActionCaller.OfAsync(first);
        using var other = await ActionCaller.OfAsync(second);
        await BothKnowOfEachOtherAsync(first, second);
        await Patience.UntilAsync(() => one.ActAsync(ActionCaller.Start), status => status == HttpStatusCode.Accepted);
        var (failed, mended) = (Lines(first, "cannot be asked:"), Lines(first, "limits are counted there"));

        // Redis fails in the middle of it, and before it has refused anything: a refusal for a day is remembered, and then nobody is asked.
        var load = Task.WhenAll(Enumerable.Range(0, Burst / 2).Select(i => (i % 2 == 0 ? one : other).ActAsync(ActionCaller.Backup)));
        await FailAsync(redis, failure);
        var answers = await load;
        await Patience.UntilAsync(() => one.ActAsync(ActionCaller.Start), status => status == HttpStatusCode.ServiceUnavailable);
        await Patience.UntilAsync(() => other.ActAsync(ActionCaller.Start), status => status == HttpStatusCode.ServiceUnavailable);
        var without = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => (i % 2 == 0 ? one : other).ActAsync(ActionCaller.Backup)));
        var allowed = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => (i % 2 == 0 ? one : other).ActAsync(ActionCaller.Stop)));
        var denied = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => (i % 2 == 0 ? one : other).ActAsync(ActionCaller.Start)));

        // Through Redis at most the burst, and of each gateway's own half what it had not admitted itself.
        Assert.All(answers.Concat(without), status => Assert.True(status is HttpStatusCode.Accepted or HttpStatusCode.TooManyRequests, status.ToString()));
        Assert.InRange(answers.Concat(without).Count(status => status == HttpStatusCode.Accepted), Burst / 2, 2 * Burst);
        Assert.All(allowed, status => Assert.Equal(HttpStatusCode.Accepted, status));
        Assert.All(denied, status => Assert.Equal(HttpStatusCode.ServiceUnavailable, status));
        AssertSaid(first);
        AssertSaid(second);
        // Once, not per call.
        Assert.Equal((failed + 1, mended), (Lines(first, "cannot be asked:"), Lines(first, "limits are counted there")));
        Assert.Contains("Redis cannot be asked", (await new Clients(first).GatewayctlAsync($"status --url {first.AdminPort}")).Output, StringComparison.Ordinal);

        await MendAsync(redis, failure);

        await Patience.UntilAsync(() => one.ActAsync(ActionCaller.Start), status => status == HttpStatusCode.Accepted);
        await Patience.UntilAsync(() => other.ActAsync(ActionCaller.Start), status => status == HttpStatusCode.Accepted);
        Assert.Equal(mended + 1, Lines(first, "limits are counted there"));
        Assert.Null(RecordedCalls.All(first.Store).Last(record => record.Kind == "intent").Content("limits")![0]!["degraded"]);
    }

    [Fact]
    public async Task Begin_anew_when_Redis_is_flushed_and_admit_one_burst_more_at_most()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var first = await StartAsync(redis.Address, Patient);
        await using var second = await StartAsync(redis.Address, Patient);
        using var one = await ActionCaller.OfAsync(first);
        using var other = await ActionCaller.OfAsync(second);

        var load = Task.WhenAll(Enumerable.Range(0, 400).Select(i => (i % 2 == 0 ? one : other).ActAsync(ActionCaller.Backup)));
        await redis.CommandAsync("flushall");
        await redis.CommandAsync("script", "flush");
        var answers = await load;

        Assert.All(answers, status => Assert.True(status is HttpStatusCode.Accepted or HttpStatusCode.TooManyRequests, status.ToString()));
        Assert.InRange(answers.Count(status => status == HttpStatusCode.Accepted), Burst, 2 * Burst);
        Assert.Equal(0, Lines(first, "cannot be asked:"));
    }

    [Fact]
    public async Task Start_without_Redis_and_use_it_when_it_comes()
    {
        await using var redis = await RedisServer.StartAsync();
        await redis.KillAsync();
        await using var gateway = await StartAsync(redis.Address);
        using var caller = await ActionCaller.OfAsync(gateway);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await caller.ActAsync(ActionCaller.Start));
        Assert.Equal(HttpStatusCode.Accepted, await caller.ActAsync(ActionCaller.Stop));

        await redis.RestartAsync();

        await Patience.UntilAsync(() => caller.ActAsync(ActionCaller.Start), status => status == HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task Free_the_places_of_a_gateway_that_was_killed()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var first = await StartAsync(redis.Address, Patient);
        await using var second = await StartAsync(redis.Address, Patient);
        using var one = await ActionCaller.OfAsync(first, "admin");
        using var other = await ActionCaller.OfAsync(second, "admin");
        const string pause = """{"pause": null}""";

        _backend.Hold();
        var held = one.ActAsync(pause);
        await _backend.Arrived.Task;
        // Longer than a lease: it is renewed as long as the call is at work.
        for (var i = 0; i < 30; i++)
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, await other.ActAsync(pause));
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        await first.KillAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => held);
        _backend.Release();

        await Patience.UntilAsync(() => other.ActAsync(pause), status => status == HttpStatusCode.Accepted);
        // And one that ends in peace gives its place back.
        Assert.Equal(HttpStatusCode.Accepted, await Patience.UntilAsync(() => other.ActAsync(pause), status => status == HttpStatusCode.Accepted));
    }

    private async Task AssertTheBurstAsync(string redis)
    {
        await using var first = await StartAsync(redis, Patient);
        await using var second = await StartAsync(redis, Patient);
        using var one = await ActionCaller.OfAsync(first);
        using var other = await ActionCaller.OfAsync(second);

        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => (i % 2 == 0 ? one : other).ActAsync(ActionCaller.Backup)));

        Assert.Equal((Burst, 1000 - Burst), (answers.Count(status => status == HttpStatusCode.Accepted), answers.Count(status => status == HttpStatusCode.TooManyRequests)));
        Assert.Equal(Burst, _backend.Actions.Count());
        // Another project of the same Redis has its own.
        using var admin = await ActionCaller.OfAsync(first, "admin");
        Assert.Equal(HttpStatusCode.Accepted, await admin.ActAsync(ActionCaller.Backup));
    }

    [Theory]
    [InlineData("killed")]
    [InlineData("hung")]
    [InlineData("read-only")]
    public async Task Let_no_more_calls_at_the_same_time_after_an_outage_than_before_it(string failure)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var first = await StartAsync(redis.Address, Patient);
        await using var second = await StartAsync(redis.Address, Patient);
        using var one = await ActionCaller.OfAsync(first, "admin");
        using var other = await ActionCaller.OfAsync(second, "admin");
        await BothKnowOfEachOtherAsync(first, second);
        // One that is held since before, one that is at work all the while.
        Assert.Equal(HttpStatusCode.Accepted, await one.ActAsync(Suspend));
        _backend.Hold();
        var atWork = one.ActAsync(Suspend);
        await _backend.Arrived.Task;

        await FailAsync(redis, failure);
        await Patience.UntilAsync(() => one.ActAsync(Resume), status => status == HttpStatusCode.ServiceUnavailable);
        await Patience.UntilAsync(() => other.ActAsync(Resume), status => status == HttpStatusCode.ServiceUnavailable);
        // Of its half the first gateway has all in use; the second has two, of which one is accepted and one at work.
        var held = other.ActAsync(Suspend);
        await Patience.UntilAsync(() => _backend.Actions.Count(), count => count == 3);
        Assert.Equal(HttpStatusCode.TooManyRequests, await one.ActAsync(Suspend));
        _backend.Release();
        Assert.Equal(HttpStatusCode.Accepted, await held);
        Assert.Equal(HttpStatusCode.Accepted, await atWork);
        _backend.Hold();
        var last = other.ActAsync(Suspend);
        await _backend.Arrived.Task;

        await MendAsync(redis, failure);
        await Patience.UntilAsync(() => BackAsync(first), isBack => isBack);
        await Patience.UntilAsync(() => BackAsync(second), isBack => isBack);

        // Three are held and one is at work: whoever asks, there is no room.
        Assert.Equal(HttpStatusCode.TooManyRequests, await one.ActAsync(Suspend));
        Assert.Equal(HttpStatusCode.TooManyRequests, await other.ActAsync(Suspend));
        _backend.NextAnswer = (409, "{}");
        _backend.Release();
        Assert.Equal(HttpStatusCode.Conflict, await last);
        await Patience.UntilAsync(() => other.ActAsync(Resume), status => status == HttpStatusCode.Accepted);
        await Patience.UntilAsync(() => one.ActAsync(Suspend), status => status == HttpStatusCode.Accepted);
        Assert.Equal(HttpStatusCode.TooManyRequests, await other.ActAsync(Suspend));

        static Task<bool> BackAsync(GatewayProcess gateway) => Task.FromResult(Lines(gateway, "limits are counted there") > 0);
    }

    [Fact]
    public async Task Answer_the_first_call_that_finds_Redis_hung_by_what_is_done_without_it()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var gateway = await StartAsync(redis.Address);
        using var caller = await ActionCaller.OfAsync(gateway);
        await Patience.UntilAsync(() => caller.ActAsync(ActionCaller.Start), status => status == HttpStatusCode.Accepted);

        await redis.SignalAsync("STOP");
        var answer = await caller.ActAsync(ActionCaller.Stop);

        // It is still hung: nothing was waited for that could have come of it.
        Assert.Equal(HttpStatusCode.Accepted, answer);
        Assert.Equal("allow", (string?)RecordedCalls.All(gateway.Store).Last(record => record.Kind == "intent").Content("limits")![0]!["degraded"]);
        Assert.NotEqual(0, Lines(gateway, "cannot be asked: no answer within"));
        await redis.SignalAsync("CONT");
        await Patience.UntilAsync(() => caller.ActAsync(ActionCaller.Start), status => status == HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task Keep_each_limits_word_while_Redis_loads_what_it_had()
    {
        await using var redis = await RedisServer.StartAsync("--key-load-delay", "20000", "--loading-process-events-interval-bytes", "1024");
        await using var gateway = await StartAsync(redis.Address, Patient);
        using var caller = await ActionCaller.OfAsync(gateway);
        await Patience.UntilAsync(() => caller.ActAsync(ActionCaller.Start), status => status == HttpStatusCode.Accepted);
        // Half a minute's worth of keys.
        await redis.CommandAsync("eval", "for i = 1, 1500 do redis.call('SET', 'filling:' .. i, string.rep('x', 200)) end", "0");
        await redis.CommandAsync("save");
        await redis.KillAsync();

        await redis.RestartAsync(isLoading: true);

        await Patience.UntilAsync(() => redis.CommandAsync("get", "filling:1"), output => output.StartsWith("LOADING", StringComparison.Ordinal));
        await Patience.UntilAsync(() => caller.ActAsync(ActionCaller.Start), status => status == HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.Accepted, await caller.ActAsync(ActionCaller.Stop));
        Assert.Equal(HttpStatusCode.Accepted, await caller.ActAsync(ActionCaller.Backup));
        Assert.StartsWith("LOADING", await redis.CommandAsync("get", "filling:1"), StringComparison.Ordinal);
        await redis.CommandAsync("config", "set", "key-load-delay", "0");
        await Patience.UntilAsync(() => caller.ActAsync(ActionCaller.Start), status => status == HttpStatusCode.Accepted);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Go_on_with_a_replica_that_was_promoted(bool masterLives)
    {
        await using var master = await RedisServer.StartAsync();
        await using var replica = await RedisServer.StartAsync("--replicaof", "127.0.0.1", $"{master.Port}");
        await Patience.UntilAsync(() => replica.CommandAsync("info", "replication"), info => info.Contains("master_link_status:up", StringComparison.Ordinal));
        await using var first = await StartAsync($"{master.Address},{replica.Address}", Patient);
        await using var second = await StartAsync($"{master.Address},{replica.Address}", Patient);
        using var one = await ActionCaller.OfAsync(first);
        using var other = await ActionCaller.OfAsync(second);
        for (var i = 0; i < Burst - 2; i++) Assert.Equal(HttpStatusCode.Accepted, await one.ActAsync(ActionCaller.Backup));
        await master.CommandAsync("wait", "1", "10000");

        await replica.CommandAsync("replicaof", "no", "one");
        await (masterLives ? master.CommandAsync("replicaof", "127.0.0.1", $"{replica.Port}") : master.KillAsync());

        // The old master takes no writes; the new one knows what was used.
        await Patience.UntilAsync(() => one.ActAsync(ActionCaller.Start), status => status == HttpStatusCode.Accepted);
        await Patience.UntilAsync(() => other.ActAsync(ActionCaller.Start), status => status == HttpStatusCode.Accepted);
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 4; i++) answers.Add(await (i % 2 == 0 ? one : other).ActAsync(ActionCaller.Backup));
        Assert.Equal([HttpStatusCode.Accepted, HttpStatusCode.Accepted, HttpStatusCode.TooManyRequests, HttpStatusCode.TooManyRequests], answers);
    }

    [Fact]
    public async Task Do_without_the_limits_of_a_node_that_is_gone_alone()
    {
        await using var cluster = await RedisCluster.StartAsync("--cluster-require-full-coverage", "no");
        var slots = await Task.WhenAll(Enumerable.Range(0, 24).Select(async i =>
            (Name: $"l{i}", Slot: int.Parse(await cluster.Nodes[0].CommandAsync("cluster", "keyslot", $"{{g=l{i}}}"), CultureInfo.InvariantCulture))));
        // The third node has the last third of the slots.
        var gone = slots.Where(slot => slot.Slot > 10_922).Take(2).Select(slot => slot.Name).ToArray();
        var there = slots.First(slot => slot.Slot < 5_461).Name;
        var limits = $$"""
            limits:
              - { name: {{there}}, per: global, actions: [createBackup], rate: {{Burst}}/day, without_redis: deny }
              - { name: {{gone[0]}}, per: global, actions: [os-start], rate: 1000/day, without_redis: deny }
              - { name: {{gone[1]}}, per: global, actions: [os-stop], rate: 1000/day, without_redis: allow }
            """;
        await using var first = await GatewayProcess.StartAsync(gateway => gateway.WriteLimits(limits), [.. _backend.Settings, $"--Limits:Redis:Connection={cluster.Address}", Patient]);
        await using var second = await GatewayProcess.StartAsync(gateway => gateway.WriteLimits(limits), [.. _backend.Settings, $"--Limits:Redis:Connection={cluster.Address}", Patient]);
        using var one = await ActionCaller.OfAsync(first);
        using var other = await ActionCaller.OfAsync(second);
        await Patience.UntilAsync(() => one.ActAsync(ActionCaller.Start), status => status == HttpStatusCode.Accepted);

        await cluster.Nodes[2].KillAsync();
        await Patience.UntilAsync(() => one.ActAsync(ActionCaller.Start), status => status == HttpStatusCode.ServiceUnavailable);
        await Patience.UntilAsync(() => other.ActAsync(ActionCaller.Start), status => status == HttpStatusCode.ServiceUnavailable);
        var backups = new List<HttpStatusCode>();
        for (var i = 0; i < Burst + 4; i++) backups.Add(await (i % 2 == 0 ? one : other).ActAsync(ActionCaller.Backup));

        // By the nodes that are there the two count together as before.
        Assert.Equal((Burst, 4), (backups.Count(status => status == HttpStatusCode.Accepted), backups.Count(status => status == HttpStatusCode.TooManyRequests)));
        Assert.Equal(HttpStatusCode.Accepted, await one.ActAsync(ActionCaller.Stop));
        Assert.Contains(cluster.Nodes[2].Address, (await new Clients(first).GatewayctlAsync($"status --url {first.AdminPort}")).Output, StringComparison.Ordinal);

        await cluster.Nodes[2].RestartAsync();

        await Patience.UntilAsync(() => one.ActAsync(ActionCaller.Start), status => status == HttpStatusCode.Accepted);
        await Patience.UntilAsync(() => other.ActAsync(ActionCaller.Start), status => status == HttpStatusCode.Accepted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Take_no_notice_of_a_step_of_the_gateways_clock(bool inRedis)
    {
        await using var redis = await RedisServer.StartAsync();
        var clock = Path.GetTempFileName();
        RedisServer.StepClock(clock, TimeSpan.Zero);
        await using var gateway = await GatewayProcess.StartAsync(
            prepared =>
            {
                prepared.WriteLimits("limits:\n  - { name: backups, per: project, actions: [createBackup], rate: 4/hour, burst: 1 }\n");
                foreach (var (name, value) in RedisServer.ClockSettings(clock)) prepared.Environment[name] = value;
            },
            [.. _backend.Settings, .. inRedis ? [$"--Limits:Redis:Connection={redis.Address}", Patient] : Array.Empty<string>()]);
        using var before = await ActionCaller.OfAsync(gateway);
        // A gateway that was too busy starting to hear Redis at once counts by itself until it does.
        var clients = new Clients(gateway);
        if (inRedis) await Patience.UntilAsync(() => clients.GatewayctlAsync($"limits show --url {gateway.AdminPort}"), run => run.Output.Contains("shared by 1 gateway(s)", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.Accepted, await before.ActAsync(ActionCaller.Backup));
        var started = Last("intent").Time;

        // By the stepped clock a permit would have come back; the token is still good.
        RedisServer.StepClock(clock, TimeSpan.FromMinutes(20));
        await Patience.UntilAsync(() => RefusedAtAsync(before), time => time >= started.AddMinutes(20));
        RedisServer.StepClock(clock, TimeSpan.FromMinutes(-20));
        using var after = await ActionCaller.OfAsync(gateway);
        await Patience.UntilAsync(() => RefusedAtAsync(after), time => time < started);
        Assert.InRange((double)Last("refusal").Content("limits")![0]!["retry_after_seconds"]!, 1, 900);
        File.Delete(clock);

        // A thread that read the clock's file before its step may show the time before it once more.
        async Task<DateTimeOffset> RefusedAtAsync(ActionCaller caller)
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, await caller.ActAsync(ActionCaller.Backup));
            return Last("refusal").Time;
        }

        RecordedCall Last(string kind) => RecordedCalls.All(gateway.Store).Last(record => record.Kind == kind);
    }

    private Task<GatewayProcess> StartAsync(string redis, params string[] more) =>
        GatewayProcess.StartAsync(gateway => gateway.WriteLimits(Limits), [.. _backend.Settings, $"--Limits:Redis:Connection={redis}", .. more]);

    /// <summary>Each admits its share only once it has heard of the other.</summary>
    private static async Task BothKnowOfEachOtherAsync(params GatewayProcess[] gateways)
    {
        foreach (var gateway in gateways)
        {
            var clients = new Clients(gateway);
            await Patience.UntilAsync(
                () => clients.GatewayctlAsync($"limits show --url {gateway.AdminPort}"), run => run.Output.Contains("shared by 2 gateway(s)", StringComparison.Ordinal));
        }
    }

    private static Task FailAsync(RedisServer redis, string failure) => failure switch
    {
        "killed" => redis.KillAsync(),
        "hung" => redis.SignalAsync("STOP"),
        // A replica takes no writes; so does a master that another was promoted over.
        _ => redis.CommandAsync("replicaof", "127.0.0.1", "1"),
    };

    private static Task MendAsync(RedisServer redis, string failure) => failure switch
    {
        "killed" => redis.RestartAsync(),
        "hung" => redis.SignalAsync("CONT"),
        _ => redis.CommandAsync("replicaof", "no", "one"),
    };

    private static void AssertSaid(GatewayProcess gateway)
    {
        var said = RecordedCalls.All(gateway.Store).Select(record => record.Content("limits")).OfType<JsonArray>()
            .SelectMany(reports => reports).Select(report => (string?)report!["degraded"]).OfType<string>().ToHashSet(StringComparer.Ordinal);
        Assert.Equal(["allow", "deny", "local"], said.Order(StringComparer.Ordinal));
    }

    private static int Lines(GatewayProcess gateway, string words) =>
        gateway.Output.Split('\n').Count(line => line.Contains("Redis", StringComparison.Ordinal) && line.Contains(words, StringComparison.Ordinal));
}
