using Microsoft.Data.Sqlite;

namespace Gateway.Audit;

/// <summary>The name of a store's chain.</summary>
public static class StreamName
{
    /// <summary>Whether a text can be the name of a chain.</summary>
    public static bool IsOne(string text) => Chain.IsStream(text);

    /// <exception cref="AuditStoreException">The file is not an audit store.</exception>
    public static string Of(string store)
    {
        if (StoreKind.IsLines(store))
        {
            using var file = LineFile.Open(store);
            return file.Header.Stream;
        }

        try
        {
            using var connection = AuditFile.Open(store);
            return AuditFile.ReadLog(connection, store).Stream;
        }
        catch (SqliteException e)
        {
            throw new AuditStoreException($"{store}: cannot be read as an audit store: {e.Message}", e);
        }
    }
}
