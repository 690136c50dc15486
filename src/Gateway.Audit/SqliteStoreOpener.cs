using Microsoft.Data.Sqlite;

namespace Gateway.Audit;

/// <summary>Opens a log's SQLite files. Holds the lock that keeps other writers away.</summary>
internal sealed class SqliteStoreOpener(AuditLogOptions options, TimeProvider time) : IAuditStoreOpener
{
    private readonly Chain _chain = new(options.StreamId);
    private readonly FileStream _lock = StoreLock.Take(Path.GetFullPath(options.Path), AuditStore.Holder);
    private FileIdentity _file;
    private long _records;

    public IAuditStore Open() => Opened(AuditStore.OpenOrCreate(options, _chain, time));

    public IAuditStore Reopen() => !_file.Exists
        ? Open() // The segment was sealed, and the next could not be begun.
        : Opened(AuditStore.Reopen(options, _chain, time, _file));

    public IAuditStore? Continue(IAuditStore store)
    {
        // Looked at now and then: the size is two reads of the file's header.
        if (options.SegmentBytes is not { } bytes || ++_records % 16 != 0 || store is not AuditStore active || active.Bytes < bytes) return null;
        if (!active.Seal())
        {
            active.Unseal();
            return null;
        }

        _file = default;
        return Open();
    }

    public StoreReading OpenReading() => StoreReading.Open(options.Path);

    public bool IsFault(Exception e) => e is SqliteException or AuditStoreException or IOException or UnauthorizedAccessException;

    public AuditStoreException Explain(Exception e) => e switch
    {
        AuditStoreException known => known,
        SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_FULL } => new($"{options.Path}: the disk or the store is full; free some space", e),
        SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_BUSY } => new($"{options.Path}: another program holds a lock on the store; stop it", e),
        SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_READONLY } => new($"{options.Path}: the store is read-only; let the gateway write it", e),
        SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_NOTADB or SQLitePCL.raw.SQLITE_CORRUPT } =>
            new($"{options.Path}: not an audit store, or damaged; verify it, and restore it or begin a new one", e),
        FormatException or System.Text.Json.JsonException => new($"{options.Path}: a record cannot be read ({e.Message}); verify the store", e),
        _ => new($"{options.Path}: {e.Message}", e),
    };

    public void Dispose() => _lock.Dispose();

    private AuditStore Opened(AuditStore store)
    {
        _file = store.File;
        return store;
    }
}
