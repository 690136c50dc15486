using Microsoft.Data.Sqlite;

namespace Gateway.Audit;

/// <summary>An audit store opened for reading only, beside a writer or as a copy.</summary>
internal static class AuditFile
{
    public static SqliteConnection Open(string path)
    {
        path = Path.GetFullPath(path);
        if (!File.Exists(path)) throw new AuditStoreException($"{path}: no such file");
        try
        {
            try
            {
                return Connect(path);
            }
            catch (SqliteException e) when (e.SqliteErrorCode is SQLitePCL.raw.SQLITE_CANTOPEN or SQLitePCL.raw.SQLITE_READONLY && !File.Exists(path + "-wal"))
            {
                // Reading in WAL mode needs a -shm file. Where none can be made (a copy on a read-only medium) and no log is
                // left to apply, nobody writes either, and SQLite may take the file as it is.
                return Connect(new UriBuilder("file", "") { Path = path, Query = "immutable=1" }.Uri.AbsoluteUri);
            }
        }
        catch (SqliteException e)
        {
            throw new AuditStoreException($"{path}: cannot be read as an audit store: {e.Message}", e);
        }
    }

    /// <summary>Reads the row that describes the log.</summary>
    public static (string Stream, ChainHead Head, long OpenFloor) ReadLog(SqliteConnection connection, string path)
    {
        using var application = new SqliteStatement(connection, "PRAGMA application_id");
        application.Step();
        if (application.Int64(0) != AuditStore.ApplicationId) throw new AuditStoreException($"{path}: not an audit store");

        using var log = new SqliteStatement(connection, "SELECT format, stream, head_sequence, head_hash, open_floor FROM log WHERE id = 1");
        if (!log.Step()) throw new AuditStoreException($"{path}: the row that describes the log is missing");
        if (log.Int64(0) != AuditStore.Format)
            throw new AuditStoreException($"{path}: format `{log.Int64(0)}` is not known to this version, which reads {AuditStore.Format}");
        return (log.Text(1) ?? "", new ChainHead(log.Int64(2), log.Blob(3).ToArray()), log.Int64(4));
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
            using (var timeout = new SqliteStatement(connection, "PRAGMA busy_timeout = 5000")) timeout.Execute();
            using (var cells = new SqliteStatement(connection, "PRAGMA cell_size_check = ON")) cells.Execute();
            using (var trust = new SqliteStatement(connection, "PRAGMA trusted_schema = OFF")) trust.Execute();

            // The first read is what opens the file.
            using var probe = new SqliteStatement(connection, "SELECT count(*) FROM sqlite_schema");
            probe.Step();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
