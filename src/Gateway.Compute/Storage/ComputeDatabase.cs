using Dapper;
using Microsoft.Data.Sqlite;

namespace Gateway.Compute.Storage;

/// <summary>
/// The one SQLite file. Readers run side by side (WAL); writers take turns here rather than in SQLite, so that nobody ever
/// meets SQLITE_BUSY. A commit is on the disk when a write returns (synchronous FULL).
/// </summary>
internal sealed class ComputeDatabase : IDisposable
{
    private readonly string _connectionString;
    private readonly TimeProvider _clock;

    // Guards every write transaction: SQLite has one writer anyway, waiting here is cheaper than polling there.
    private readonly Lock _writing = new();

    public ComputeDatabase(string path, TimeProvider clock)
    {
        _clock = clock;
        var directory = Path.GetDirectoryName(Path.GetFullPath(path));
        if (directory is not null)
            Directory.CreateDirectory(directory);
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, ForeignKeys = true, DefaultTimeout = 30 }.ToString();
        using var connection = Open();
        connection.Execute("pragma journal_mode = wal");
        connection.Execute(Schema());
    }

    public T Read<T>(Func<ComputeSession, T> read)
    {
        using var connection = Open();
        // One snapshot for everything the reader looks at.
        using var transaction = connection.BeginTransaction(deferred: true);
        return read(new ComputeSession(connection, _clock));
    }

    /// <summary>Runs <paramref name="write"/> in one transaction, kept only when <paramref name="keep"/> says so.</summary>
    public T Write<T>(Func<ComputeSession, T> write, Func<T, bool> keep)
    {
        lock (_writing)
        {
            using var connection = Open();
            using var transaction = connection.BeginTransaction(deferred: false);
            var result = write(new ComputeSession(connection, _clock));
            if (keep(result))
                transaction.Commit();
            return result;
        }
    }

    public T Write<T>(Func<ComputeSession, T> write) => Write(write, static _ => true);

    public void Dispose()
    {
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        connection.Execute("pragma synchronous = full");
        return connection;
    }

    private static string Schema()
    {
        using var stream = typeof(ComputeDatabase).Assembly.GetManifestResourceStream("Gateway.Compute.Storage.schema.sql")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
