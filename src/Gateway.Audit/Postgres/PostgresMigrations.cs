using System.Globalization;
using Npgsql;

namespace Gateway.Audit;

/// <summary>Makes and changes the tables of a PostgreSQL store, as their owner; gateways write with a role that can do neither.</summary>
public static class PostgresMigrations
{
    // One number for everybody who migrates, so that two do it one after the other.
    private const long Lock = 0x43474155;

    /// <summary>Applies the steps that are missing.</summary>
    /// <param name="connectionString">As the owner.</param>
    /// <param name="writer">A role that may then write the chains, and read, and nothing else; null for none.</param>
    /// <param name="streams">The chains that this role alone writes from then on.</param>
    /// <returns>The numbers of the steps that were applied.</returns>
    /// <exception cref="AuditStoreException">It could not be done; nothing of the failed step remains.</exception>
    public static IReadOnlyList<int> Apply(string connectionString, string? writer = null, params IEnumerable<string> streams) =>
        Apply(connectionString, int.MaxValue, writer, streams);

    /// <summary>Which role writes which chain, by chain.</summary>
    /// <param name="connectionString">As the owner.</param>
    /// <exception cref="AuditStoreException">They cannot be read.</exception>
    public static IReadOnlyList<(string Stream, string Role)> Writers(string connectionString)
    {
        try
        {
            using var connection = new NpgsqlConnection(connectionString);
            connection.Open();
            using var command = new NpgsqlCommand("SELECT stream, role FROM audit.writer ORDER BY stream, role", connection);
            using var rows = command.ExecuteReader();
            var writers = new List<(string, string)>();
            while (rows.Read()) writers.Add((rows.GetString(0), rows.GetString(1)));
            return writers;
        }
        catch (NpgsqlException e)
        {
            throw new AuditStoreException($"the roles that write cannot be read: {e.Message}", e);
        }
    }

    /// <param name="last">The last step that is applied.</param>
    internal static IReadOnlyList<int> Apply(string connectionString, int last, string? writer, IEnumerable<string> streams)
    {
        try
        {
            using var connection = new NpgsqlConnection(connectionString);
            connection.Open();
            Run(connection, $"SELECT pg_advisory_lock({Lock.ToString(CultureInfo.InvariantCulture)})");
            Run(connection, "CREATE SCHEMA IF NOT EXISTS audit; CREATE TABLE IF NOT EXISTS audit.migration (step integer PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())");
            var applied = new List<int>();
            foreach (var (number, sql) in Steps().TakeWhile(step => step.Number <= last))
            {
                using var transaction = connection.BeginTransaction();
                using (var known = new NpgsqlCommand("SELECT count(*) FROM audit.migration WHERE step = $1", connection, transaction) { Parameters = { new() { Value = number } } })
                    if ((long)known.ExecuteScalar()! > 0) continue;
                Run(connection, sql);
                Run(connection, $"INSERT INTO audit.migration (step) VALUES ({number.ToString(CultureInfo.InvariantCulture)})");
                transaction.Commit();
                applied.Add(number);
            }

            if (writer is not null) Grant(connection, writer, streams);
            return applied;
        }
        catch (NpgsqlException e)
        {
            throw new AuditStoreException($"the tables could not be made: {e.Message}", e);
        }
    }

    private static void Grant(NpgsqlConnection connection, string role, IEnumerable<string> streams)
    {
        using (var me = new NpgsqlCommand("SELECT current_user = $1", connection) { Parameters = { new() { Value = role } } })
            if ((bool)me.ExecuteScalar()!) throw new AuditStoreException($"role `{role}` owns the tables, so it could also change them; name another that writes");
        using var transaction = connection.BeginTransaction();
        using var quote = new NpgsqlCommand("SELECT quote_ident($1)", connection) { Parameters = { new() { Value = role } } };
        var name = (string)quote.ExecuteScalar()!;
        Run(connection, $"REVOKE ALL ON ALL TABLES IN SCHEMA audit FROM {name}; GRANT USAGE ON SCHEMA audit TO {name}; GRANT SELECT, INSERT ON audit.record TO {name}");
        foreach (var stream in streams)
        {
            Chain.ThrowIfNotStream(stream);
            using var give = new NpgsqlCommand("WITH others AS (DELETE FROM audit.writer WHERE stream = $1 AND role <> $2) INSERT INTO audit.writer VALUES ($1, $2) ON CONFLICT DO NOTHING", connection)
            {
                Parameters = { new() { Value = stream }, new() { Value = role } },
            };
            give.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    private static IEnumerable<(int Number, string Sql)> Steps()
    {
        using var reader = new StreamReader(typeof(PostgresMigrations).Assembly.GetManifestResourceStream("postgres.sql")!);
        foreach (var part in reader.ReadToEnd().Split("\n-- step ").Skip(1))
        {
            var end = part.IndexOf('\n', StringComparison.Ordinal);
            yield return (int.Parse(part[..end], CultureInfo.InvariantCulture), part[(end + 1)..]);
        }
    }

    private static void Run(NpgsqlConnection connection, string sql)
    {
#pragma warning disable CA2100 // The statements are this project's own; the one name in them is quoted by the server.
        using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
