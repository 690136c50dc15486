using System.Security.Cryptography;
using Npgsql;
using NpgsqlTypes;

namespace Gateway.Audit;

/// <summary>
/// One gateway's chain in a PostgreSQL database that many share. Rows are only ever inserted, so the role needs no more than that and reading; the head is
/// the last row. While the connection lives, the chain is its own; which chains its role may write at all, the owner of the tables says.
/// </summary>
internal sealed class PostgresStore : IAuditStore
{
    private const string Copy =
        "COPY audit.record (stream, sequence, previous, hash, body, id, kind, event_time, action, outcome, initiator_id, initiator_name, project_id, target_id, request_id, intent_id) "
        + "FROM STDIN (FORMAT BINARY)";

    // The chain is free again when the server has noticed that a session is dead: by the system's own times, that takes two hours.
    private const string Settings =
        "SET synchronous_commit = on; SET idle_in_transaction_session_timeout = 0; "
        + "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4; SET tcp_user_timeout = 30000";

    private readonly NpgsqlConnection _connection;
    private readonly string _stream;
    private readonly long _openFloor;
    private NpgsqlTransaction? _transaction;
    private NpgsqlBinaryImporter? _import;

    private PostgresStore(NpgsqlConnection connection, string stream, ChainHead head, CheckpointRecord? last)
    {
        _connection = connection;
        _stream = stream;
        Head = head;
        Tree = ReadTree(connection, stream, head, last);
        _openFloor = last?.OpenFloor ?? 0;
    }

    public ChainHead Head { get; }

    public MerkleFrontier Tree { get; }

