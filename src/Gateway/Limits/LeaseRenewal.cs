namespace Gateway.Limits;

/// <summary>Renews the leases of calls at work, every second those that are due.</summary>
internal sealed class LeaseRenewal(OpenLeases leases, TimeProvider time) : BackgroundService
{
    // A lease is at least a second long, and is renewed after a third of it.
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pace, time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) await leases.RenewAsync();
    }
}
