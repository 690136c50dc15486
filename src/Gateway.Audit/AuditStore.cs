using Microsoft.Data.Sqlite;

namespace Gateway.Audit;

/// <summary>The SQLite file behind a log: one connection that writes. Used by one thread.</summary>
internal sealed class AuditStore : IAuditStore
{
    public const int ApplicationId = 0x43474155; // "CGAU"
    public const int Format = 2;

    private readonly SqliteConnection _connection;
    private readonly string _path;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _rollback;
    private readonly SqliteStatement _insert;
    private readonly SqliteStatement _moveHead;
    private readonly FileIdentity[] _identity;
    private readonly LogRow _log;

    private AuditStore(SqliteConnection connection, string path, LogRow log)
    {
        _connection = connection;
        _path = path;
        _log = log;
        Tree = log.Tree;
        _begin = new SqliteStatement(connection, "BEGIN IMMEDIATE");
        _commit = new SqliteStatement(connection, "COMMIT");
        _rollback = new SqliteStatement(connection, "ROLLBACK");
        _insert = new SqliteStatement(
            connection,
            """
            INSERT INTO record (sequence, previous, hash, body, id, kind, event_time, action, outcome,
                                initiator_id, initiator_name, project_id, target_id, request_id, intent_id)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
            """);
        _moveHead = new SqliteStatement(
            connection,
            "UPDATE log SET head_sequence = ?1, head_hash = ?2, head_peaks = ?3, open_floor = ?4 WHERE id = 1 AND head_sequence = ?5 AND head_hash = ?6 AND sealed = 0");
        _identity = Identify();
    }

    /// <inheritdoc/>
    public ChainHead Head => _log.Head;

    /// <inheritdoc/>
    public MerkleFrontier Tree { get; }

    /// <summary>The last record of the segment before.</summary>
    public ChainHead Base => _log.Base;

    /// <summary>Which file this is.</summary>
    public FileIdentity File => _identity[0];

    /// <summary>Opens the active segment, creating it if need be, and checks that its head holds.</summary>
    public static AuditStore OpenOrCreate(AuditLogOptions options, Chain chain, TimeProvider time)
    {
        var path = Path.GetFullPath(options.Path);
        if (!System.IO.File.Exists(path)) AuditStoreFile.CreateFile(path);
        return Open(options, path, chain, time, create: true);
    }

    /// <summary>Opens the store again after a failure, if it is the same file still.</summary>
    public static AuditStore Reopen(AuditLogOptions options, Chain chain, TimeProvider time, FileIdentity file)
    {
        // INVARIANT: another file is not even opened. SQLite would apply to it the write-ahead log that ours left behind, and then delete that log.
        var path = Path.GetFullPath(options.Path);
        ThrowIfOther(path, file, FileIdentity.Of(path));
        return Open(options, path, chain, time, create: false);
    }

