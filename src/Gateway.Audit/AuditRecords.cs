using Microsoft.Data.Sqlite;

namespace Gateway.Audit;

/// <summary>Where records are read one by one or in order; opened for one reader, and soon closed again.</summary>
public interface IAuditRecords : IDisposable
{
    /// <summary>The record with this number; null when there is none.</summary>
    /// <exception cref="AuditStoreException">It cannot be read.</exception>
    StoredAuditEvent? Find(long sequence);

    /// <summary>At most so many records after a number, in order.</summary>
    /// <exception cref="AuditStoreException">They cannot be read.</exception>
    IReadOnlyList<StoredAuditEvent> After(long sequence, int limit);

    /// <summary>The number of the first record that is kept: those before it were dropped.</summary>
    long First { get; }

    /// <summary>Records after a number, in order, as they stand: at most so many, and no more once they have so many bytes. None when there are no more.</summary>
    /// <exception cref="AuditStoreException">They cannot be read.</exception>
    IReadOnlyList<RecordBytes> BytesAfter(long sequence, int limit, int bytes);
}

/// <summary>A record as it stands: its number, its hash, the bytes that were hashed.</summary>
public sealed record RecordBytes(long Sequence, ReadOnlyMemory<byte> Hash, ReadOnlyMemory<byte> Bytes);

/// <summary>A store in SQLite opened for looking up records one by one, in whichever segment they are.</summary>
internal sealed class AuditRecords : IAuditRecords
{
    private readonly List<(long First, long Last, string Path, SqliteConnection? Connection)> _files = [];
    private readonly string _path;

    private AuditRecords(string path) => _path = path;

    /// <exception cref="AuditStoreException">The file is not an audit store or cannot be read.</exception>
    public static AuditRecords Open(string path)
    {
        var records = new AuditRecords(path);
        try
        {
            var active = AuditFile.Open(path);
            records._files.Add((0, long.MaxValue, path, active));
            var log = AuditFile.ReadLog(active, path);
            records._files[0] = (log.Base.Sequence + 1, long.MaxValue, path, active);
            records._files.AddRange(AuditSegments.Before(path, log.Base.Sequence).Select(segment => (segment.First, segment.Last, segment.Path, (SqliteConnection?)null)));
            return records;
        }
        catch (Exception e) when (e is SqliteException or AuditStoreException)
        {
            records.Dispose();
            throw e is AuditStoreException ? e : new AuditStoreException($"{path}: cannot be read as an audit store: {e.Message}", e);
        }
    }

    public StoredAuditEvent? Find(long sequence)
    {
        var at = _files.FindIndex(file => sequence >= file.First && sequence <= file.Last);
        if (at < 0) return null;
        try
        {
            using var read = new SqliteStatement(Connection(at), "SELECT previous, hash, body FROM record WHERE sequence = ?1");
            read.Bind(1, sequence);
            if (!read.Step()) return null;
            var bytes = read.Blob(2).ToArray();
            return new StoredAuditEvent(sequence, read.Blob(0).ToArray(), read.Blob(1).ToArray(), bytes, AuditJson.Parse(bytes));
        }
        catch (Exception e) when (e is SqliteException or FormatException)
        {
            throw new AuditStoreException($"{_path}: record {sequence}: {e.Message}; verify the store", e);
        }
    }

    public IReadOnlyList<StoredAuditEvent> After(long sequence, int limit) =>
        [.. AuditReader.Read(_path, new AuditFilter { After = sequence, Order = AuditOrder.OldestFirst, Limit = limit })];

    public long First => _files.Min(file => file.First);

    public IReadOnlyList<RecordBytes> BytesAfter(long sequence, int limit, int bytes)
    {
        foreach (var at in Enumerable.Range(0, _files.Count).Where(at => _files[at].Last > sequence).OrderBy(at => _files[at].First).ToList())
        {
            var rows = ReadBytes(Connection(at), sequence, limit, bytes);
            if (rows.Count > 0) return rows;
        }

        return [];
    }

    public void Dispose()
    {
        foreach (var file in _files) file.Connection?.Dispose();
    }

    private SqliteConnection Connection(int at)
    {
        if (_files[at].Connection is { } open) return open;
        _files[at] = _files[at] with { Connection = AuditFile.Open(_files[at].Path) };
        return _files[at].Connection!;
    }

    private List<RecordBytes> ReadBytes(SqliteConnection connection, long sequence, int limit, int bytes)
    {
        try
        {
            using var read = new SqliteStatement(connection, $"SELECT sequence, hash, body FROM record WHERE sequence > ?1 ORDER BY sequence LIMIT {limit}");
            read.Bind(1, sequence);
            var rows = new List<RecordBytes>();
            for (var left = bytes; left > 0 && read.Step(); left -= rows[^1].Bytes.Length)
                rows.Add(new RecordBytes(read.Int64(0), read.Blob(1).ToArray(), read.Blob(2).ToArray()));
            return rows;
        }
        catch (SqliteException e)
        {
            throw new AuditStoreException($"{_path}: cannot be read as an audit store: {e.Message}", e);
        }
    }
}
