using Gateway.Audit;

namespace Gateway.Auditing;

/// <summary>Looks after the record in the background: keeps the search index up with it, drops what is too old.</summary>
internal sealed partial class RecordKeeper(AuditRecord record, AuditLibrary library, SinkKeeper sinks, TimeSpan? retention, TimeProvider time, ILogger<RecordKeeper> logger) : BackgroundService
{
    /// <summary>No more records than these in a second are a quiet time, of which the index may have its part.</summary>
    private const int QuietRecords = 200;

    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetentionPace = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The host waits for the first await.
        await Task.Yield();
        using var timer = new PeriodicTimer(Pace, time);
        var dropped = DateTimeOffset.MinValue;
        var written = record.Log.Status.Sequence;
        do
        {
            // Calls go first: whoever searches while they are many waits until what is missing was taken in.
            var before = written;
            written = record.Log.Status.Sequence;
            if (written - before <= QuietRecords) await CatchUpAsync(stoppingToken);
            if (retention is not { } age || time.GetUtcNow() - dropped < RetentionPace) continue;
            dropped = time.GetUtcNow();
            await DropAsync(age, stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>For a while only: calls may have become many meanwhile.</summary>
    private async Task CatchUpAsync(CancellationToken stopping)
    {
        using var slice = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        slice.CancelAfter(Pace);
        try
        {
            await library.CatchUpAsync(slice.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
        }
    }

    private async Task DropAsync(TimeSpan age, CancellationToken ct)
    {
        try
        {
            var (dropped, heldBack) = await SegmentRetention.DropAsync(record.Log, record.Checkpointer, record.Places.Store, age, sinks.DeliveredToAll, time);
            foreach (var file in dropped) Log.Dropped(logger, file);

            // The index forgets them, too.
            if (dropped.Count > 0) await library.CatchUpAsync(ct);
            if (heldBack is not null) Log.HeldBack(logger, heldBack, string.Join(", ", sinks.Statuses.Where(sink => sink.Lag > 0).Select(sink => $"{sink.Name} (at {sink.Delivered})")));
        }
        catch (Exception e) when (e is AuditUnavailableException or AuditStoreException or IOException or UnauthorizedAccessException)
        {
            Log.NotDropped(logger, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{File} was dropped: its records are older than is kept")]
        public static partial void Dropped(ILogger logger, string file);

        [LoggerMessage(3, LogLevel.Warning, "{File} is older than is kept, and stays until these sinks have it: {Sinks}")]
        public static partial void HeldBack(ILogger logger, string file, string sinks);

        [LoggerMessage(2, LogLevel.Error, "Old records could not be dropped: {Problem}")]
        public static partial void NotDropped(ILogger logger, string problem);
    }
}
