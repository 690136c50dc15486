namespace Gateway.Audit;

/// <summary>
/// Which kind of file a store is: lines of text, or SQLite, in which earlier versions kept it. What is there says it by how it begins; a new one is SQLite if its name
/// ends in <c>.db</c>, so that a store that was named then stays what it was.
/// </summary>
internal static class StoreKind
{
    public static bool IsLines(string path) => LineFile.Is(path) || (!IsSqlite(path) && !path.EndsWith(".db", StringComparison.OrdinalIgnoreCase));

    private static bool IsSqlite(string path) => LineFile.Begins(path, "SQLite format 3\0"u8);
}
