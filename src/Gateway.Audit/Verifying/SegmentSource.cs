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
        using var begin = new SqliteStatement(_connection, "BEGIN");
        using var end = new SqliteStatement(_connection, "COMMIT");
        using var page = new SqliteStatement(
            _connection,
            $"""
            SELECT sequence, previous, hash, body, id, kind, event_time, action, outcome,
                   initiator_id, initiator_name, project_id, target_id, request_id, intent_id
            FROM record WHERE sequence >= ?1 ORDER BY sequence LIMIT {PageSize}
            """);
        var from = long.MinValue;
        while (true)
        {
            begin.Execute();
            var log = AuditFile.ReadLog(_connection, Name);
            var rows = new List<ChainRow>(PageSize);
            page.Bind(1, from);
            while (page.Step()) rows.Add(Row(page));
            page.Reset();
            end.Execute();
            IsSealed &= log.IsSealed;
            End = new ChainEnd(log.Head, log.Peaks, log.OpenFloor);
            if (rows.Count > 0) yield return rows;
            if (rows.Count < PageSize) yield break;
            from = rows[^1].Sequence + 1;
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

    /// <summary>SQLite's own check, for damage that no record shows: an index that hides rows, pages out of order.</summary>
    public VerifyFinding? CheckAfter()
    {
        using var check = new SqliteStatement(_connection, "PRAGMA integrity_check(1)");
        var result = check.Step() ? check.Text(0) : "no answer";
        return result == "ok" ? null : new VerifyFinding(VerifyProblem.StoreDamaged, Sequence: null, $"every record holds, but the file is damaged: {result}");
    }

    public void Dispose() => _connection.Dispose();

    private static ChainRow Row(SqliteStatement row) =>
        new(row.Int64(0), row.Blob(1).ToArray(), row.Blob(2).ToArray(), row.Blob(3).ToArray(), StoredColumns.From(row, first: 4))
        {
            IsWellFormed = row.IsBlob(1) && row.IsBlob(2) && row.IsBlob(3) && row.Blob(1).Length == Chain.HashSize && row.Blob(2).Length == Chain.HashSize,
        };
}
