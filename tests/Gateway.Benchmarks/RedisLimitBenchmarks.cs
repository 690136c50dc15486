using BenchmarkDotNet.Attributes;
using Gateway.Limits;
using Gateway.Peers;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Gateway.Benchmarks;

/// <summary>
/// Limits in a real redis-server on this machine, beside StackExchange.Redis's bare round trip and beside the usual algorithm, a sorted set of the times of
/// the calls in a sliding window, a script for each limit.
/// </summary>
#pragma warning disable CA1001 // The clean-up disposes of them.
public class RedisLimitBenchmarks
#pragma warning restore CA1001
{
    private const string SlidingWindow = """
        local clock = redis.call('TIME')
        local now = clock[1] * 1000000 + clock[2]
        redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now - ARGV[1])
        if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
        redis.call('ZADD', KEYS[1], now, ARGV[3])
        redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[1] / 1000))
        return 1
        """;

    private static readonly RedisKey[] Windows = ["w:{p}:1", "w:{p}:2", "w:{p}:3", "w:{p}:4"];
    private readonly LimitRequest _call = ManyLimits.Call;
    private RedisServer _server = null!;
    private RedisConnection _connection = null!;
    private ConnectionMultiplexer _bare = null!;
    private IDatabase _database = null!;
    private byte[] _window = [];
    private Limiter _one = null!;
    private Limiter _four = null!;
    private Limiter _usedUp = null!;
    private long _member;

    [GlobalSetup]
    public async Task StartAsync()
    {
        _server = await RedisServer.StartAsync();
        _connection = new RedisConnection(_server.Address);
        await _connection.ConnectAsync();
        _bare = await ConnectionMultiplexer.ConnectAsync(_server.Address);
        _database = _bare.GetDatabase();
        _window = await _bare.GetServer(_server.Address).ScriptLoadAsync(SlidingWindow);
        (_one, _four, _usedUp) = (Of(ManyLimits.Wide(1)), Of(ManyLimits.Wide(4)), Of([.. ManyLimits.Wide(3), ManyLimits.UsedUp]));
        if (!await OneLimitAsync() || !await FourLimitsAsync() || !(await _usedUp.TakeAsync(_call)).Allowed || await RefusedAsync() || !await OneSortedSetAsync())
            throw new InvalidOperationException("the decisions to be timed are not the expected ones");
    }

    [GlobalCleanup]
    public async Task StopAsync()
    {
        await _connection.DisposeAsync();
        await _bare.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Benchmark(Baseline = true)]
    public async Task<RedisValue> BareRoundTripAsync() => await _database.StringGetAsync("nothing");

    [Benchmark]
    public async Task<bool> OneLimitAsync() => (await _one.TakeAsync(_call)).Allowed;

    [Benchmark]
    public async Task<bool> FourLimitsAsync() => (await _four.TakeAsync(_call)).Allowed;

    [Benchmark]
    public async Task<bool> RefusedAsync() => (await _usedUp.TakeAsync(_call)).Allowed;

    [Benchmark]
    public async Task<bool> OneSortedSetAsync() => await WindowAsync(Windows[0]);

    /// <summary>Four limits by one call each, sent together; one that refuses cannot undo what the others counted.</summary>
    [Benchmark]
    public async Task<bool> FourSortedSetsAsync() => !(await Task.WhenAll(Windows.Select(WindowAsync))).Contains(false);

    // A window of a tenth of a second with room for all: its set holds the calls of that time.
    private async Task<bool> WindowAsync(RedisKey key) =>
        (long)await _database.ScriptEvaluateAsync(_window, [key], [100_000, 1_000_000, Interlocked.Increment(ref _member)]) == 1;

    /// <summary>
    /// The same side by side: a call of each kind after the other, so that whatever else the machine does falls on all alike; and what each cost the server.
    /// </summary>
    public static async Task PrintAsync()
    {
        var run = new RedisLimitBenchmarks();
        await run.StartAsync();
        (string Name, Func<Task> Call)[] kinds =
        [
            ("bare round trip", run.BareRoundTripAsync), ("one limit", run.OneLimitAsync), ("four limits", run.FourLimitsAsync),
            ("refused before", run.RefusedAsync), ("one sorted set", run.OneSortedSetAsync), ("four sorted sets", run.FourSortedSetsAsync),
        ];
        var times = kinds.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round < 5_000; round++)
        {
            for (var kind = 0; kind < kinds.Length; kind++)
            {
                var begun = TimeProvider.System.GetTimestamp();
                await kinds[kind].Call();
                times[kind].Add(TimeProvider.System.GetElapsedTime(begun).TotalMicroseconds);
            }
        }

        for (var kind = 0; kind < kinds.Length; kind++)
        {
            await run._server.CommandAsync("config", "resetstat");
            for (var i = 0; i < 2_000; i++) await kinds[kind].Call();
            var server = (await run._server.CommandAsync("info", "commandstats")).Split('\n')
                .Where(line => line.StartsWith("cmdstat_evalsha:", StringComparison.Ordinal) || line.StartsWith("cmdstat_get:", StringComparison.Ordinal))
                .Select(line => line.Trim().Split(',')).Select(parts => $"{parts[0]} {parts[2]}");
            var sorted = times[kind].Order().ToArray();
            Console.WriteLine($"{kinds[kind].Name,-18} µs: least {sorted[0],7:0.0}  tenth {sorted[sorted.Length / 10],7:0.0}  median {sorted[sorted.Length / 2],7:0.0}   server: {string.Join("; ", server)}");
        }

        await run.StopAsync();
    }

    private Limiter Of(IReadOnlyList<Limit> limits)
    {
        var options = new RedisOptions { WaitMilliseconds = 1000 };
        var time = TimeProvider.System;
        var store = new SharedBuckets(
            new RedisBuckets(_connection, time), new MemoryBuckets(time), new RecentRefusals(time), new Breaker(_server.Address, NullLogger<Breaker>.Instance), new Census(options, time), options, time);
        return new Limiter(new LimitSet(limits, []), store, new OpenLeases(time));
    }
}
