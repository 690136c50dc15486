namespace Gateway.Audit;

/// <summary>Opens a log's files of lines. Holds the lock that keeps other writers away.</summary>
internal sealed class LineStoreOpener(AuditLogOptions options, TimeProvider time) : IAuditStoreOpener
{
    private const int NoSpace = 28; // ENOSPC

    private readonly Chain _chain = new(options.StreamId);
    private readonly FileStream _lock = StoreLock.Take(Path.GetFullPath(options.Path), LineStore.Holder);
    private LineStore? _store;

    public IAuditStore Open() => _store = LineStore.OpenOrCreate(options, _chain, time);

    // Without a store, one was sealed and the next could not be begun.
    public IAuditStore Reopen() => _store is { } failed ? _store = LineStore.Reopen(options, _chain, failed.File, failed.Length, failed.Written) : Open();

    public IAuditStore? Continue(IAuditStore store)
    {
        if (options.SegmentBytes is not { } bytes || _store is not { } active || active.Length < bytes) return null;
        try
        {
            active.Seal(time);
        }
        finally
        {
            // Once it has its other name it is not gone back to, whatever came of the next.
            if (FileIdentity.Of(active.SealedPath) == active.File) _store = null;
        }

        return Open();
    }

    public StoreReading OpenReading() => StoreReading.Open(options.Path);

    public bool IsFault(Exception e) => e is AuditStoreException or IOException or UnauthorizedAccessException;

    public AuditStoreException Explain(Exception e) => e switch
    {
        AuditStoreException known => known,
        IOException { HResult: NoSpace } => new($"{options.Path}: the disk or the store is full; free some space", e),
        FormatException or System.Text.Json.JsonException => new($"{options.Path}: a record cannot be read ({e.Message}); verify the store", e),
        _ => new($"{options.Path}: {e.Message}", e),
    };

    public void Dispose() => _lock.Dispose();
}
