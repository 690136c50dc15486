namespace Gateway.Limits;

/// <summary>How often callers may call, and where is counted. Bound from <c>Limits</c> in gateway.json.</summary>
internal sealed class LimitsOptions
{
    /// <summary>Where operators keep their limits when nothing else is said.</summary>
    public const string CustomaryFile = "config/limits.yaml";

    /// <summary>The limits. Not set: <c>config/limits.yaml</c> below the working directory when it is there, otherwise the defaults.</summary>
    public string? File { get; set; }

    public RedisOptions Redis { get; set; } = new();
}

/// <summary>The Redis, or Redis Cluster, in which several gateways count together.</summary>
internal sealed class RedisOptions
{
    /// <summary>
    /// Its addresses and settings, as StackExchange.Redis writes them: <c>redis-1:6379,redis-2:6379,user=gateway,password=…,ssl=true</c>. Not set:
    /// each gateway counts for itself, in memory.
    /// </summary>
    public string? Connection { get; set; }

    /// <summary>The longest a call waits for its answer, in milliseconds; after that it is decided without.</summary>
    public int WaitMilliseconds { get; set; } = 10;

    /// <summary>
    /// The least number of gateways among which limits are shared while Redis is gone. Gateways count each other through Redis; this matters to one
    /// that starts without it.
    /// </summary>
    public int Gateways { get; set; } = 1;
}
