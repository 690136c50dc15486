using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gateway.Audit;

/// <summary>
/// Finds records. A file beside the store, made from it and kept up with it by <c>CatchUp</c>; it proves nothing, so whoever shows a
/// record reads it from the store. Not for two threads at once.
/// </summary>
public sealed class AuditIndex : IDisposable
{
    private const int Format = 2;

    // A transaction's worth of records: many, because words are sorted in memory before they are written, and not more bytes than may lie in memory.
    private const int PageSize = 10_000;
    private const int PageBytes = 16 * 1024 * 1024;

    // So many of the newest events are looked through for values that have no index.
    private const int Reach = 20_000;

    private readonly SqliteConnection _connection;
    private readonly string _path;
    private IndexWriter? _writer;

    private AuditIndex(SqliteConnection connection, string path)
    {
        _connection = connection;
        _path = path;
    }

    /// <summary>Opens an index to be kept up and searched, making it anew when it is not of this store or of another format.</summary>
    /// <exception cref="AuditStoreException">The file cannot be used.</exception>
    public static AuditIndex Open(string path, string stream)
    {
        path = Path.GetFullPath(path);
        return Guarded(path, () =>
        {
            var index = Connect(path);
            if (index.Describes() is (Format, { } found) && found == stream) return index;
            index.Dispose();
            Delete(path);
            index = Connect(path);
            index.Create(stream);
            return index;
        });
    }

