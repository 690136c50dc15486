namespace Gateway.Audit;

/// <summary>Where the record of a data directory is when nobody names it.</summary>
public static class DefaultStore
{
    /// <summary><c>audit.jsonl</c>; <c>audit.db</c> where an earlier version began one and there is no other.</summary>
    public static string In(string directory)
    {
        var (lines, rows) = (Path.Combine(directory, "audit.jsonl"), Path.Combine(directory, "audit.db"));
        return IsThere(rows) && !(IsThere(lines) && StoreKind.IsLines(lines)) ? rows : lines;
    }

    private static bool IsThere(string store) => File.Exists(store) || AuditSegments.Exist(store);
}
