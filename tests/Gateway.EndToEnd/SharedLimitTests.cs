using System.Net;
using System.Text.Json.Nodes;
using Gateway.Peers;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>Two gateways that count in one Redis, and what they do when it fails them.</summary>
public sealed class SharedLimitTests : IAsyncLifetime
{
    // What is late on a busy machine is not what the exact tests are about.
    private const string Patient = "--Limits:Redis:WaitMilliseconds=20000";

    // Of the ten milliseconds that are usual, four hundred calls at once take more by themselves.
    private const string LessHurried = "--Limits:Redis:WaitMilliseconds=250";
    private const int Burst = 10;

    private static readonly string Limits = $$"""
        limits:
          - { name: backups, per: project, actions: [createBackup], rate: {{Burst}}/day, without_redis: local }
          - { name: stops, per: project, actions: [os-stop], rate: 100000/day, without_redis: allow }
          - { name: starts, per: project, actions: [os-start], rate: 100000/day, without_redis: deny }
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
        Assert.Equal(HttpStatusCode.Accepted, await one.ActAsync(ActionCaller.Start));

        // Redis fails in the middle of it.
        var load = Task.WhenAll(Enumerable.Range(0, 400).Select(i => (i % 2 == 0 ? one : other).ActAsync(ActionCaller.Backup)));
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
        Assert.Equal((1, 0), (Lines(first, "cannot be asked:"), Lines(first, "limits are counted there")));
        Assert.Contains("Redis cannot be asked", (await new Clients(first).GatewayctlAsync($"status --url {first.AdminPort}")).Output, StringComparison.Ordinal);

        await MendAsync(redis, failure);

        await Patience.UntilAsync(() => one.ActAsync(ActionCaller.Start), status => status == HttpStatusCode.Accepted);
        await Patience.UntilAsync(() => other.ActAsync(ActionCaller.Start), status => status == HttpStatusCode.Accepted);
        Assert.Equal(1, Lines(first, "limits are counted there"));
        Assert.Null(RecordedCalls.All(first.Store)[^1].Content("limits")![0]!["degraded"]);
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
