namespace Gateway.Peers;

/// <summary>Three redis-servers that share the slots of a Redis Cluster.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private const int Tries = 300;

    private RedisCluster(IReadOnlyList<RedisServer> nodes) => Nodes = nodes;

    public IReadOnlyList<RedisServer> Nodes { get; }

    public string Address => string.Join(',', Nodes.Select(node => node.Address));

    /// <param name="arguments">More settings of each.</param>
    public static async Task<RedisCluster> StartAsync(params string[] arguments)
    {
        var nodes = new List<RedisServer>();
        for (var i = 0; i < 3; i++)
            nodes.Add(await RedisServer.StartAsync(["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "2000", .. arguments]));
        var cluster = new RedisCluster(nodes);
        await RedisServer.RunAsync("/usr/bin/redis-cli", ["--cluster", "create", .. nodes.Select(node => node.Address), "--cluster-yes"]);
        // Every node must have heard of all slots.
        for (var i = 0; (await Task.WhenAll(nodes.Select(node => node.CommandAsync("cluster", "info")))).Any(info => !info.Contains("cluster_state:ok", StringComparison.Ordinal)); i++)
        {
            if (i == Tries) throw new InvalidOperationException("the cluster did not form");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        return cluster;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes) await node.DisposeAsync();
    }
}
