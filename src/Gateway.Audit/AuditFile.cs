using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gateway.Audit;

/// <summary>An audit store opened for reading only, beside a writer or as a copy.</summary>
internal static class AuditFile
{
    public static SqliteConnection Open(string path) => Open(path, Connect);

    /// <summary>The same for one thread at a time, without the lock that SQLite otherwise takes around every call.</summary>
    public static sqlite3 OpenAlone(string path) => Open(path, ConnectAlone);

    private static T Open<T>(string path, Func<string, T> connect)
    {
        path = Path.GetFullPath(path);
        if (!File.Exists(path)) throw new AuditStoreException($"{path}: no such file");
        try
        {
            try
            {
                return connect(path);
            }
            catch (SqliteException e) when (e.SqliteErrorCode is raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY && !File.Exists(path + "-wal"))
            {
                // Reading in WAL mode needs a -shm file. Where none can be made (a copy on a read-only medium) and no log is
                // left to apply, nobody writes either, and SQLite may take the file as it is.
                return connect(new UriBuilder("file", "") { Path = path, Query = "immutable=1" }.Uri.AbsoluteUri);
            }
        }
        catch (SqliteException e)
        {
            throw new AuditStoreException($"{path}: cannot be read as an audit store: {e.Message}", e);
        }
    }

    /// <summary>Reads the row that describes a file's log.</summary>
    /// <exception cref="AuditStoreException">The file is not an audit store or cannot be read.</exception>
    public static LogRow ReadLog(string path)
    {
        using var connection = Open(path);
        try
        {
            return ReadLog(connection, path);
        }
        catch (SqliteException e)
        {
            throw new AuditStoreException($"{path}: cannot be read as an audit store: {e.Message}", e);
        }
    }

    /// <summary>Reads the row that describes the log.</summary>
    public static LogRow ReadLog(SqliteConnection connection, string path)
    {
        using var application = new SqliteStatement(connection, "PRAGMA application_id");
        application.Step();
        if (application.Int64(0) != AuditStore.ApplicationId) throw new AuditStoreException($"{path}: not an audit store");

        using (var format = new SqliteStatement(connection, "SELECT format FROM log WHERE id = 1"))
        {
            if (!format.Step()) throw new AuditStoreException($"{path}: the row that describes the log is missing");
            if (format.Int64(0) != AuditStore.Format)
                throw new AuditStoreException($"{path}: format `{format.Int64(0)}` is not known to this version, which reads {AuditStore.Format}");
        }

        using var log = new SqliteStatement(
            connection, "SELECT stream, head_sequence, head_hash, head_peaks, open_floor, base_sequence, base_hash, base_peaks, sealed FROM log WHERE id = 1");
        log.Step();
        return new LogRow(
            log.Text(0) ?? "",
            new ChainHead(log.Int64(1), log.Blob(2).ToArray()),
            log.Blob(3).ToArray(),
            log.Int64(4),
            new ChainHead(log.Int64(5), log.Blob(6).ToArray()),
            log.Blob(7).ToArray(),
            log.Int64(8) != 0);
    }

    private static SqliteConnection Connect(string source)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = source,
            Mode = SqliteOpenMode.ReadOnly,
            Pooling = false,
        }.ToString());
        try
        {
            connection.Open();
            Prepare(connection.Handle!);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static sqlite3 ConnectAlone(string source)
    {
        var rc = raw.sqlite3_open_v2(source, out var db, raw.SQLITE_OPEN_READONLY | raw.SQLITE_OPEN_NOMUTEX | raw.SQLITE_OPEN_URI, null);
        try
        {
            SqliteException.ThrowExceptionForRC(rc, db);
            Prepare(db);
            return db;
        }
        catch
        {
            db.Dispose();
            throw;
        }
    }

    private static void Prepare(sqlite3 db)
    {
        using (var timeout = new SqliteStatement(db, "PRAGMA busy_timeout = 5000")) timeout.Execute();
        using (var cells = new SqliteStatement(db, "PRAGMA cell_size_check = ON")) cells.Execute();
        using (var trust = new SqliteStatement(db, "PRAGMA trusted_schema = OFF")) trust.Execute();

        // The first read is what opens the file.
        using var probe = new SqliteStatement(db, "SELECT count(*) FROM sqlite_schema");
        probe.Step();
    }
}

/// <summary>The row that describes a segment: where the chain stands at its end, and where it stood when the segment began.</summary>
/// <param name="Peaks">Those of the tree at the head, as they stand.</param>
/// <param name="BasePeaks">Those of the tree at the base.</param>
internal sealed record LogRow(string Stream, ChainHead Head, byte[] Peaks, long OpenFloor, ChainHead Base, byte[] BasePeaks, bool IsSealed)
{
    /// <exception cref="FormatException">The peaks are not those of a tree of the head's size.</exception>
    public MerkleFrontier Tree => MerkleFrontier.Read(Head.Sequence, Peaks);

    /// <exception cref="FormatException">The peaks are not those of a tree of the base's size.</exception>
    public MerkleFrontier BaseTree => MerkleFrontier.Read(Base.Sequence, BasePeaks);
}
