namespace Gateway.Audit;

/// <summary>
/// Which kind of file a store is: lines of text, or SQLite, in which earlier versions kept it. What is there says it by how it begins; a new one is SQLite if its name
/// ends in <c>.db</c>, so that a store that was named then stays what it was.
/// </summary>
internal static class StoreKind
{
    public static bool IsLines(string path) => LineFile.Is(path) || (!IsSqlite(path) && IsLinesByName(path));

    /// <summary>A store that goes on in a new file stays of its kind; between the two there is none for a moment.</summary>
    private static bool IsLinesByName(string path) =>
        AuditSegments.Newest(path) is { } before ? LineFile.Is(before) : !path.EndsWith(".db", StringComparison.OrdinalIgnoreCase);

    private static bool IsSqlite(string path) => LineFile.Begins(path, "SQLite format 3\0"u8);
}
