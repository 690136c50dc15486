namespace Gateway.Identity;

/// <summary>Has every issuer's keys read again at its refresh interval, whether or not tokens come in.</summary>
internal sealed class KeyRefresh(IReadOnlyList<(IssuerKeys Keys, TimeSpan Interval)> issuers, TimeProvider time) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(issuers.Select(issuer => RefreshAsync(issuer.Keys, issuer.Interval, stoppingToken)));

    private async Task RefreshAsync(IssuerKeys keys, TimeSpan interval, CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping)) await keys.RefreshAsync();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The gateway ends.
        }
    }
}
