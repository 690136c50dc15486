namespace Gateway.Limits;

/// <summary>
/// Tells Redis every second that this gateway is there, and learns how many are. While the breaker is open this is the probe that closes it:
/// soon after, then ever later, at most a second apart.
/// </summary>
internal sealed class RedisWatch(RedisConnection redis, Breaker breaker, Census census, RedisOptions options, TimeProvider time) : BackgroundService
{
    private const long GoneAfter = 5_000_000;
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
        // Longer than a call waits: a busy moment of this machine is not a Redis that is gone.
        var wait = TimeSpan.FromMilliseconds(Math.Max(options.WaitMilliseconds, breaker.IsOpen ? 50 : 250));
        try
        {
            redis.Learn();
            if (breaker.FailedTag is { } tag) await CountAsync(RedisKeys.Probe(tag)).WaitAsync(wait, time);
            census.Gateways = (int)await CountAsync(RedisKeys.Census).WaitAsync(wait, time);
            breaker.Close();
        }
        catch (Exception e) when (e is BucketsUnreachableException or TimeoutException)
        {
            breaker.Open(e is TimeoutException ? $"no answer within {wait.TotalMilliseconds:0} ms" : e.Message, breaker.FailedTag);
        }
    }

    private async Task<long> CountAsync(string key) => (await redis.RunAsync([key], ["census", _id, "places", 0, 0, GoneAfter, 0, 0]))[0];
}
