using Microsoft.Data.Sqlite;

namespace Gateway.Audit;

/// <summary>
/// Finds records. A file beside the store, made from it and kept up with it by <c>CatchUp</c>; it proves nothing, so whoever shows a
/// record reads it from the store. Not for two threads at once.
/// </summary>
public sealed class AuditIndex : IDisposable
{
    private const int Format = 1;
    private const int PageSize = 2000;

    private readonly SqliteConnection _connection;
    private readonly string _path;

    private AuditIndex(SqliteConnection connection, string path)
    {
        _connection = connection;
        _path = path;
    }

    /// <summary>Opens an index, making it anew when it is not of this store or of another format.</summary>
    /// <exception cref="AuditStoreException">The file cannot be used.</exception>
    public static AuditIndex Open(string path, string stream)
    {
        path = Path.GetFullPath(path);
        try
        {
            var index = Connect(path);
            if (index.Describes() is (Format, { } found) && found == stream) return index;
            index.Dispose();
            Delete(path);
            index = Connect(path);
            index.Create(stream);
            return index;
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new AuditStoreException($"{path}: the index cannot be used: {e.Message}; it may be deleted at any time and is made again", e);
        }
    }

    /// <summary>The last record that it knows.</summary>
    public long Through
    {
        get
        {
            using var read = new SqliteStatement(_connection, "SELECT through FROM source WHERE id = 1");
            return read.Step() ? read.Int64(0) : 0;
        }
    }

    /// <summary>Takes in what the store has more. A store that is not the one it was made from makes it begin again.</summary>
    /// <param name="store">The store.</param>
    /// <param name="progress">Told the last record that was taken in.</param>
    /// <exception cref="AuditStoreException">The store, or the index, cannot be used.</exception>
    public void CatchUp(AuditSource store, IProgress<long>? progress = null, CancellationToken ct = default)
    {
        using var records = store.OpenRecords();
        CatchUp(records, progress, ct);
    }

    /// <inheritdoc cref="CatchUp(AuditSource, IProgress{long}, CancellationToken)"/>
    public void CatchUp(IAuditRecords store, IProgress<long>? progress = null, CancellationToken ct = default)
    {
        try
        {
            if (IsOfAnother(store)) Clear();
            while (!ct.IsCancellationRequested)
            {
                var page = store.After(Through, PageSize);
                if (page.Count == 0) return;
                Add(page);
                progress?.Report(page[^1].Sequence);
                if (page.Count < PageSize) return;
            }
        }
        catch (SqliteException e)
        {
            throw new AuditStoreException($"{_path}: the index cannot be used: {e.Message}; it may be deleted at any time and is made again", e);
        }
    }

    /// <summary>Takes in records that follow those it has.</summary>
    internal void Add(IReadOnlyList<StoredAuditEvent> records)
    {
        using var transaction = _connection.BeginTransaction();
        using var insert = new SqliteStatement(
            _connection, "INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)");
        using var words = new SqliteStatement(_connection, "INSERT INTO word (rowid, text) VALUES (?1, ?2)");
        foreach (var stored in records)
        {
            var e = stored.Event;
            insert.Bind(1, stored.Sequence);
            insert.Bind(2, RecordColumns.Microseconds(e.EventTime));
            insert.Bind(3, e.Id);
            insert.Bind(4, AuditWords.Of(e.Kind));
            insert.Bind(5, e.Action);
            insert.Bind(6, AuditWords.Of(e.Outcome));
            insert.Bind(7, e.Reason?.ReasonCode);
            insert.Bind(8, e.Reason?.Code ?? e.Decision?.Code);
            insert.Bind(9, e.Decision?.Rule);
            insert.Bind(10, e.Decision?.Revision);
            insert.Bind(11, e.Initiator.Id);
            insert.Bind(12, e.Initiator.Name);
            insert.Bind(13, e.Initiator.TypeUri);
            insert.Bind(14, e.Initiator.ProjectId);
            insert.Bind(15, e.Target.Id);
            insert.Bind(16, e.Target.TypeUri);
            insert.Bind(17, e.Target.ProjectId);
            insert.Bind(18, e.Observer.Id);
            insert.Bind(19, e.RequestId);
            insert.Bind(20, e.Backend?.RequestId);
            insert.Bind(21, e.RequestPath);
            insert.Execute();
            words.Bind(1, stored.Sequence);
            words.Bind(2, EventWords.Of(stored.Bytes.Span));
            words.Execute();
        }

        using (var through = new SqliteStatement(_connection, "UPDATE source SET through = ?1, hash = ?2 WHERE id = 1"))
        {
            through.Bind(1, records[^1].Sequence);
            through.Bind(2, records[^1].Hash.Span);
            through.Execute();
        }

        transaction.Commit();
    }

