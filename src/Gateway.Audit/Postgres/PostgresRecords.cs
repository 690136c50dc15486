using System.Net.Sockets;
using Npgsql;

namespace Gateway.Audit;

/// <summary>One gateway's chain in a PostgreSQL database, opened for reading.</summary>
public sealed class PostgresRecords : IAuditRecords
{
    private readonly NpgsqlConnection _connection;
    private readonly string _stream;

    private PostgresRecords(NpgsqlConnection connection, string stream) => (_connection, _stream) = (connection, stream);

    /// <exception cref="AuditStoreException">The database cannot be read.</exception>
    public static PostgresRecords Open(string connectionString, string stream) => new(Connect(connectionString), stream);

    public StoredAuditEvent? Find(long sequence) => Read("sequence = $2 LIMIT 1", sequence).FirstOrDefault();

    public IReadOnlyList<StoredAuditEvent> After(long sequence, int limit) => Read($"sequence > $2 ORDER BY sequence LIMIT {limit}", sequence);

    // The gateways may delete nothing there.
    public long First => 1;

    public IReadOnlyList<RecordBytes> BytesAfter(long sequence, int limit, int bytes) => Guarded(_stream, () =>
    {
        using var command = new NpgsqlCommand($"SELECT sequence, hash, body FROM audit.record WHERE stream = $1 AND sequence > $2 ORDER BY sequence LIMIT {limit}", _connection);
        command.Parameters.Add(new NpgsqlParameter { Value = _stream });
        command.Parameters.Add(new NpgsqlParameter { Value = sequence });
        using var rows = command.ExecuteReader();
        var found = new List<RecordBytes>();
        for (var left = bytes; left > 0 && rows.Read(); left -= found[^1].Bytes.Length)
            found.Add(new RecordBytes(rows.GetInt64(0), rows.GetFieldValue<byte[]>(1), rows.GetFieldValue<byte[]>(2)));
        return found;
    });

    public void Dispose() => _connection.Dispose();

    /// <exception cref="AuditStoreException">The database cannot be reached.</exception>
    internal static NpgsqlConnection Connect(string connectionString)
    {
        var connection = new NpgsqlConnection(PostgresConnections.Watched(connectionString));
        try
        {
            connection.Open();
            return connection;
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or IOException)
        {
            connection.Dispose();
            throw new AuditStoreException($"{PostgresLog.NameOf(connectionString)}: cannot be read: {e.Message}", e);
        }
    }

    /// <exception cref="AuditStoreException">The database cannot be read.</exception>
    internal static T Guarded<T>(string stream, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            throw new AuditStoreException("there are no tables for the record: run `gatewayctl audit migrate`", e);
        }
        catch (Exception e) when (e is NpgsqlException or FormatException or TimeoutException or IOException)
        {
            throw new AuditStoreException($"the chain of `{stream}` cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads rows of sequence, previous, hash and body.</summary>
    internal static List<StoredAuditEvent> Rows(NpgsqlCommand command)
    {
        using var rows = command.ExecuteReader();
        var found = new List<StoredAuditEvent>();
        while (rows.Read())
        {
            var bytes = rows.GetFieldValue<byte[]>(3);
            found.Add(new StoredAuditEvent(rows.GetInt64(0), rows.GetFieldValue<byte[]>(1), rows.GetFieldValue<byte[]>(2), bytes, AuditJson.Parse(bytes)));
        }

        return found;
    }

    private List<StoredAuditEvent> Read(string condition, long sequence) => Guarded(_stream, () =>
    {
#pragma warning disable CA2100 // The conditions are this file's own; values are parameters.
        using var command = new NpgsqlCommand($"SELECT sequence, previous, hash, body FROM audit.record WHERE stream = $1 AND {condition}", _connection);
#pragma warning restore CA2100
        command.Parameters.Add(new NpgsqlParameter { Value = _stream });
        command.Parameters.Add(new NpgsqlParameter { Value = sequence });
        return Rows(command);
    });
}