    /// <exception cref="AuditStoreException">Another process writes the chain, its head does not hold, or there are no tables.</exception>
    public static PostgresStore Open(string connectionString, Chain chain)
    {
        var connection = new NpgsqlConnection(connectionString);
        try
        {
            connection.Open();
            using (var settings = new NpgsqlCommand(Settings, connection)) settings.ExecuteNonQuery();
            Take(connection, chain.Stream);
            var head = ReadHead(connection, chain);
            return new PostgresStore(connection, chain.Stream, head, LastCheckpoint(connection, chain.Stream));
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public HashSet<string> RecentIds(int count)
    {
        using var read = Command("SELECT id FROM audit.record WHERE stream = $1 ORDER BY sequence DESC LIMIT $2", _stream, (long)count);
        using var rows = read.ExecuteReader();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        while (rows.Read()) ids.Add(rows.GetString(0));
        return ids;
    }

    public IReadOnlyList<(long Sequence, AuditEvent Event)> FindOpenIntents()
    {
        // From where the last checkpoint says that none is open before: a long chain is not read through at each start.
        using var read = AtStart(Command(
            """
            SELECT sequence, body FROM audit.record AS opened WHERE stream = $1 AND sequence >= $2 AND kind = 'intent'
            AND NOT EXISTS (SELECT 1 FROM audit.record AS closing WHERE closing.stream = opened.stream AND closing.intent_id = opened.id) ORDER BY sequence
            """,
            _stream,
            _openFloor));
        using var rows = read.ExecuteReader();
        var open = new List<(long, AuditEvent)>();
        while (rows.Read()) open.Add((rows.GetInt64(0), AuditJson.Parse(rows.GetFieldValue<byte[]>(1))));
        return open;
    }

    /// <summary>
    /// Which session writes, the server knows; here it is only asked whether it answers. Nobody: the chain is given up before the connection
    /// ends, which the server may notice only after the next process has come.
    /// </summary>
    public void SetHolder(string? holder)
    {
        using var ask = holder is null ? Command("SELECT audit.leave($1)", _stream) : Command("SELECT 1");
        ask.ExecuteNonQuery();
    }

    /// <summary>A connection that broke has given up the chain, and says so at the next statement.</summary>
    public void ThrowIfMoved()
    {
    }

    public void Begin()
    {
        _transaction = _connection.BeginTransaction();
        _import = _connection.BeginBinaryImport(Copy);
    }

    public void Insert(long sequence, ReadOnlySpan<byte> previous, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> body, in RecordColumns columns)
    {
        var import = _import!;
        import.StartRow();
        import.Write(_stream, NpgsqlDbType.Text);
        import.Write(sequence, NpgsqlDbType.Bigint);
        import.Write(previous.ToArray(), NpgsqlDbType.Bytea);
        import.Write(hash.ToArray(), NpgsqlDbType.Bytea);
        import.Write(body.ToArray(), NpgsqlDbType.Bytea);
        Text(import, columns.Id);
        Text(import, columns.Kind);
        import.Write(columns.EventTime, NpgsqlDbType.Bigint);
        Text(import, columns.Action);
        Text(import, columns.Outcome);
        Text(import, columns.InitiatorId);
        Text(import, columns.InitiatorName);
        Text(import, columns.ProjectId);
        Text(import, columns.TargetId);
        Text(import, columns.RequestId);
        Text(import, columns.IntentId);
    }

    /// <summary>The head is the last row; its number, which is a key, is what keeps two from writing the same one.</summary>
    public void MoveHead(ChainHead from, ChainHead to, MerkleFrontier tree, long openFloor)
    {
        _import!.Complete();
        CloseImport();
    }

    public void Commit()
    {
        _transaction!.Commit();
        CloseTransaction();
    }

    public void Rollback()
    {
        CloseImport();
        _transaction?.Rollback();
        CloseTransaction();
    }

    public void Dispose()
    {
        try
        {
            CloseImport();
            CloseTransaction();
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or IOException)
        {
            // What a broken connection leaves open, the server rolls back.
        }

        _connection.Dispose();
    }

    // PostgreSQL's text takes no NUL; such a column is spelt as it would be shown. The record itself has it as it came.
    internal static string? Storable(string? text) => text?.Replace("\0", "\\u0000", StringComparison.Ordinal);

    private static void Text(NpgsqlBinaryImporter import, string? text)
    {
        if (text is null) import.WriteNull();
        else import.Write(Storable(text)!, NpgsqlDbType.Text);
    }

    private void CloseImport()
    {
        _import?.Dispose();
        _import = null;
    }

    private void CloseTransaction()
    {
        _transaction?.Dispose();
        _transaction = null;
    }

    private NpgsqlCommand Command(string sql, params object[] values) => Command(_connection, sql, values);

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params object[] values)
    {
#pragma warning disable CA2100 // The statements are this file's own; values are parameters.
        var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    private static void Take(NpgsqlConnection connection, string stream)
    {
        using var take = Command(connection, "SELECT audit.take($1)", stream);
        if (!(bool)take.ExecuteScalar()!)
            throw new AuditStoreException($"{Name(connection)}: the chain of `{stream}` is already written by another process; stop it, or give this gateway an id of its own");
    }

    private static ChainHead ReadHead(NpgsqlConnection connection, Chain chain)
    {
        using var read = Command(connection, "SELECT sequence, previous, hash, body FROM audit.record WHERE stream = $1 ORDER BY sequence DESC LIMIT 2", chain.Stream);
        using var rows = read.ExecuteReader();
        if (!rows.Read()) return ChainHead.Start;
        var head = new ChainHead(rows.GetInt64(0), rows.GetFieldValue<byte[]>(2));
        var previous = rows.GetFieldValue<byte[]>(1);
        var computed = new byte[Chain.HashSize];
        chain.Link(head.Sequence, previous, SHA256.HashData(rows.GetFieldValue<byte[]>(3)), computed);
        var before = rows.Read() ? new ChainHead(rows.GetInt64(0), rows.GetFieldValue<byte[]>(2)) : ChainHead.Start;
        return computed.AsSpan().SequenceEqual(head.Hash) && before.Sequence == head.Sequence - 1 && before.Hash.AsSpan().SequenceEqual(previous)
            ? head
            : throw new AuditStoreException($"{Name(connection)}: record {head.Sequence} of `{chain.Stream}` does not hold; verify the chain and restore it, or begin a new one");
    }

    private static CheckpointRecord? LastCheckpoint(NpgsqlConnection connection, string stream)
    {
        using var last = AtStart(Command(
            connection,
            "SELECT body FROM audit.record WHERE stream = $1 AND kind = 'lifecycle' AND action = $2 ORDER BY sequence DESC LIMIT 1",
            stream,
            LogActions.Checkpoint));
        return last.ExecuteScalar() is byte[] body ? CheckpointRecord.Of(AuditJson.Parse(body)) : null;
    }

    /// <summary>From the last checkpoint in the record on, by the hashes since.</summary>
    private static MerkleFrontier ReadTree(NpgsqlConnection connection, string stream, ChainHead head, CheckpointRecord? last)
    {
        var tree = last is null ? MerkleFrontier.Empty : MerkleFrontier.Read(RecordProof.CheckpointOf(last.Note).Size, last.Peaks);
        using var hashes = AtStart(Command(connection, "SELECT hash FROM audit.record WHERE stream = $1 AND sequence > $2 ORDER BY sequence", stream, tree.Size));
        using var rows = hashes.ExecuteReader();
        var builder = new MerkleFrontier.Builder(tree);
        while (rows.Read()) builder.Append(rows.GetFieldValue<byte[]>(0));
        return builder.Size == head.Sequence
            ? builder.ToFrontier()
            : throw new AuditStoreException($"{Name(connection)}: `{stream}` has {builder.Size} records before its head {head.Sequence}; verify the chain");
    }

    /// <summary>What a start reads may be much; nobody's deadline runs yet.</summary>
    private static NpgsqlCommand AtStart(NpgsqlCommand command)
    {
        command.CommandTimeout = 300;
        return command;
    }

    private static string Name(NpgsqlConnection connection) => $"postgresql://{connection.Host}:{connection.Port}/{connection.Database}";
}
