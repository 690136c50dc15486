using System.Globalization;
using Gateway.Limits;
using Gateway.Peers;

namespace Gateway.Benchmarks;

/// <summary>What a million buckets weigh: in a real redis-server, and in this process.</summary>
internal static class RedisMemory
{
    private const int Buckets = 1_000_000;
    private const int AtOnce = 500;

    public static async Task PrintAsync()
    {
        await using var server = await RedisServer.StartAsync();
        await using var connection = new RedisConnection($"{server.Address},asyncTimeout=30000");
        await connection.ConnectAsync();
        var store = new RedisBuckets(connection, TimeProvider.System);
        var limit = ManyLimits.UsedUp;
        var entry = new LimitEntry(limit, limit.Numbers);
        var before = await UsedAsync(server);
        for (var i = 0; i < Buckets; i += AtOnce)
            await Task.WhenAll(Enumerable.Range(i, AtOnce).Select(async n => await store.TakeAsync(Step(entry, n))));
        var after = await UsedAsync(server);
        var ask = Step(entry, 1).Asks[0];
        var one = await server.CommandAsync("memory", "usage", RedisKeys.Of(ask, RedisKeys.TagOf(ask)));
        Console.WriteLine($"redis: {Buckets} buckets in {(after - before) / 1_000_000} MB, {(after - before) / Buckets} bytes each; MEMORY USAGE of one: {one} bytes");

        var held = GC.GetTotalMemory(forceFullCollection: true);
        var memory = new MemoryBuckets(TimeProvider.System, Buckets);
        for (var i = 0; i < Buckets; i++) memory.Decide(Step(entry, i), take: true);
        var holding = GC.GetTotalMemory(forceFullCollection: true);
        Console.WriteLine($"memory: {memory.BucketCount} buckets in {(holding - held) / 1_000_000} MB, {(holding - held) / Buckets} bytes each, ids included");
        GC.KeepAlive(memory);
    }

    private static BucketStep Step(LimitEntry entry, int project)
    {
        var request = new LimitRequest("u", project.ToString("x32", CultureInfo.InvariantCulture), "createBackup");
        return new BucketStep([new BucketAsk(entry, BucketKey.Of(entry, request)!.Value, 1, WithoutRedis.Local)], "");
    }

    private static async Task<long> UsedAsync(RedisServer server)
    {
        var line = (await server.CommandAsync("info", "memory")).Split('\n').First(line => line.StartsWith("used_memory:", StringComparison.Ordinal));
        return long.Parse(line.Split(':')[1].Trim(), CultureInfo.InvariantCulture);
    }
}
