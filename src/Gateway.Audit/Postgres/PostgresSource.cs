using System.Security.Cryptography;
using Npgsql;

namespace Gateway.Audit;

/// <summary>One chain of a PostgreSQL database, read for verification, proofs and exports.</summary>
internal sealed class PostgresSource : IChainSource
{
    private const int PageSize = 5000;

    private readonly NpgsqlConnection _connection;

    private PostgresSource(NpgsqlConnection connection, string stream)
    {
        _connection = connection;
        Stream = stream;
    }

    public string Name => $"postgresql://{_connection.Host}:{_connection.Port}/{_connection.Database}";

    public string Stream { get; }

    public ChainHead Base => ChainHead.Start;

    public byte[] BasePeaks => [];

    public bool IsSealed => false;

    // The last row is all there is; a chain that was cut short is found by its checkpoints.
    public ChainEnd? End => null;

    /// <exception cref="AuditStoreException">The database cannot be read.</exception>
    public static PostgresSource Open(string connectionString, string stream)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(PostgresConnections.Watched(connectionString)) { Pooling = false }.ToString());
        try
        {
            connection.Open();
            return new PostgresSource(connection, stream);
        }
        catch (NpgsqlException e)
        {
            connection.Dispose();
            throw new AuditStoreException($"the database cannot be read: {e.Message}", e);
        }
    }

    public IEnumerable<IReadOnlyList<ChainRow>> Pages()
    {
        var from = 0L;
        while (true)
        {
            var rows = Page(from);
            if (rows.Count > 0) yield return rows;
            if (rows.Count < PageSize) yield break;
            from = rows[^1].Sequence;
        }
    }

    public IEnumerable<ExaminedPage> Examined(CancellationToken ct)
    {
        const int Part = 1024;
        using var pages = Pages().GetEnumerator();
        var next = Task.Run(pages.MoveNext, ct);
        try
        {
            while (next.GetAwaiter().GetResult())
            {
                var rows = pages.Current;
                next = Task.Run(pages.MoveNext, ct);
                var parts = new ExaminedPage[(rows.Count + Part - 1) / Part];
                Parallel.For(0, parts.Length, part =>
                {
                    var examiner = new RecordExaminer(Stream);
                    parts[part] = new ExaminedPage(Part);
                    foreach (var row in rows.Skip(part * Part).Take(Part))
                        parts[part].Add(examiner, row.Sequence, row.Previous, row.Hash, row.Body, row.IsWellFormed, row.Columns!);
                });
                foreach (var part in parts) yield return part;
            }
        }
        finally
        {
            // The connection is not asked anything else before this is over.
            ((IAsyncResult)next).AsyncWaitHandle.WaitOne();
        }
    }

    public StoredRow? At(long sequence) => Rows("sequence = $2", sequence, 1).FirstOrDefault();

    public IEnumerable<StoredRow> After(long sequence) => Rows("sequence > $2", sequence, int.MaxValue);

    public ChainRow? Newest(string action, long before)
    {
        using var read = Command(
            "SELECT sequence, previous, hash, body FROM audit.record WHERE stream = $1 AND sequence < $2 AND kind = 'lifecycle' AND action = $3 ORDER BY sequence DESC LIMIT 1", before);
        read.Parameters.Add(new NpgsqlParameter { Value = action });
        using var rows = read.ExecuteReader();
        return rows.Read() ? new ChainRow(rows.GetInt64(0), rows.GetFieldValue<byte[]>(1), rows.GetFieldValue<byte[]>(2), rows.GetFieldValue<byte[]>(3), Columns: null) : null;
    }

    public VerifyFinding? CheckBefore() => null;

    public VerifyFinding? CheckAfter() => null;

    public void Dispose() => _connection.Dispose();

    private List<StoredRow> Rows(string condition, long sequence, int limit)
    {
        using var read = Command($"SELECT sequence, previous, hash, body FROM audit.record WHERE stream = $1 AND {condition} ORDER BY sequence LIMIT {limit}", sequence);
        using var rows = read.ExecuteReader();
        var found = new List<StoredRow>();
        while (rows.Read()) found.Add(new StoredRow(rows.GetInt64(0), rows.GetFieldValue<byte[]>(1), rows.GetFieldValue<byte[]>(2), SHA256.HashData(rows.GetFieldValue<byte[]>(3))));
        return found;
    }

    private List<ChainRow> Page(long after)
    {
        using var read = Command(
            $"""
            SELECT sequence, previous, hash, body, id, kind, event_time, action, outcome, initiator_id, initiator_name, project_id, target_id, request_id, intent_id
            FROM audit.record WHERE stream = $1 AND sequence > $2 ORDER BY sequence LIMIT {PageSize}
            """,
            after);
        using var rows = read.ExecuteReader();
        var page = new List<ChainRow>();
        while (rows.Read())
        {
            string? Text(int column) => rows.IsDBNull(column) ? null : rows.GetString(column);
            var columns = new StoredColumns([Text(4), Text(5), null, Text(7), Text(8), Text(9), Text(10), Text(11), Text(12), Text(13), Text(14)], rows.GetInt64(6));
            var (previous, hash, body) = (rows.GetFieldValue<byte[]>(1), rows.GetFieldValue<byte[]>(2), rows.GetFieldValue<byte[]>(3));
            page.Add(new ChainRow(rows.GetInt64(0), previous, hash, body, columns)
            {
                IsWellFormed = previous.Length == Chain.HashSize && hash.Length == Chain.HashSize,
            });
        }

        return page;
    }

    private NpgsqlCommand Command(string sql, long sequence)
    {
#pragma warning disable CA2100 // The statements are this file's own; values are parameters.
        return new NpgsqlCommand(sql, _connection) { Parameters = { new() { Value = Stream }, new() { Value = sequence } } };
#pragma warning restore CA2100
    }
}
