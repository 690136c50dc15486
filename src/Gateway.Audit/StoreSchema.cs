using Microsoft.Data.Sqlite;

namespace Gateway.Audit;

/// <summary>The tables, indexes and triggers of a store. Part of its format: changed only together with <see cref="AuditStore.Format"/>.</summary>
internal static class StoreSchema
{
    public static string Text
    {
        get
        {
            using var stream = typeof(StoreSchema).Assembly.GetManifestResourceStream("schema.sql")!;
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
    }

    /// <summary>Where a file's schema is not ours: a view in place of the table, a key without its constraint, a trigger more or less.</summary>
    public static VerifyFinding? Difference(SqliteConnection connection)
    {
        using var pattern = new SqliteConnection("Data Source=:memory:;Pooling=False");
        pattern.Open();
        using (var create = pattern.CreateCommand())
        {
            create.CommandText = Text;
            create.ExecuteNonQuery();
        }

        var expected = Objects(pattern);
        var actual = Objects(connection);
        var different = expected.Except(actual).Concat(actual.Except(expected)).Select(o => o.Name).FirstOrDefault();
        return different is null
            ? null
            : new VerifyFinding(VerifyProblem.StoreDamaged, Sequence: null, $"the file's schema was changed: `{different}` is not as it was made");
    }

    private static List<(string Type, string Name, string Sql)> Objects(SqliteConnection connection)
    {
        var objects = new List<(string, string, string)>();
        using var read = new SqliteStatement(connection, "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL");
        while (read.Step()) objects.Add((read.Text(0) ?? "", read.Text(1) ?? "", read.Text(2) ?? ""));
        return objects;
    }
}
