using Dapper;
using Microsoft.Data.Sqlite;

namespace Gateway.Compute.Storage;

/// <summary>
/// The one SQLite file. Readers run side by side (WAL); writers take turns here rather than in SQLite, so that nobody ever
/// meets SQLITE_BUSY. A commit is on the disk when a write returns (synchronous FULL).
/// </summary>
internal sealed class ComputeDatabase : IDisposable
{
    /// <summary>The version of <c>schema.sql</c>, kept in the file as its user_version.</summary>
    private const int SchemaVersion = 1;

    private readonly string _connectionString;
    private readonly TimeProvider _clock;

    // Held while the service runs: a second one on the same file would carry out the same work.
    private readonly FileStream _claim;

    // Guards every write transaction: SQLite has one writer anyway, waiting here is cheaper than polling there.
    private readonly Lock _writing = new();

    private ComputeDatabase(string path, FileStream claim, TimeProvider clock)
    {
        (_claim, _clock) = (claim, clock);
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, ForeignKeys = true, DefaultTimeout = 30 }.ToString();
    }

    /// <summary>Opens the file, or makes it, with its folder.</summary>
    /// <exception cref="ComputeSettingsException">It cannot be opened, another service holds it, or another version wrote it.</exception>
    public static ComputeDatabase Open(string path, TimeProvider clock)
    {
        var place = $"{nameof(ComputeOptions.DatabasePath)}: `{path}`";
        FileStream claim;
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } directory)
                Directory.CreateDirectory(directory);
            claim = new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure)
        {
            throw new ComputeSettingsException([$"{place} cannot be used: {failure.Message} Stop the service that holds it, or name another file"]);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new ComputeSettingsException([$"{place} cannot be used: {failure.Message} Name a file this user may write"]);
        }

        var database = new ComputeDatabase(path, claim, clock);
        try
        {
            if (database.Prepare() is { } wrong)
                throw new ComputeSettingsException([$"{place} {wrong}"]);
            return database;
        }
        catch (SqliteException failure)
        {
            database.Dispose();
            throw new ComputeSettingsException([$"{place} cannot be opened: {failure.Message} Name another file, or restore this one"]);
        }
        catch (ComputeSettingsException)
        {
            database.Dispose();
            throw;
        }
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
        _claim.Dispose();
    }

    /// <returns>What is wrong with the file, or null.</returns>
    private string? Prepare()
    {
        using var connection = Open();
        var version = connection.ExecuteScalar<long>("pragma user_version");
        if (version is not (0 or SchemaVersion))
            return $"has schema version {version}, this program knows {SchemaVersion}: use the program that wrote it, or name another file";
        connection.Execute("pragma journal_mode = wal");
        connection.Execute(Schema());
        connection.Execute($"pragma user_version = {SchemaVersion}");
        return null;
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
