using System.Globalization;
using Gateway.Limits;
using Xunit;

namespace Gateway.Tests.Limits;

/// <summary>The contract on a real redis-server, and what only Redis can get wrong.</summary>
[Collection(nameof(RedisPeer))]
public sealed class RedisBucketsTests(RedisPeer redis) : BucketStoreContract
{
    private const long Day = 86_400_000_000;

    private readonly LimitRequest _call = new("u", Guid.NewGuid().ToString("N"), "migrate");

    internal override IReadOnlyList<IBucketStore> Stores { get; } =
        [.. redis.Connections.Select(connection => new RedisBuckets(connection, TimeProvider.System))];

    [Fact]
    public void Knows_a_single_server_when_it_is_connected_to_one() => Assert.All(redis.Connections, connection => Assert.False(connection.IsCluster));

    [Fact]
    public async Task Gives_every_key_a_time_to_live_that_ends_when_it_is_worth_nothing()
    {
        var rate = Some.Limit("rate", LimitScope.Project, count: 2, unit: "minute", burst: 3);
        var places = Some.Places(scope: LimitScope.Project, leaseSeconds: 7);
        var step = Some.Step("l", _call, rate, places);
        await Stores[0].TakeAsync(step);
        await Stores[0].TakeAsync(step);

        Assert.InRange(await TimeToLiveAsync(step.Asks[0]), 55_000, 60_002);
        Assert.InRange(await TimeToLiveAsync(step.Asks[1]), 6_000, 7_002);
        // Of all keys that any test has written, none lives for ever.
        foreach (var key in (await redis.Server.CommandAsync("keys", "*")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Assert.NotEqual("-1", await redis.Server.CommandAsync("pttl", key));
    }

    [Fact]
    public async Task Keeps_the_keys_of_a_project_in_one_slot_and_no_id_in_the_way()
    {
        var step = Some.Step(
            "l", new LimitRequest("u:1", "a}b{c", "migrate"), Some.Limit("one", LimitScope.Project), Some.Limit("two", LimitScope.Project | LimitScope.User | LimitScope.Action));
        await Stores[0].TakeAsync(step);
        var keys = step.Asks.Select(ask => RedisKeys.Of(ask, RedisKeys.TagOf(ask))).ToArray();

        Assert.All(keys, key => Assert.Matches("^gw1:\\{p=~[0-9a-f]{32}\\}:(one|two)\\.[0-9a-f]{8}(:~[0-9a-f]{32}:migrate)?$", key));
        Assert.Single(keys.Select(key => key[key.IndexOf('{', StringComparison.Ordinal)..key.IndexOf('}', StringComparison.Ordinal)]).Distinct(StringComparer.Ordinal));
        var stored = (await redis.Server.CommandAsync("keys", "gw1:*")).Split('\n');
        Assert.All(keys, key => Assert.Contains(key, stored));
    }

    [Fact]
    public async Task Starts_a_clean_bucket_when_the_limit_is_defined_otherwise()
    {
        var limit = Some.Limit("edited", LimitScope.Project, count: 1, unit: "day");
        Assert.False((await Stores[0].TakeAsync(Some.Step("l", _call, limit))).Refused);
        Assert.True((await Stores[0].TakeAsync(Some.Step("l", _call, limit))).Refused);

        Assert.False((await Stores[0].TakeAsync(Some.Step("l", _call, limit with { Numbers = Some.Rate(2, "day", 1) }))).Refused);
        Assert.True((await Stores[0].TakeAsync(Some.Step("l", _call, limit with { Mode = LimitMode.Enforce, WithoutRedis = WithoutRedis.Deny }))).Refused);
    }

    [Fact]
    public async Task Sends_the_script_again_once_when_Redis_has_forgotten_it()
    {
        await using var connection = await RedisPeer.ConnectAsync(redis.Server.Address);
        var store = new RedisBuckets(connection, TimeProvider.System);
        var limit = Some.Limit("forgotten", LimitScope.Project, count: 5, unit: "day");
        await store.TakeAsync(Some.Step("l", _call, limit));
        var before = connection.Reloads;

        await redis.Server.CommandAsync("script", "flush");

        Assert.Equal(3, (await store.TakeAsync(Some.Step("l", _call, limit))).Answers[0].Remaining);
        Assert.Equal(2, (await store.TakeAsync(Some.Step("l", _call, limit))).Answers[0].Remaining);
        Assert.Equal(before + 1, connection.Reloads);
    }

    [Fact]
    public async Task Locks_nobody_out_for_longer_than_the_burst_when_its_clock_is_stepped_back()
    {
        var step = Some.Step("l", _call, Some.Limit("stepped", LimitScope.Project, count: 1, unit: "day", burst: 2));
        var key = RedisKeys.Of(step.Asks[0], RedisKeys.TagOf(step.Asks[0]));
        // As if the bucket had been written an hour (a year) ahead of the clock.
        await redis.Server.CommandAsync("set", key, "33333333333333333", "px", "3600000");

        var answer = (await Stores[0].TakeAsync(step)).Answers[0];

        Assert.False(answer.Passed);
        Assert.Equal((Day, 2 * Day), (answer.Retry, answer.Reset));
    }

    [Fact]
    public async Task Counts_in_whole_microseconds_where_doubles_are_printed_with_fourteen_digits()
    {
        var step = Some.Step("l", _call, Some.Limit("exact", LimitScope.Project, count: 7, unit: "second", burst: 3));
        await Stores[0].TakeAsync(step);

        var stored = await redis.Server.CommandAsync("get", RedisKeys.Of(step.Asks[0], RedisKeys.TagOf(step.Asks[0])));

        Assert.Matches("^[0-9]{16}$", stored);
    }

    [Fact]
    public async Task Takes_fast_global_limits_in_slices_and_hands_out_no_more_than_the_burst()
    {
        var limit = Some.Limit($"global-{_call.ProjectId}", LimitScope.Global, count: 100, unit: "second", burst: 80);
        var step = Some.Step("l", _call, limit);
        Assert.Equal(5, GlobalSlices.SizeOf(step.Asks[0].Entry));
        var started = TimeProvider.System.GetTimestamp();

        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => Task.Run(async () => await Stores[i % 2].TakeAsync(step))));

        var most = 80 + (TimeProvider.System.GetElapsedTime(started).TotalSeconds * 100) + 1;
        Assert.InRange(answers.Count(answer => !answer.Refused), 70, most);
        Assert.Equal(0, GlobalSlices.SizeOf(Some.Step("l", _call, Some.Limit("slow", LimitScope.Global, count: 10, unit: "second")).Asks[0].Entry));
    }

    [Fact]
    public async Task Says_that_it_cannot_be_asked_when_it_answers_with_an_error()
    {
        var step = Some.Step("l", _call, Some.Limit("wrong", LimitScope.Project));
        await redis.Server.CommandAsync("lpush", RedisKeys.Of(step.Asks[0], RedisKeys.TagOf(step.Asks[0])), "not", "a", "string");

        var e = await Assert.ThrowsAsync<BucketsUnreachableException>(async () => await Stores[0].TakeAsync(step));

        Assert.Contains("WRONGTYPE", e.Message, StringComparison.Ordinal);
        await redis.Server.CommandAsync("del", RedisKeys.Of(step.Asks[0], RedisKeys.TagOf(step.Asks[0])));
    }

    private async Task<long> TimeToLiveAsync(BucketAsk ask) =>
        long.Parse(await redis.Server.CommandAsync("pttl", RedisKeys.Of(ask, RedisKeys.TagOf(ask))), CultureInfo.InvariantCulture);
}
