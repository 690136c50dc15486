using Gateway.Limits;
using Xunit;

namespace Gateway.Tests.Limits;

/// <summary>The contract on a Redis Cluster of three nodes, where the keys of one call may lie on any of them.</summary>
[Collection(nameof(RedisClusterPeer))]
public sealed class RedisClusterBucketsTests(RedisClusterPeer redis) : BucketStoreContract
{
    internal override IReadOnlyList<IBucketStore> Stores { get; } =
        [.. redis.Connections.Select(connection => new RedisBuckets(connection, TimeProvider.System))];

    internal override Task GiveBackAsync(IBucketStore store, BucketStep step, StepAnswer answer) => ((RedisBuckets)store).GiveBackAsync(step, answer);

    [Fact]
    public void Knows_a_cluster_when_it_is_connected_to_one() => Assert.All(redis.Connections, connection => Assert.True(connection.IsCluster));

    [Fact]
    public async Task Spreads_keys_over_all_nodes()
    {
        var limit = Some.Limit(scope: LimitScope.Project, count: 1, unit: "day");
        for (var i = 0; i < 100; i++) await Stores[0].TakeAsync(Some.Step("l", new LimitRequest("u", Guid.NewGuid().ToString("N"), "migrate"), limit));

        foreach (var node in redis.Cluster.Nodes) Assert.NotEqual("0", await node.CommandAsync("dbsize"));
    }
}
