using System.Globalization;
using Gateway.Limits;
using Gateway.Peers;
using Xunit;

namespace Gateway.Tests.Limits;

/// <summary>The contract on a real redis-server, and what only Redis can get wrong.</summary>
[Collection(nameof(RedisPeer))]
public sealed class RedisBucketsTests(RedisPeer redis) : BucketStoreContract
{
    private readonly LimitRequest _call = new("u", Guid.NewGuid().ToString("N"), "migrate");

    internal override IReadOnlyList<IBucketStore> Stores { get; } =
        [.. redis.Connections.Select(connection => new RedisBuckets(connection, TimeProvider.System))];

    internal override Task GiveBackAsync(IBucketStore store, BucketStep step, StepAnswer answer) => ((RedisBuckets)store).GiveBackAsync(step, answer);

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
        await using var server = await RedisServer.StartWithClockAsync();
        await using var connection = await RedisPeer.ConnectAsync(server.Address);
        var store = new RedisBuckets(connection, TimeProvider.System);
        var (rate, places) = (Some.Limit("rate", LimitScope.Project, count: 60, unit: "minute", burst: 2), Some.Places("places", LimitScope.Project, concurrent: 1, leaseSeconds: 5));
        var step = Some.Step("dead", _call, rate, places);
        Assert.False((await store.TakeAsync(step)).Refused);
        Assert.False((await store.TakeAsync(Some.Step("l", _call, rate))).Refused);

        server.StepClock(TimeSpan.FromHours(-1));

        // Refused, and by that set right: the bucket is empty, the place has been taken now.
        var refused = await store.TakeAsync(Some.Step("next", _call, rate, places));
        Assert.Equal([1_000_000, BucketAnswer.PlaceRetry], refused.Answers.Select(answer => answer.Retry));
        Assert.InRange(await TimeToLiveAsync(server, step.Asks[0]), 1, 2_002);
        Assert.InRange(await TimeToLiveAsync(server, step.Asks[1]), 1, 5_002);
        server.StepClock(TimeSpan.FromHours(-1) + TimeSpan.FromSeconds(5));
        Assert.False((await store.TakeAsync(Some.Step("next", _call, rate, places))).Refused);
    }

    [Fact]
    public async Task Begins_anew_when_its_clock_is_stepped_forward_but_for_the_places_of_calls_at_work()
    {
        await using var server = await RedisServer.StartWithClockAsync();
        await using var connection = await RedisPeer.ConnectAsync(server.Address);
        var store = new RedisBuckets(connection, TimeProvider.System);
        var (rate, places) = (Some.Limit("rate", LimitScope.Project, count: 1, unit: "hour"), Some.Places("places", LimitScope.Project, concurrent: 1));
        var atWork = Some.Step("at work", _call, places);
        Assert.False((await store.TakeAsync(atWork)).Refused);
        Assert.False((await store.TakeAsync(Some.Step("l", _call, rate))).Refused);

        server.StepClock(TimeSpan.FromHours(2));
        await store.RenewAsync([atWork]);

        Assert.Equal([true, false], (await store.PeekAsync(Some.Step("l", _call, rate, places))).Answers.Select(answer => answer.Passed));
    }

    [Fact]
    public async Task Counts_no_gateway_that_is_gone_for_longer_when_its_clock_is_stepped_back()
    {
        await using var server = await RedisServer.StartWithClockAsync();
        await using var connection = await RedisPeer.ConnectAsync(server.Address);
        Assert.Equal(1, await BeatAsync("gone"));
        server.StepClock(TimeSpan.FromHours(-1));
        Assert.Equal(2, await BeatAsync("there"));

        server.StepClock(TimeSpan.FromHours(-1) + TimeSpan.FromSeconds(6));

        Assert.Equal(1, await BeatAsync("there"));

        async Task<long> BeatAsync(string gateway) => (await connection.RunAsync([RedisKeys.Census], ["census", "", gateway, 0, 5_000_000, 0, 0, 0]))[0];
    }

    [Fact]
    public async Task Tells_of_ten_thousand_leases_in_a_hundred_runs_of_the_script()
    {
        await using var server = await RedisServer.StartAsync();
        await using var connection = await RedisPeer.ConnectAsync(server.Address);
        var places = Some.Places(scope: LimitScope.Project, concurrent: 20_000);
        var step = Some.Step("l", _call, places);

        var store = new RedisBuckets(connection, TimeProvider.System);
        await store.PeekAsync(step);
        await server.CommandAsync("config", "resetstat");

        var stored = await store.RenewAsync([.. Enumerable.Range(0, 10_000).Select(i => Some.Step($"l{i}", _call, places))]);

        Assert.Equal((10_000, true), (stored.Length, stored.All(one => one)));
        Assert.Equal("10000", await server.CommandAsync("zcard", RedisKeys.Of(step.Asks[0], RedisKeys.TagOf(step.Asks[0]))));
        Assert.Matches("cmdstat_evalsha:calls=100,", await server.CommandAsync("info", "commandstats"));
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

    private Task<long> TimeToLiveAsync(BucketAsk ask) => TimeToLiveAsync(redis.Server, ask);

    private static async Task<long> TimeToLiveAsync(RedisServer server, BucketAsk ask) =>
        long.Parse(await server.CommandAsync("pttl", RedisKeys.Of(ask, RedisKeys.TagOf(ask))), CultureInfo.InvariantCulture);
}
