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
}

/// <summary>A store opened for looking up records one by one, in whichever segment they are.</summary>
public sealed class AuditRecords : IAuditRecords
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
            records._files.AddRange(AuditSegments.Sealed(path).Where(segment => segment.First <= log.Base.Sequence).Select(segment => (segment.First, segment.Last, segment.Path, (SqliteConnection?)null)));
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
        var file = _files[at];
        if (file.Connection is null) _files[at] = file = file with { Connection = AuditFile.Open(file.Path) };
        try
        {
            using var read = new SqliteStatement(file.Connection, "SELECT previous, hash, body FROM record WHERE sequence = ?1");
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

    public void Dispose()
    {
        foreach (var file in _files) file.Connection?.Dispose();
    }
}
