using Npgsql;

namespace Gateway.Audit;

/// <summary>One gateway's chain in a PostgreSQL database, opened for reading.</summary>
public sealed class PostgresRecords : IAuditRecords
{
    private readonly NpgsqlConnection _connection;
    private readonly string _stream;

    private PostgresRecords(NpgsqlConnection connection, string stream) => (_connection, _stream) = (connection, stream);

    /// <exception cref="AuditStoreException">The database cannot be read.</exception>
    public static PostgresRecords Open(string connectionString, string stream)
    {
        var connection = new NpgsqlConnection(connectionString);
        try
        {
            connection.Open();
            return new PostgresRecords(connection, stream);
        }
        catch (NpgsqlException e)
        {
            connection.Dispose();
            throw new AuditStoreException($"{PostgresLog.NameOf(connectionString)}: cannot be read: {e.Message}", e);
        }
    }

    public StoredAuditEvent? Find(long sequence) => Read("sequence = $2 LIMIT 1", sequence).FirstOrDefault();

    public IReadOnlyList<StoredAuditEvent> After(long sequence, int limit) => Read($"sequence > $2 ORDER BY sequence LIMIT {limit}", sequence);

    public void Dispose() => _connection.Dispose();

    private List<StoredAuditEvent> Read(string condition, long sequence)
    {
        try
        {
#pragma warning disable CA2100 // The conditions are this file's own; values are parameters.
            using var command = new NpgsqlCommand($"SELECT sequence, previous, hash, body FROM audit.record WHERE stream = $1 AND {condition}", _connection);
#pragma warning restore CA2100
            command.Parameters.Add(new NpgsqlParameter { Value = _stream });
            command.Parameters.Add(new NpgsqlParameter { Value = sequence });
            using var rows = command.ExecuteReader();
            var found = new List<StoredAuditEvent>();
            while (rows.Read())
            {
                var bytes = rows.GetFieldValue<byte[]>(3);
                found.Add(new StoredAuditEvent(rows.GetInt64(0), rows.GetFieldValue<byte[]>(1), rows.GetFieldValue<byte[]>(2), bytes, AuditJson.Parse(bytes)));
            }

            return found;
        }
        catch (Exception e) when (e is NpgsqlException or FormatException)
        {
            throw new AuditStoreException($"the chain of `{_stream}` cannot be read: {e.Message}", e);
        }
    }
}
