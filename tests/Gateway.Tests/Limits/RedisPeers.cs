using Gateway.Limits;
using Gateway.Peers;
using Xunit;

namespace Gateway.Tests.Limits;

/// <summary>A real redis-server with the connections of two gateways.</summary>
public sealed class RedisPeer : IAsyncLifetime
{
    private readonly List<RedisConnection> _connections = [];

    internal RedisServer Server { get; private set; } = null!;

    internal IReadOnlyList<RedisConnection> Connections => _connections;

    public async ValueTask InitializeAsync()
    {
        Server = await RedisServer.StartAsync();
        for (var i = 0; i < 2; i++) _connections.Add(await ConnectAsync(Server.Address));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections) await connection.DisposeAsync();
        await Server.DisposeAsync();
    }

    internal static async Task<RedisConnection> ConnectAsync(string address)
    {
        // The tests' own patience: what is late on a busy machine is not what they are about.
        var connection = new RedisConnection($"{address},asyncTimeout=30000");
        await connection.ConnectAsync();
        return connection;
    }
}

/// <summary>A real Redis Cluster of three, with the connections of two gateways.</summary>
public sealed class RedisClusterPeer : IAsyncLifetime
{
    private readonly List<RedisConnection> _connections = [];

    internal RedisCluster Cluster { get; private set; } = null!;

    internal IReadOnlyList<RedisConnection> Connections => _connections;

    public async ValueTask InitializeAsync()
    {
        Cluster = await RedisCluster.StartAsync();
        for (var i = 0; i < 2; i++) _connections.Add(await RedisPeer.ConnectAsync(Cluster.Address));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections) await connection.DisposeAsync();
        await Cluster.DisposeAsync();
    }
}

[CollectionDefinition(nameof(RedisPeer))]
public sealed class RedisPeerUsers : ICollectionFixture<RedisPeer>;

[CollectionDefinition(nameof(RedisClusterPeer))]
public sealed class RedisClusterPeerUsers : ICollectionFixture<RedisClusterPeer>;