    /// <summary>Finds a page of records.</summary>
    /// <exception cref="EventSearchException">The search cannot be made.</exception>
    public EventPage Search(EventSearch search, CancellationToken ct = default)
    {
        var statement = new SearchStatement(search);
        try
        {
            using var read = statement.Prepare(_connection);
            using var stop = ct.Register(() => SQLitePCL.raw.sqlite3_interrupt(_connection.Handle));
            var rows = new List<(long Sequence, long Time)>(search.Limit + 1);
            while (read.Step()) rows.Add((read.Int64(0), read.Int64(1)));
            var more = rows.Count > search.Limit;
            if (more) rows.RemoveAt(search.Limit);
            return new EventPage([.. rows.Select(row => row.Sequence)], more ? $"{rows[^1].Time}.{rows[^1].Sequence}" : null);
        }
        catch (SqliteException e) when (e.SqliteErrorCode == SQLitePCL.raw.SQLITE_INTERRUPT)
        {
            throw new EventSearchException("the search took too long: narrow it, by time for example");
        }
        catch (SqliteException e) when (search.Text is not null && e.SqliteErrorCode == SQLitePCL.raw.SQLITE_ERROR)
        {
            throw new EventSearchException($"search `{search.Text}`: cannot be searched for: {e.Message}");
        }
    }

    /// <summary>The values that an attribute has, in order.</summary>
    /// <exception cref="EventSearchException">There is no such attribute.</exception>
    public IReadOnlyList<string> Values(string attribute, string? onlyProject, int limit)
    {
        var column = EventAttributes.ColumnOf(attribute);
        // From one value to the next by the index, not through all rows; a project's events are read through, which are fewer.
        using var read = onlyProject is null
            ? new SqliteStatement(
                _connection,
                $"""
                WITH RECURSIVE found (value) AS (
                    SELECT min({column}) FROM event
                    UNION ALL SELECT (SELECT min({column}) FROM event WHERE {column} > found.value) FROM found WHERE found.value IS NOT NULL)
                SELECT value FROM found WHERE value IS NOT NULL LIMIT ?1
                """)
            : new SqliteStatement(
                _connection,
                $"""
                SELECT value FROM (SELECT {column} AS value FROM event WHERE project_id = ?2 UNION SELECT {column} FROM event WHERE target_project = ?2)
                WHERE value IS NOT NULL ORDER BY value LIMIT ?1
                """);
        read.Bind(1, limit);
        if (onlyProject is not null) read.Bind(2, onlyProject);
        var values = new List<string>();
        while (read.Step()) values.Add(read.Text(0)!);
        return values;
    }

    /// <summary>How many events each value of an attribute has, most first.</summary>
    public IReadOnlyList<(string Value, long Count)> Counts(string attribute, EventSearch search, int limit)
    {
        var column = EventAttributes.ColumnOf(attribute);
        var statement = new SearchStatement(search);
        using var read = statement.PrepareCounts(_connection, column, limit);
        var counts = new List<(string, long)>();
        while (read.Step()) counts.Add((read.Text(0) ?? "-", read.Int64(1)));
        return counts;
    }

    public void Dispose() => _connection.Dispose();

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
            index.Run("PRAGMA cache_size = -65536");
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

        using (var source = new SqliteStatement(_connection, "INSERT INTO source VALUES (1, ?1, ?2, 0, zeroblob(32))"))
        {
            source.Bind(1, Format);
            source.Bind(2, stream);
            source.Execute();
        }

        transaction.Commit();
    }

    /// <summary>The record that it took in last is not there any more, or is another.</summary>
    private bool IsOfAnother(IAuditRecords store)
    {
        using var read = new SqliteStatement(_connection, "SELECT through, hash FROM source WHERE id = 1");
        if (!read.Step() || read.Int64(0) == 0) return false;
        return store.Find(read.Int64(0)) is not { } last || !last.Hash.Span.SequenceEqual(read.Blob(1));
    }

    private void Clear()
    {
        using var transaction = _connection.BeginTransaction();
        Run("DELETE FROM event");
        Run("INSERT INTO word (word) VALUES ('delete-all')");
        Run("UPDATE source SET through = 0, hash = zeroblob(32)");
        transaction.Commit();
    }

    private void Run(string sql)
    {
        using var statement = new SqliteStatement(_connection, sql);
        statement.Execute();
    }
}
