using Microsoft.Data.Sqlite;

namespace Gateway.Audit;

/// <summary>
/// Drops sealed segments whose newest record is too old: first a record of it, with what stood at the segment's end, then a checkpoint over that record, then
/// the file. What remains verifies from there on; a record of it that nobody signed for would prove nothing.
/// </summary>
public static class SegmentRetention
{
    /// <param name="delivered">The last record that every sink has; a file with later ones is kept for them, however old.</param>
    /// <returns>The files that were dropped, and the first that is kept for a sink alone.</returns>
    /// <exception cref="AuditUnavailableException">The log did not take the record; the file stays.</exception>
    /// <exception cref="AuditStoreException">A segment cannot be read, or no checkpoint was made; it and later ones stay.</exception>
    public static async Task<(IReadOnlyList<string> Dropped, string? HeldBack)> DropAsync(AuditLog log, Checkpointer checkpointer, string store, TimeSpan age, long delivered, TimeProvider time)
    {
        var due = new List<AuditSegment>();
        string? heldBack = null;
        foreach (var segment in AuditSegments.Sealed(store))
        {
            if (Describe(segment.Path, time.GetUtcNow() - age) is not { } last || time.GetUtcNow() - last.Newest < age || last.Row.Head.Sequence >= log.Status.OpenFloor) break;
            if (segment.Last > delivered)
            {
                heldBack = segment.Path;
                break;
            }

            var part = new DroppedPart(segment.First, segment.Last, last.Row.Head.Hash, last.Row.Tree.Root);
            await log.AppendAsync(new OwnRecords(log.Observer, time).Dropped(log.Stream, part, Path.GetFileName(segment.Path)), CancellationToken.None);
            due.Add(segment);
        }

        if (due.Count > 0 && await checkpointer.MakeAsync() is null)
            throw new AuditStoreException($"{due[0].Path}: stays, because no checkpoint was made over the record that it is dropped: {checkpointer.Fault}");
        foreach (var segment in due) File.Delete(segment.Path);
        return ([.. due.Select(segment => segment.Path)], heldBack);
    }

    /// <param name="due">A file with no record since then is dropped.</param>
    private static (LogRow Row, DateTimeOffset Newest)? Describe(string path, DateTimeOffset due)
    {
        if (StoreKind.IsLines(path))
        {
            using var file = LineFile.Open(path);
            var (log, noted) = file.ReadLog();
            if (!log.IsSealed) return null;

            // What a head says of times is no record's word: before a file is deleted for it, the records themselves are asked.
            return (log, At(At(noted) > due ? noted : file.After(log.Base.Sequence).Select(record => record.Columns.EventTime).DefaultIfEmpty(noted).Max()));
        }

        using var connection = AuditFile.Open(path);
        try
        {
            var row = AuditFile.ReadLog(connection, path);
            using var newest = new SqliteStatement(connection, "SELECT max(event_time) FROM record");
            newest.Step();
            return row.IsSealed ? (row, At(newest.Int64(0))) : null;
        }
        catch (SqliteException e)
        {
            throw new AuditStoreException($"{path}: cannot be read: {e.Message}; verify the store", e);
        }
    }

    private static DateTimeOffset At(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
