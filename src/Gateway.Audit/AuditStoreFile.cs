using System.Security.Cryptography;
using Microsoft.Data.Sqlite;

namespace Gateway.Audit;

/// <summary>How the SQLite file behind a log is made, set up for writing, and held to its own head.</summary>
internal static class AuditStoreFile
{
    /// <summary>What the segment before the active one ends with; null when there is none.</summary>
    public static LogRow? LastSealed(string path, Chain chain)
    {
        if (AuditSegments.Newest(path) is not { } last) return null;
        var log = AuditFile.ReadLog(last);
        if (log.Stream != chain.Stream) throw new AuditStoreException($"{last}: belongs to stream `{log.Stream}`, not to `{chain.Stream}`; give each gateway a store of its own");
        return log.IsSealed ? log : throw new AuditStoreException($"{last}: a segment that was not sealed; rename it to {Path.GetFileName(path)}");
    }

    public static void CreateFile(string path)
    {
        DiskSync.CreateFolder(Path.GetDirectoryName(path)!);
        var creation = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };

        // Who may read the trail is the operator's to widen; SQLite gives its -wal and -shm the same mode.
        if (!OperatingSystem.IsWindows()) creation.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        using var file = new FileStream(path, creation);
    }

    public static void Configure(SqliteConnection connection, AuditLogOptions options)
    {
        // Busy longer than this and the store counts as failed; meanwhile every append keeps its own deadline.
        Run(connection, "PRAGMA busy_timeout = 1000");
        Run(connection, "PRAGMA trusted_schema = OFF");
        // Of a new file: a record of two kilobytes and its neighbours fit into one page, and a large batch takes a quarter of the writes.
        Run(connection, "PRAGMA page_size = 16384");
        Run(connection, "PRAGMA journal_mode = WAL");
        Run(connection, "PRAGMA synchronous = FULL");
        // Four megabytes of pages: the commit that moves them into the file holds up those behind it, so it has little to move.
        Run(connection, "PRAGMA wal_autocheckpoint = 250");
        if (options.MaxStoreBytes is { } bytes) Run(connection, $"PRAGMA max_page_count = {Math.Max(1, bytes / Pragma(connection, "page_size"))}");

        using var mode = new SqliteStatement(connection, "PRAGMA journal_mode");
        if (!mode.Step() || mode.Text(0) != "wal")
            throw new AuditStoreException($"{options.Path}: the file system does not support SQLite's write-ahead log; use a local one");
    }

    public static bool IsEmpty(SqliteConnection connection)
    {
        using var tables = new SqliteStatement(connection, "SELECT count(*) FROM sqlite_schema");
        tables.Step();
        return tables.Int64(0) == 0;
    }

    public static void CreateSchema(SqliteConnection connection, AuditLogOptions options, LogRow? before, TimeProvider time)
    {
        using var transaction = connection.BeginTransaction();
        using var schema = connection.CreateCommand();
        schema.Transaction = transaction;
        schema.CommandText = StoreSchema.Text;
        schema.ExecuteNonQuery();
        using (var log = new SqliteStatement(connection, "INSERT INTO log VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?4, ?5, ?6, 0, NULL)"))
        {
            log.Bind(1, AuditStore.Format);
            log.Bind(2, options.StreamId);
            log.Bind(3, time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"));
            log.Bind(4, before?.Head.Sequence ?? 0);
            log.Bind(5, before?.Head.Hash ?? Chain.Genesis);
            log.Bind(6, before?.Tree.ToBytes() ?? []);
            log.Bind(7, before?.OpenFloor ?? 1);
            log.Execute();
        }

        Run(connection, $"PRAGMA application_id = {AuditStore.ApplicationId}");
        Run(connection, $"PRAGMA user_version = {AuditStore.Format}");
        transaction.Commit();
    }

    public static LogRow CheckHead(SqliteConnection connection, string path, Chain chain)
    {
        var log = AuditFile.ReadLog(connection, path);
        if (log.Stream != chain.Stream)
            throw new AuditStoreException($"{path}: belongs to stream `{log.Stream}`, not to `{chain.Stream}`; give each gateway a store of its own");

        // The process ended between the mark and the new name.
        if (log.IsSealed) Run(connection, "UPDATE log SET sealed = 0 WHERE id = 1");
        using var last = new SqliteStatement(connection, "SELECT sequence, previous, hash, body FROM record ORDER BY sequence DESC LIMIT 2");
        var stored = log.Base;
        if (last.Step())
        {
            var computed = new byte[Chain.HashSize];
            var previous = last.Blob(1).ToArray();
            stored = new ChainHead(last.Int64(0), last.Blob(2).ToArray());
            chain.Link(stored.Sequence, previous, SHA256.HashData(last.Blob(3)), computed);
            var before = last.Step() ? new ChainHead(last.Int64(0), last.Blob(2).ToArray()) : log.Base;
            var follows = before.Sequence == stored.Sequence - 1 && before.Hash.AsSpan().SequenceEqual(previous);
            if (!follows || !computed.AsSpan().SequenceEqual(stored.Hash))
                throw new AuditStoreException($"{path}: record {stored.Sequence} does not hold; verify the store and restore it, or begin a new one");
        }

        if (!stored.Same(log.Head))
            throw new AuditStoreException($"{path}: the recorded head is {log.Head}, the last record is {stored}; verify the store and restore it, or begin a new one");
        try
        {
            _ = log.Tree;
            return log;
        }
        catch (FormatException e)
        {
            throw new AuditStoreException($"{path}: the tree noted at the head does not hold: {e.Message}; verify the store and restore it, or begin a new one", e);
        }
    }

    public static long Pragma(SqliteConnection connection, string name)
    {
        using var pragma = new SqliteStatement(connection, $"PRAGMA {name}");
        pragma.Step();
        return pragma.Int64(0);
    }

    public static void Run(SqliteConnection connection, string sql)
    {
        using var statement = new SqliteStatement(connection, sql);
        statement.Execute();
    }
}