    /// <summary>Opens an index that another keeps up, to be searched and nothing else, with little memory.</summary>
    /// <exception cref="AuditStoreException">There is no such index, or it is not of this store.</exception>
    public static AuditIndex OpenForSearch(string path, string stream)
    {
        path = Path.GetFullPath(path);
        return Guarded(path, () =>
        {
            var index = new AuditIndex(new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, Mode = SqliteOpenMode.ReadOnly }.ToString()), path);
            try
            {
                index._connection.Open();
                index.Run("PRAGMA busy_timeout = 10000");
                index.Run("PRAGMA cache_size = -4096");
                if (index.Describes() is (Format, { } found) && found == stream) return index;
                throw new AuditStoreException($"{path}: is not the index of `{stream}`, or not of this version");
            }
            catch
            {
                index.Dispose();
                throw;
            }
        });
    }

    /// <summary>The last record that it knows.</summary>
    public long Through => Source("through");

    /// <summary>The last record that it knows nothing of any more, because the store dropped it.</summary>
    internal long Forgotten => Source("forgotten");

    internal SqliteConnection Connection => _connection;

    private IndexWriter Writer => _writer ??= new IndexWriter(_connection);

    /// <summary>
    /// Takes in what the store has more, and forgets what it has dropped. A store that is not the one it was made from, or that has dropped records again, makes it
    /// begin again.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="progress">Told the last record that was taken in.</param>
    /// <exception cref="AuditStoreException">The store, or the index, cannot be used.</exception>
    /// <param name="durable">Records behind this one may be written and not yet on the disk, and are left for later.</param>
    public void CatchUp(AuditSource store, IProgress<long>? progress = null, long durable = long.MaxValue, CancellationToken ct = default) => Guarded(_path, () =>
    {
        Settle(store, ct);
        while (!ct.IsCancellationRequested)
        {
            // Opened for each page: a store that is read without a pause could not go on in a new file.
            IReadOnlyList<RecordBytes> page;
            using (var records = store.OpenRecords()) page = [.. records.BytesAfter(Through, PageSize, PageBytes).TakeWhile(record => record.Sequence <= durable)];
            if (page.Count == 0) break;
            Add(page);
            progress?.Report(page[^1].Sequence);
        }

        return true;
    });

    /// <summary>Takes in records that follow those it has.</summary>
    internal void Add(IReadOnlyList<RecordBytes> records) => Writer.Add(records);

    /// <summary>Finds a page of records.</summary>
    /// <exception cref="EventSearchException">The search cannot be made, or takes too long.</exception>
    public EventPage Search(EventSearch search, CancellationToken ct = default)
    {
        var plan = new SearchPlan(search, _connection);
        return Bounded(search, () =>
        {
            var rows = new List<(long Sequence, long Time)>();
            foreach (var statement in plan.Statements())
            {
                using (statement)
                    while (Step(statement, ct)) rows.Add((statement.Int64(0), statement.Int64(1)));
            }

            var page = plan.Ordered(rows).Take(search.Limit + 1).ToList();
            var more = page.Count > search.Limit;
            if (more) page.RemoveAt(search.Limit);
            return new EventPage([.. page.Select(row => row.Sequence)], more ? $"{page[^1].Time}.{page[^1].Sequence}" : null);
        }, ct);
    }

    /// <summary>Everything that a search finds, in the order of the records' numbers. The numbers are sorted in a temporary file, and memory does not grow with them.</summary>
    /// <exception cref="EventSearchException">The search cannot be made.</exception>
    public IEnumerable<long> SearchAll(EventSearch search, CancellationToken ct = default)
    {
        Run("PRAGMA temp_store = FILE");
        Run("CREATE TEMP TABLE IF NOT EXISTS found (sequence INTEGER PRIMARY KEY)");
        Run("DELETE FROM temp.found");
        Bounded(search, () =>
        {
            foreach (var find in new SearchPlan(search, _connection).Into("temp.found"))
                using (find) find.Execute();
            return true;
        }, ct);

        return Found();
    }

    /// <summary>Page by page, so that nobody who dawdles holds a transaction open.</summary>
    private IEnumerable<long> Found()
    {
        using var read = new SqliteStatement(_connection, "SELECT sequence FROM temp.found WHERE sequence > ?1 ORDER BY sequence LIMIT 1000");
        for (var page = new List<long> { 0 }; page.Count > 0;)
        {
            read.Bind(1, page[^1]);
            page = [];
            while (read.Step()) page.Add(read.Int64(0));
            read.Reset();
            foreach (var sequence in page) yield return sequence;
        }

        Run("DELETE FROM temp.found");
    }

    /// <summary>
    /// The values that an attribute has, in order: all of them where an index leads from one to the next, else those of the newest 20,000 events, of a project the
    /// newest 20,000 that were asked from it and the newest 20,000 about it.
    /// </summary>
    /// <exception cref="EventSearchException">There is no such attribute, or it takes too long.</exception>
    public IReadOnlyList<string> Values(string attribute, string? onlyProject, int limit, CancellationToken ct = default) =>
        Values(attribute, onlyProject, limit, Reach, ct);

    /// <inheritdoc cref="Values(string, string?, int, CancellationToken)"/>
    internal IReadOnlyList<string> Values(string attribute, string? onlyProject, int limit, int reach, CancellationToken ct)
    {
        var column = EventAttributes.ColumnOf(attribute);
        return Bounded(null, () =>
        {
            using var read = new SqliteStatement(_connection, ValueText(column, onlyProject is not null, reach));
            read.Bind(1, limit);
            if (onlyProject is not null) read.Bind(2, onlyProject);
            var values = new List<string>();
            while (Step(read, ct)) values.Add(read.Text(0)!);
            return values;
        }, ct);
    }

    /// <summary>How many events each value of an attribute has, most first. Looks through every event that the search finds.</summary>
    /// <exception cref="EventSearchException">The search cannot be made, or takes too long.</exception>
    public IReadOnlyList<(string Value, long Count)> Counts(string attribute, EventSearch search, int limit, CancellationToken ct = default)
    {
        var column = EventAttributes.ColumnOf(attribute);
        var plan = new SearchPlan(search, _connection);
        return Bounded(search, () =>
        {
            using var read = plan.Counts(column, limit);
            var counts = new List<(string, long)>();
            while (Step(read, ct)) counts.Add((read.Text(0) ?? "-", read.Int64(1)));
            return counts;
        }, ct);
    }

    public void Dispose()
    {
        _writer?.Dispose();
        _connection.Dispose();
    }

    /// <summary>The statement of <c>Values</c>.</summary>
    internal static string ValueText(string column, bool ofProject, int reach)
    {
        // From one value to the next by the index, not through all rows.
        if (!ofProject && SearchIndex.Leads(column))
        {
            return $"""
                WITH RECURSIVE found (value) AS (
                    SELECT min({column}) FROM event WHERE {column} IS NOT NULL
                    UNION ALL SELECT (SELECT min({column}) FROM event WHERE {column} > found.value) FROM found WHERE found.value IS NOT NULL)
                SELECT value FROM found WHERE value IS NOT NULL LIMIT ?1
                """;
        }

        var newest = ofProject
            ? $"""
                SELECT * FROM (SELECT {column} AS value FROM event INDEXED BY event_by_project WHERE project_id = ?2 ORDER BY time DESC LIMIT {reach})
                UNION SELECT * FROM (SELECT {column} FROM event INDEXED BY event_by_target_project WHERE target_project = ?2 ORDER BY time DESC LIMIT {reach})
                """
            : $"SELECT DISTINCT * FROM (SELECT {column} AS value FROM event ORDER BY sequence DESC LIMIT {reach})";
        return $"SELECT value FROM ({newest}) WHERE value IS NOT NULL ORDER BY value LIMIT ?1";
    }

    private static AuditIndex Connect(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            var index = new AuditIndex(connection, path);
            index.Run("PRAGMA busy_timeout = 10000");
            index.Run("PRAGMA journal_mode = WAL");

            // Lost with the power, it is made again.
            index.Run("PRAGMA synchronous = NORMAL");
            index.Run("PRAGMA cache_size = -16384");

            // The same pages are written again and again while records are taken in; into the file itself they go less often.
            index.Run("PRAGMA wal_autocheckpoint = 8000");

            // What is deleted or moved is written over where it stood, as far as that page is written anyway.
            index.Run("PRAGMA secure_delete = FAST");
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
            return index;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void Delete(string path)
    {
        foreach (var suffix in new[] { "", "-wal", "-shm" }) File.Delete(path + suffix);
    }

    private static T Guarded<T>(string path, Func<T> use)
    {
        try
        {
            return use();
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new AuditStoreException($"{path}: the index cannot be used: {e.Message}; it may be deleted at any time and is made again", e);
        }
    }

    private static bool Step(SqliteStatement statement, CancellationToken ct)
    {
        if (ct.IsCancellationRequested) throw TooLong();
        return statement.Step();
    }

    /// <summary>Runs a search that ends when the token says so.</summary>
    private T Bounded<T>(EventSearch? search, Func<T> read, CancellationToken ct)
    {
        // Asked by SQLite itself: an interrupt from outside is lost when no statement runs at that moment.
        raw.sqlite3_progress_handler(_connection.Handle, 10_000, _ => ct.IsCancellationRequested ? 1 : 0, null);
        try
        {
            return read();
        }
        catch (SqliteException e) when (e.SqliteErrorCode == raw.SQLITE_INTERRUPT)
        {
            throw TooLong();
        }
        catch (SqliteException e) when (search?.Text is not null && e.SqliteErrorCode == raw.SQLITE_ERROR)
        {
            throw new EventSearchException($"search `{search.Text}`: cannot be searched for: {e.Message}");
        }
        finally
        {
            raw.sqlite3_progress_handler(_connection.Handle, 0, null, null);
        }
    }

    private static EventSearchException TooLong() => new("the search took too long: narrow it, by time for example");

    private (long Format, string? Stream)? Describes()
    {
        try
        {
            using var read = new SqliteStatement(_connection, "SELECT format, stream FROM source WHERE id = 1");
            return read.Step() ? (read.Int64(0), read.Text(1)) : null;
        }
        catch (SqliteException)
        {
            return null;
        }
    }

    private void Create(string stream)
    {
        using var text = new StreamReader(typeof(AuditIndex).Assembly.GetManifestResourceStream("index.sql")!);
        using var transaction = _connection.BeginTransaction();
        using (var schema = _connection.CreateCommand())
        {
            schema.Transaction = transaction;
            schema.CommandText = text.ReadToEnd();
            schema.ExecuteNonQuery();
        }

        using (var source = new SqliteStatement(_connection, "INSERT INTO source VALUES (1, ?1, ?2, 0, zeroblob(32), 0)"))
        {
            source.Bind(1, Format);
            source.Bind(2, stream);
            source.Execute();
        }

        transaction.Commit();
    }

    /// <summary>Makes sure that it is of this store, and knows nothing of what the store has dropped.</summary>
    private void Settle(AuditSource store, CancellationToken ct)
    {
        using var records = store.OpenRecords();
        var dropped = records.First - 1;

        // Records that were dropped are there again: they were put back, or it is another store.
        if (dropped < Forgotten || IsOfAnother(records)) Writer.Clear();
        Writer.Forget(dropped, ct);
    }

    /// <summary>The record that it took in last is not there any more, or is another. One that was dropped cannot tell, and nothing is left of it.</summary>
    private bool IsOfAnother(IAuditRecords store)
    {
        using var read = new SqliteStatement(_connection, "SELECT through, hash FROM source WHERE id = 1");
        if (!read.Step() || read.Int64(0) == 0 || read.Int64(0) < store.First) return false;
        return store.Find(read.Int64(0)) is not { } last || !last.Hash.Span.SequenceEqual(read.Blob(1));
    }

    private long Source(string column)
    {
        using var read = new SqliteStatement(_connection, $"SELECT {column} FROM source WHERE id = 1");
        return read.Step() ? read.Int64(0) : 0;
    }

    private void Run(string sql)
    {
        using var statement = new SqliteStatement(_connection, sql);
        statement.Execute();
    }
}
