using Gateway.Audit;

namespace Gateway.Auditing;

/// <summary>The record of one gateway, open: the log, the spool that stands in for it, its checkpoints, and where it is searched.</summary>
internal sealed class AuditRecord(AuditLog log, AuditSpool spool, Checkpointer checkpointer, AuditPlaces places, RecordEnd end, CheckpointPlace? second = null) : IAsyncDisposable
{
    private int _disposed;

    public AuditLog Log { get; } = log;

    public AuditSpool Spool { get; } = spool;

    public Checkpointer Checkpointer { get; } = checkpointer;

    public AuditPlaces Places { get; } = places;

    /// <summary>Opens the records for reading.</summary>
    /// <exception cref="AuditStoreException">They cannot be read.</exception>
    public IAuditRecords OpenRecords() => Source.OpenRecords();

    /// <summary>Where the records are read.</summary>
    public AuditSource Source { get; } = places.Postgres is { } database ? AuditSource.Of(database, log.Stream) : AuditSource.Of(places.Store);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;

        // The log last, because the last checkpoint is a record of it.
        await Task.WhenAll(end.OfAsync("the spool", Spool), EndCheckpointsAsync());
        await end.OfLogAsync(Log);
        if (!Log.HasEnded) end.Say($"{Places.Store}: the store did not answer while the record was closed; what waited for it was not stored, and the next start closes the intents that are open");
        second?.Dispose();
    }

    private async Task EndCheckpointsAsync()
    {
        if (await end.OfAsync("the last checkpoint", Checkpointer) && Checkpointer.Fault is { } fault) end.Say(fault);
    }
}

/// <summary>Where the files of a record are.</summary>
/// <param name="Store">The store's active file; with a database, what messages call it.</param>
/// <param name="Postgres">The database that holds the records instead; null for files.</param>
internal sealed record AuditPlaces(string Store, string Spool, string Checkpoints, string Keys, string Index, string? Postgres)
{
    /// <summary>Folder of the notes on where each sink stands.</summary>
    public required string Sinks { get; init; }

    public static AuditPlaces Of(AuditingOptions options, string dataDirectory) => new(
        options.Postgres is { } database ? PostgresLog.NameOf(database) : options.Store ?? DefaultStore.In(dataDirectory),
        options.Spool ?? Path.Combine(dataDirectory, "audit.spool"),
        options.Checkpoints ?? Path.Combine(dataDirectory, "audit.checkpoints"),
        options.Keys ?? Path.Combine(dataDirectory, "audit-keys"),
        options.Index ?? Path.Combine(dataDirectory, "audit.index"),
        options.Postgres)
    {
        Sinks = dataDirectory,
    };
}
