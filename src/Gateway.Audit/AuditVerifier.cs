using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Gateway.Audit;

/// <summary>Checks a whole store, record by record, and names the first thing that is wrong. A gateway may write it meanwhile.</summary>
public static class AuditVerifier
{
    /// <exception cref="AuditStoreException">The file cannot be read as an audit store at all.</exception>
    public static VerifyReport Verify(string path, VerifyOptions? options = null, CancellationToken ct = default)
    {
        using var connection = AuditFile.Open(path);
        string stream;
        try
        {
            (stream, _, _) = AuditFile.ReadLog(connection, path);
        }
        catch (SqliteException e)
        {
            throw new AuditStoreException($"{path}: cannot be read as an audit store: {e.Message}", e);
        }

        options ??= new VerifyOptions();
        if (!Chain.IsStream(stream) || (options.Stream is { } expected && expected != stream))
        {
            var message = $"the store is of stream `{stream}`{(options.Stream is null ? ", which is not a stream's name" : $", not `{options.Stream}`")}";
            return new VerifyReport(path, stream, 0, 0, Chain.Genesis, 0, new VerifyFinding(VerifyProblem.WrongStream, Sequence: null, message));
        }

        return new Run(connection, path, new Chain(stream), options).Verify(ct);
    }

    /// <summary>One verification: what is known to hold so far.</summary>
    private sealed class Run(SqliteConnection connection, string path, Chain chain, VerifyOptions options)
    {
        // Each page is a read of its own, so that a long verification does not keep a writer from trimming its write-ahead log.
        // Records are only ever appended, so the pages fit together.
        private const int PageSize = 5000;

        private readonly Dictionary<string, long> _open = new(StringComparer.Ordinal);
        private readonly byte[] _digest = new byte[Chain.HashSize];
        private readonly byte[] _computed = new byte[Chain.HashSize];
        private byte[] _hash = Chain.Genesis;
        private long _sequence;

        public VerifyReport Verify(CancellationToken ct)
        {
            VerifyFinding? finding;
            try
            {
                finding = StoreSchema.Difference(connection) ?? CheckRecords(ct) ?? CheckPages();
            }
            catch (SqliteException e)
            {
                finding = new VerifyFinding(VerifyProblem.StoreDamaged, _sequence + 1, $"the file cannot be read after record {_sequence}: {e.Message}");
            }

            return new VerifyReport(path, chain.Stream, _sequence, _sequence, _hash, _open.Count, finding);
        }

        private VerifyFinding? CheckRecords(CancellationToken ct)
        {
            using var begin = new SqliteStatement(connection, "BEGIN");
            using var end = new SqliteStatement(connection, "COMMIT");
            using var page = new SqliteStatement(
                connection,
                $"""
                SELECT sequence, previous, hash, body, id, kind, event_time, action, outcome,
                       initiator_id, initiator_name, project_id, target_id, request_id, intent_id
                FROM record WHERE sequence >= ?1 ORDER BY sequence LIMIT {PageSize}
                """);
            var from = long.MinValue;
            while (true)
            {
                ct.ThrowIfCancellationRequested();
                begin.Execute();
                var (_, head, floor) = AuditFile.ReadLog(connection, path);
                var rows = 0;
                page.Bind(1, from);
                for (; page.Step(); rows++)
                {
                    if (CheckRecord(page, head) is { } finding) return finding;
                }

                page.Reset();
                if (rows < PageSize) return CheckEnd(head, floor);

                end.Execute();
                from = _sequence + 1;
                options.Progress?.Report(_sequence);
            }
        }

