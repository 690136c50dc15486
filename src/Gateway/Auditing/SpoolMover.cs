namespace Gateway.Auditing;

/// <summary>Moves what waits in the spool into the log as soon as the log takes records again.</summary>
internal sealed class SpoolMover(AuditRecord record, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pace, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            if (record.Spool.Count > 0 && record.Log.Status.Available) await record.Spool.DrainAsync(record.Log);
    }
}
