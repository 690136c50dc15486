using Gateway.Audit;

namespace Gateway.Auditing;

/// <summary>Moves what waits in the spool into the log as soon as the log takes records again.</summary>
internal sealed partial class SpoolMover(AuditRecord record, TimeProvider time, ILogger<SpoolMover> logger) : BackgroundService
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pace, time);
        string? said = null;
        string? damage = null;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (record.Spool.Fault is { } fault && fault != damage) Log.Damaged(logger, damage = fault);
            if (record.Spool.Count == 0 || !record.Log.Status.Available) continue;
            try
            {
                await record.Spool.DrainAsync(record.Log);
                said = null;
            }
            catch (Exception e) when (e is AuditUnavailableException or AuditStoreException or IOException or UnauthorizedAccessException)
            {
                // What waits goes on waiting, and is tried again; said once for each reason.
                if (said != e.Message) Log.NotMoved(logger, record.Spool.Count, e.Message);
                said = e.Message;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Count} records in the spool could not be moved into the log: {Problem}")]
        public static partial void NotMoved(ILogger logger, int count, string problem);

        [LoggerMessage(2, LogLevel.Error, "The spool of the audit record: {Problem}")]
        public static partial void Damaged(ILogger logger, string problem);
    }
}