    private static AuditStore Open(AuditLogOptions options, string path, Chain chain, TimeProvider time, bool create)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
        }.ToString());
        try
        {
            connection.Open();
            AuditStoreFile.Configure(connection, options);
            if (AuditStoreFile.IsEmpty(connection))
            {
                if (!create) throw new AuditStoreException($"{path}: the audit store was emptied while in use; restore it");
                AuditStoreFile.CreateSchema(connection, options, AuditStoreFile.LastSealed(path, chain), time);
            }

            var log = AuditStoreFile.CheckHead(connection, path, chain);
            return new AuditStore(connection, path, log);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>How many bytes the segment has.</summary>
    public long Bytes => AuditStoreFile.Pragma(_connection, "page_count") * AuditStoreFile.Pragma(_connection, "page_size");

    /// <summary>
    /// Closes the segment for good: marks it sealed, empties its write-ahead log, and gives it the name of a sealed segment. The next
    /// <see cref="OpenOrCreate"/> begins the next one. A crash at any moment leaves a store that opens: the mark alone is undone by nothing but opening.
    /// </summary>
    /// <returns>False when somebody reads the file, so that its write-ahead log cannot go; it is tried again later.</returns>
    public bool Seal()
    {
        AuditStoreFile.Run(_connection, "PRAGMA busy_timeout = 0");
        try
        {
            AuditStoreFile.Run(_connection, "UPDATE log SET sealed = 1, holder = NULL WHERE id = 1");
            AuditStoreFile.Run(_connection, "PRAGMA wal_checkpoint(TRUNCATE)");
            using (var mode = new SqliteStatement(_connection, "PRAGMA journal_mode = DELETE"))
                if (!mode.Step() || mode.Text(0) != "delete") return false;
        }
        catch (SqliteException e) when (e.SqliteErrorCode is SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED)
        {
            return false;
        }
        finally
        {
            AuditStoreFile.Run(_connection, "PRAGMA busy_timeout = 1000");
        }

        Dispose();
        System.IO.File.Move(_path, AuditSegments.PathOf(_path, Base.Sequence + 1));
        return true;
    }

    /// <summary>Undoes the mark of a seal that was not finished.</summary>
    public void Unseal() => AuditStoreFile.Run(_connection, "UPDATE log SET sealed = 0 WHERE id = 1");

    /// <summary>Who holds the store, as its last writer wrote it down; null when that cannot be read.</summary>
    public static string? Holder(string path)
    {
        try
        {
            using var connection = AuditFile.Open(path);
            using var holder = new SqliteStatement(connection, "SELECT holder FROM log WHERE id = 1");
            return holder.Step() ? holder.Text(0) : null;
        }
        catch (Exception e) when (e is SqliteException or AuditStoreException)
        {
            return null;
        }
    }

    public void SetHolder(string? holder)
    {
        using var update = new SqliteStatement(_connection, "UPDATE log SET holder = ?1 WHERE id = 1");
        update.Bind(1, holder);
        update.Execute();
    }

    /// <inheritdoc/>
    public IReadOnlyList<(long Sequence, AuditEvent Event)> FindOpenIntents()
    {
        var open = new Dictionary<string, long>(StringComparer.Ordinal);
        var bodies = new Dictionary<long, byte[]>();
        foreach (var segment in AuditSegments.Before(_path, _log.Base.Sequence).Where(segment => segment.Last >= _log.OpenFloor))
        {
            using var connection = AuditFile.Open(segment.Path);
            Scan(connection);
        }

        Scan(_connection);
        return [.. open.Values.Order().Select(sequence => (sequence, AuditJson.Parse(bodies[sequence])))];

        void Scan(SqliteConnection connection)
        {
            using var scan = new SqliteStatement(connection, "SELECT sequence, body FROM record WHERE sequence >= ?1 ORDER BY sequence");
            scan.Bind(1, _log.OpenFloor);
            while (scan.Step())
            {
                var columns = RecordColumns.Read(scan.Blob(1));
                if (columns.Kind == "intent")
                {
                    open.Add(columns.Id!, scan.Int64(0));
                    bodies.Add(scan.Int64(0), scan.Blob(1).ToArray());
                }
                else if (columns.IntentId is { } intent && open.Remove(intent, out var closed))
                {
                    bodies.Remove(closed);
                }
            }
        }
    }

    public HashSet<string> RecentIds(int count)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        using var read = new SqliteStatement(_connection, "SELECT id FROM record ORDER BY sequence DESC LIMIT ?1");
        read.Bind(1, count);
        while (read.Step()) ids.Add(read.Text(0) ?? "");
        return ids;
    }

    /// <exception cref="AuditStoreException">A file of the store was deleted, moved or replaced.</exception>
    public void ThrowIfMoved()
    {
        var now = Identify();
        for (var i = 0; i < now.Length; i++) ThrowIfOther(_path + Suffixes[i], _identity[i], now[i]);
    }

    public void Begin() => _begin.Execute();

    public void Commit() => _commit.Execute();

    public void Rollback()
    {
        // After some errors SQLite has already rolled back by itself.
        if (SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle) == 0) _rollback.Execute();
    }

    public void Insert(long sequence, ReadOnlySpan<byte> previous, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> body, in RecordColumns columns)
    {
        _insert.Bind(1, sequence);
        _insert.Bind(2, previous);
        _insert.Bind(3, hash);
        _insert.Bind(5, columns.Id);
        _insert.Bind(6, columns.Kind);
        _insert.Bind(7, columns.EventTime);
        _insert.Bind(8, columns.Action);
        _insert.Bind(9, columns.Outcome);
        _insert.Bind(10, columns.InitiatorId);
        _insert.Bind(11, columns.InitiatorName);
        _insert.Bind(12, columns.ProjectId);
        _insert.Bind(13, columns.TargetId);
        _insert.Bind(14, columns.RequestId);
        _insert.Bind(15, columns.IntentId);
        _insert.Execute(4, body);
    }

    /// <inheritdoc/>
    public void MoveHead(ChainHead from, ChainHead to, MerkleFrontier tree, long openFloor)
    {
        _moveHead.Bind(1, to.Sequence);
        _moveHead.Bind(2, to.Hash);
        _moveHead.Bind(3, tree.ToBytes());
        _moveHead.Bind(4, openFloor);
        _moveHead.Bind(5, from.Sequence);
        _moveHead.Bind(6, from.Hash);
        _moveHead.Execute();
        if (_moveHead.Changes != 1) throw new AuditStoreException($"{_path}: the head is no longer {from}; something else wrote to the store");
    }

    public void Dispose()
    {
        _begin.Dispose();
        _commit.Dispose();
        _rollback.Dispose();
        _insert.Dispose();
        _moveHead.Dispose();
        _connection.Dispose();
    }

    private static readonly string[] Suffixes = ["", "-wal", "-shm"];

    private FileIdentity[] Identify() => [FileIdentity.Of(_path), FileIdentity.Of(_path + "-wal"), FileIdentity.Of(_path + "-shm")];

    private static void ThrowIfOther(string path, FileIdentity expected, FileIdentity actual)
    {
        if (actual != expected)
            throw new AuditStoreException($"{path}: the file was {(actual.Exists ? "replaced" : "deleted or moved")} while in use; put it back");
    }
}
