namespace Gateway.Limits;

/// <summary>
/// Tells Redis every second that this gateway is there, and learns how many are. While the breaker is open this is the probe that closes it:
/// soon after, then ever later, at most a second apart. Before calls go to Redis again it is told of the leases of calls at work and of those that are held.
/// </summary>
internal sealed class RedisWatch(RedisConnection redis, Breaker breaker, Census census, OpenLeases leases, RedisOptions options, TimeProvider time) : BackgroundService
{
    private static readonly long GoneAfter = Census.GoneAfter.Ticks / TimeSpan.TicksPerMicrosecond;
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstProbe = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    // Two processes of one name are two gateways.
    private readonly string _id = Guid.NewGuid().ToString("N");

    /// <summary>The program does not wait long for Redis: without it, limits do what they say for that.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await redis.ConnectAsync();
        }
        catch (BucketsUnreachableException e)
        {
            breaker.Open(e.Message, tag: null);
        }

        await BeatAsync();
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (pause, waited) = (FirstProbe, TimeSpan.Zero);
        using var timer = new PeriodicTimer(Look, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            waited += Look;
            if (waited < (breaker.IsOpen ? pause : Pace)) continue;
            waited = TimeSpan.Zero;
            await BeatAsync();
            pause = !breaker.IsOpen ? FirstProbe : pause * 2 < Pace ? pause * 2 : Pace;
        }
    }

    private async Task BeatAsync()
    {
        redis.Learn();
        if (breaker.IsOpen) redis.LookForMaster();
        var probed = await Task.WhenAll(breaker.Gone.Select(IsBackAsync));
        var failed = await CountGatewaysAsync();
        var back = probed.OfType<string>().Where(node => node != failed).ToArray();
        if (back.Length == 0) return;
        foreach (var node in back) breaker.BeginReturn(node);
        await leases.RestoreAsync();
        foreach (var node in back) breaker.Close(node);
    }

    /// <summary>The node, when it takes writes wherever it failed.</summary>
    private async Task<string?> IsBackAsync(GoneNode gone)
    {
        foreach (var tag in gone.Tags.DefaultIfEmpty(RedisKeys.CensusTag))
        {
            if ((await CountAsync(RedisKeys.Probe(tag))).Problem is not null) return null;
        }

        return gone.Node;
    }

    /// <summary>The node that could not be asked; null when it was.</summary>
    private async Task<string?> CountGatewaysAsync()
    {
        var (gateways, problem) = await CountAsync(RedisKeys.Census);
        if (problem is null)
        {
            census.Heard((int)gateways);
            return null;
        }

        census.Missed();
        var node = redis.NodeOf(RedisKeys.CensusTag);
        breaker.Open(problem, RedisKeys.CensusTag, node);
        return node;
    }

    // Longer than a call waits: a busy moment of this machine is not a Redis that is gone.
    private async Task<(long Count, string? Problem)> CountAsync(string key)
    {
        var wait = TimeSpan.FromMilliseconds(Math.Max(options.WaitMilliseconds, breaker.IsOpen ? 50 : 250));
        try
        {
            var answer = await redis.RunAsync([key], ["census", "", _id, 0, GoneAfter, 0, 0, 0]).WaitAsync(wait, time);
            return (answer[0], null);
        }
        catch (BucketsUnreachableException e)
        {
            return (0, e.Message);
        }
        catch (TimeoutException)
        {
            return (0, $"no answer within {wait.TotalMilliseconds:0} ms");
        }
    }
}