        private VerifyFinding? CheckRecord(SqliteStatement row, ChainHead head)
        {
            var sequence = row.Int64(0);
            var expected = _sequence + 1;
            if (!row.IsBlob(1) || !row.IsBlob(2) || !row.IsBlob(3) || row.Blob(1).Length != Chain.HashSize || row.Blob(2).Length != Chain.HashSize)
                return new VerifyFinding(VerifyProblem.Edited, sequence, $"record {sequence} was edited: its bytes or hashes are not of the kind and length that are stored");

            if (sequence == expected)
            {
                SHA256.HashData(row.Blob(3), _digest);
                chain.Link(sequence, _hash, _digest, _computed);
            }

            if (sequence != expected || !_computed.AsSpan().SequenceEqual(row.Blob(2)) || !_hash.AsSpan().SequenceEqual(row.Blob(1)))
                return new ChainDiagnosis(connection, chain, head, _sequence, _hash).Explain(StoredRow.From(row));

            if (CheckContent(row) is { } finding) return finding;

            _sequence = sequence;
            row.Blob(2).CopyTo(_hash);
            return CheckKnownHead();
        }

        private VerifyFinding? CheckContent(SqliteStatement row)
        {
            var sequence = row.Int64(0);
            RecordColumns columns;
            try
            {
                columns = RecordColumns.Read(row.Blob(3));
                if (columns is { Id: null } or { Kind: null }) throw new FormatException("it has no id or no kind");
                AuditWords.Kind(columns.Kind);
            }
            catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
            {
                return new VerifyFinding(VerifyProblem.Unreadable, sequence, $"record {sequence} holds, but is not an audit event: {e.Message}");
            }

            if (columns.Differs(row) is { } column)
                return new VerifyFinding(VerifyProblem.ColumnMismatch, sequence, $"record {sequence}: column `{column}` does not say what the record says");

            if (columns.Kind == "intent")
            {
                if (!_open.TryAdd(columns.Id!, sequence))
                    return new VerifyFinding(VerifyProblem.Duplicate, sequence, $"record {sequence} repeats the id of the open intent {_open[columns.Id!]}");
            }
            else if (columns.Kind is "outcome" or "recovery" && (columns.IntentId is null || !_open.Remove(columns.IntentId)))
            {
                return new VerifyFinding(
                    VerifyProblem.OutcomeWithoutIntent,
                    sequence,
                    $"record {sequence} closes the intent `{columns.IntentId}`, which is not open: there is none, or it was closed before");
            }

            return null;
        }

        private VerifyFinding? CheckKnownHead()
        {
            if (options.KnownHead is not { } known || known.Sequence != _sequence || known.Hash.Span.SequenceEqual(_hash)) return null;
            return new VerifyFinding(
                VerifyProblem.HeadMismatch,
                _sequence,
                $"record {_sequence} is not the one that was noted elsewhere; it or one before it was rewritten, or this is another log");
        }

        private VerifyFinding? CheckEnd(ChainHead head, long floor)
        {
            if (_sequence < head.Sequence)
                return new VerifyFinding(VerifyProblem.Truncated, _sequence + 1, $"records {_sequence + 1} to {head.Sequence} are missing at the end");
            if (_sequence > head.Sequence)
                return new VerifyFinding(VerifyProblem.Inserted, head.Sequence + 1, $"record {head.Sequence + 1} stands after the recorded head {head.Sequence}");
            if (!head.Hash.AsSpan().SequenceEqual(_hash))
                return new VerifyFinding(VerifyProblem.HeadMismatch, _sequence, $"record {_sequence} is not the one that the recorded head names; it was rewritten, or the head was");
            if (options.KnownHead is { } known && known.Sequence > _sequence)
                return new VerifyFinding(VerifyProblem.Truncated, _sequence + 1, $"the log ends at {_sequence}, but its record {known.Sequence} was noted elsewhere");

            var passedOver = _open.Values.Where(sequence => sequence < floor).Order().FirstOrDefault();
            return passedOver == 0 ? null : new VerifyFinding(
                VerifyProblem.ColumnMismatch,
                passedOver,
                $"record {passedOver} is an open intent, but the log says none is open before {floor}");
        }

        /// <summary>SQLite's own check, for damage that no record shows: an index that hides rows, pages out of order.</summary>
        private VerifyFinding? CheckPages()
        {
            using var check = new SqliteStatement(connection, "PRAGMA integrity_check(1)");
            var result = check.Step() ? check.Text(0) : "no answer";
            return result == "ok" ? null : new VerifyFinding(VerifyProblem.StoreDamaged, Sequence: null, $"every record holds, but the file is damaged: {result}");
        }
    }
}
