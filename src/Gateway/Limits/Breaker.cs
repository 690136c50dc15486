namespace Gateway.Limits;

/// <summary>
/// Whether Redis is asked at all. It opens with the first answer that does not come, and closes when the watch has seen Redis take a write: no call
/// of a user is spent on finding out.
/// </summary>
internal sealed partial class Breaker(string redis, ILogger<Breaker> logger)
{
    private volatile string? _problem;

    public bool IsOpen => _problem is not null;

    /// <summary>Why it is open.</summary>
    public string? Problem => _problem;

    /// <summary>The hash tag where it failed: in a cluster, other nodes may be well.</summary>
    public string? FailedTag { get; private set; }

    public void Open(string problem, string? tag)
    {
        if (Interlocked.CompareExchange(ref _problem, problem, null) is not null) return;
        FailedTag = tag;
        Log.Gone(logger, redis, problem);
    }

    public void Close()
    {
        if (Interlocked.Exchange(ref _problem, null) is null) return;
        FailedTag = null;
        Log.Back(logger, redis);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Redis {Redis} cannot be asked: {Problem}; limits are decided as each says for that (without_redis) until it is back")]
        public static partial void Gone(ILogger logger, string redis, string problem);

        [LoggerMessage(2, LogLevel.Warning, "Redis {Redis} is back; limits are counted there")]
        public static partial void Back(ILogger logger, string redis);
    }
}
