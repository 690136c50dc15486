using Microsoft.Data.Sqlite;

namespace Gateway.Audit;

/// <summary>Reads events from a store, also while a gateway writes it. Trusts the file; <see cref="AuditVerifier"/> does not.</summary>
public static class AuditReader
{
    // Each page is a read of its own, so that a slow consumer does not keep the writer from trimming its write-ahead log.
    private const int PageSize = 500;

    /// <exception cref="AuditStoreException">The file is not an audit store or cannot be read.</exception>
    public static IEnumerable<StoredAuditEvent> Read(string path, AuditFilter filter) => StoreKind.IsLines(path) ? LineRecords.Read(path, filter) : ReadRows(path, filter);

    private static IEnumerable<StoredAuditEvent> ReadRows(string path, AuditFilter filter)
    {
        var query = new AuditQuery(filter);
        var left = filter.Limit ?? int.MaxValue;

        // The active segment is opened before the sealed ones are listed: sealed meanwhile, it is still this file.
        using var active = AuditFile.Open(path);
        var log = ReadLog(active, path);
        var segments = AuditSegments.Before(path, log.Base.Sequence).Where(segment => Meets(segment, filter)).ToList();
        var newestFirst = filter.Order == AuditOrder.NewestFirst;
        if (newestFirst)
        {
            foreach (var stored in ReadFile(active, path, query, left)) yield return Counted(stored);
            segments.Reverse();
        }

        foreach (var segment in segments)
        {
            if (left <= 0) yield break;
            using var connection = AuditFile.Open(segment.Path);
            ReadLog(connection, segment.Path);
            foreach (var stored in ReadFile(connection, segment.Path, query, left)) yield return Counted(stored);
        }

        if (newestFirst) yield break;
        foreach (var stored in ReadFile(active, path, query, left)) yield return Counted(stored);

        StoredAuditEvent Counted(StoredAuditEvent stored)
        {
            left--;
            return stored;
        }
    }

    private static bool Meets(AuditSegment segment, AuditFilter filter) =>
        (filter.After is not { } after || segment.Last > after) && (filter.Before is not { } before || segment.First < before);

    private static IEnumerable<StoredAuditEvent> ReadFile(SqliteConnection connection, string path, AuditQuery query, int left)
    {
        long? from = null;
        while (left > 0)
        {
            var page = ReadPage(connection, path, query, from, Math.Min(left, PageSize));
            foreach (var stored in page) yield return stored;
            if (page.Count < Math.Min(left, PageSize)) break;
            left -= page.Count;
            from = page[^1].Sequence;
        }
    }

    /// <summary>The record with this number; null when there is none.</summary>
    /// <exception cref="AuditStoreException">The file is not an audit store or cannot be read.</exception>
    public static StoredAuditEvent? Find(string path, long sequence) =>
        Read(path, new AuditFilter { After = sequence - 1, Before = sequence + 1 }).FirstOrDefault();

    private static LogRow ReadLog(SqliteConnection connection, string path)
    {
        try
        {
            return AuditFile.ReadLog(connection, path);
        }
        catch (SqliteException e)
        {
            throw Unreadable(path, e);
        }
    }

    private static List<StoredAuditEvent> ReadPage(SqliteConnection connection, string path, AuditQuery query, long? from, int limit)
    {
        var page = new List<StoredAuditEvent>(Math.Min(limit, PageSize));
        try
        {
            using var statement = query.Prepare(connection, from, limit);
            while (statement.Step())
            {
                var sequence = statement.Int64(0);
                var bytes = statement.Blob(3).ToArray();
                page.Add(new StoredAuditEvent(sequence, statement.Blob(1).ToArray(), statement.Blob(2).ToArray(), bytes, Parse(path, sequence, bytes)));
            }
        }
        catch (SqliteException e)
        {
            throw Unreadable(path, e);
        }

        return page;
    }

    internal static AuditEvent Parse(string path, long sequence, byte[] bytes)
    {
        try
        {
            return AuditJson.Parse(bytes);
        }
        catch (FormatException e)
        {
            throw new AuditStoreException($"{path}: record {sequence}: {e.Message}; verify the store", e);
        }
    }

    private static AuditStoreException Unreadable(string path, SqliteException e) => new($"{path}: cannot be read as an audit store: {e.Message}", e);
}
