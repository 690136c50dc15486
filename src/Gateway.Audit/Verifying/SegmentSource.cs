using Microsoft.Data.Sqlite;

namespace Gateway.Audit;

/// <summary>One SQLite file, read also while a gateway writes it.</summary>
internal sealed class SegmentSource : IChainSource
{
    // Each page is a read of its own, so that a long verification does not keep a writer from trimming its write-ahead log.
    // Records are only ever appended, so the pages fit together.
    private const int PageSize = 5000;

    private readonly SqliteConnection _connection;
    private readonly LogRow _log;
    private IntegrityCheck? _integrity;

    private SegmentSource(SqliteConnection connection, string name, LogRow log)
    {
        _connection = connection;
        _log = log;
        IsSealed = log.IsSealed;
        Name = name;
    }

    public string Name { get; }

    public string Stream => _log.Stream;

    public ChainHead Base => _log.Base;

    public byte[] BasePeaks => _log.BasePeaks;

    // The mark of a seal that could not be finished, because somebody read the file, is taken off again.
    public bool IsSealed { get; private set; }

    public ChainEnd? End { get; private set; }

    /// <exception cref="AuditStoreException">The file cannot be read as an audit store at all.</exception>
    public static SegmentSource Open(string path)
    {
        var connection = AuditFile.Open(path);
        try
        {
            return new SegmentSource(connection, path, AuditFile.ReadLog(connection, path));
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new AuditStoreException($"{path}: cannot be read as an audit store: {e.Message}", e);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public IEnumerable<IReadOnlyList<ChainRow>> Pages()
    {
        using var page = new SqliteStatement(_connection, $"SELECT sequence, previous, hash, body FROM record WHERE sequence >= ?1 ORDER BY sequence LIMIT {PageSize}");
        var from = long.MinValue;
        while (true)
        {
            var rows = new List<ChainRow>(PageSize);
            page.Bind(1, from);
            while (page.Step()) rows.Add(new ChainRow(page.Int64(0), page.Blob(1).ToArray(), page.Blob(2).ToArray(), page.Blob(3).ToArray(), Columns: null));
            page.Reset();
            if (rows.Count > 0) yield return rows;
            if (rows.Count < PageSize) yield break;
            from = rows[^1].Sequence + 1;
        }
    }

    public IEnumerable<ExaminedPage> Examined(CancellationToken ct)
    {
        _integrity ??= IntegrityCheck.Begin(Name, _connection);

        // What is there now is read side by side; what comes meanwhile, with the head that goes with it.
        var now = AuditFile.ReadLog(_connection, Name);
        var head = now.Head.Sequence;
        End = new ChainEnd(now.Head, now.Peaks, now.OpenFloor);
        using (var ranges = new SegmentRanges(Name, Stream))
            foreach (var page in ranges.Read(_log.Base.Sequence, head, ct)) yield return page;

        using var begin = new SqliteStatement(_connection, "BEGIN");
        using var end = new SqliteStatement(_connection, "COMMIT");
        using var rest = new SegmentRange(_connection.Handle!, Stream);
        var after = SegmentRanges.WholeThrough(_log.Base.Sequence, head) ?? long.MinValue;
        var last = new ExaminedPage(PageSize);
        while (true)
        {
            begin.Execute();
            var log = AuditFile.ReadLog(_connection, Name);
            rest.Read(last, after == long.MinValue ? after : after + 1, long.MaxValue, PageSize);
            if (last.Fault is null) end.Execute();
            IsSealed &= log.IsSealed;
            End = new ChainEnd(log.Head, log.Peaks, log.OpenFloor);
            if (last.Count > 0 || last.Fault is not null) yield return last;
            if (last.Count < PageSize) yield break;
            after = last.Sequence(last.Count - 1);
        }
    }

    public StoredRow? At(long sequence)
    {
        using var read = new SqliteStatement(_connection, "SELECT sequence, previous, hash, body FROM record WHERE sequence = ?1");
        read.Bind(1, sequence);
        return read.Step() ? StoredRow.From(read) : null;
    }

    public IEnumerable<StoredRow> After(long sequence)
    {
        using var scan = new SqliteStatement(_connection, "SELECT sequence, previous, hash, body FROM record WHERE sequence > ?1 ORDER BY sequence");
        scan.Bind(1, sequence);
        while (scan.Step()) yield return StoredRow.From(scan);
    }

    public ChainRow? Newest(string action, long before)
    {
        using var read = new SqliteStatement(
            _connection, "SELECT sequence, previous, hash, body FROM record WHERE sequence < ?1 AND kind = 'lifecycle' AND action = ?2 ORDER BY sequence DESC LIMIT 1");
        read.Bind(1, before);
        read.Bind(2, action);
        return read.Step() ? new ChainRow(read.Int64(0), read.Blob(1).ToArray(), read.Blob(2).ToArray(), read.Blob(3).ToArray(), Columns: null) : null;
    }

    public VerifyFinding? CheckBefore() => StoreSchema.Difference(_connection);

    public VerifyFinding? CheckAfter() => (_integrity ??= IntegrityCheck.Begin(Name, _connection)).End();

    public void Dispose()
    {
        _integrity?.Dispose();
        _connection.Dispose();
    }
}
