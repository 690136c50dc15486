namespace Gateway.Audit;

/// <summary>
/// Drops sealed segments whose newest record is too old: first a record of it, with what stood at the segment's end, then the file. What remains
/// verifies from there on.
/// </summary>
public static class SegmentRetention
{
    /// <param name="delivered">The last record that every sink has; a file with later ones is kept for them, however old.</param>
    /// <returns>The files that were dropped, and the first that is kept for a sink alone.</returns>
    /// <exception cref="AuditUnavailableException">The log did not take the record; the file stays.</exception>
    /// <exception cref="AuditStoreException">A segment cannot be read; it and later ones stay.</exception>
    public static async Task<(IReadOnlyList<string> Dropped, string? HeldBack)> DropAsync(AuditLog log, string store, TimeSpan age, long delivered, TimeProvider time)
    {
        var dropped = new List<string>();
        foreach (var segment in AuditSegments.Sealed(store))
        {
            if (Describe(segment.Path) is not { } last || time.GetUtcNow() - last.Newest < age || last.Row.Head.Sequence >= log.Status.OpenFloor) break;
            if (segment.Last > delivered) return (dropped, segment.Path);
            var part = new DroppedPart(segment.First, segment.Last, last.Row.Head.Hash, last.Row.Tree.Root);
            await log.AppendAsync(new OwnRecords(log.Observer, time).Dropped(log.Stream, part, Path.GetFileName(segment.Path)), CancellationToken.None);
            File.Delete(segment.Path);
            dropped.Add(segment.Path);
        }

        return (dropped, null);
    }

    private static (LogRow Row, DateTimeOffset Newest)? Describe(string path)
    {
        using var connection = AuditFile.Open(path);
        var row = AuditFile.ReadLog(connection, path);
        using var newest = new SqliteStatement(connection, "SELECT max(event_time) FROM record");
        newest.Step();
        return row.IsSealed ? (row, DateTimeOffset.UnixEpoch.AddTicks(newest.Int64(0) * TimeSpan.TicksPerMicrosecond)) : null;
    }
}
