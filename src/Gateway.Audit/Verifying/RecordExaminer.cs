using System.Text;
using System.Text.Json;

namespace Gateway.Audit;

/// <summary>What can be told from a record by itself.</summary>
/// <param name="Id">Of an intent, by which its outcome names it.</param>
/// <param name="IntentId">The intent that it closes.</param>
/// <param name="Differing">The first column beside it that does not say what it says.</param>
/// <param name="Fault">Why it is no event.</param>
/// <param name="Body">Of what the log says about itself, its bytes.</param>
internal readonly record struct RecordVerdict(AuditKind Kind, string? Id, string? IntentId, string? Differing, string? Fault, byte[]? Body)
{
    /// <summary>Bytes and hashes are of the kind and length that are stored.</summary>
    public bool IsWellFormed { get; init; }

    /// <summary>Its bytes, and the hash that it says it follows, give its hash.</summary>
    public bool Fits { get; init; }
}

/// <summary>Examines records one after the other, each by itself. For one thread.</summary>
internal sealed class RecordExaminer(string stream)
{
    private static readonly string[] Names =
        ["id", "kind", "event_time", "action", "outcome", "initiator_id", "initiator_name", "project_id", "target_id", "request_id", "intent_id"];

    private readonly Chain _chain = new(stream);
    private readonly byte[] _computed = new byte[Chain.HashSize];

    /// <param name="columns">What stands beside it; the type is a parameter so that nothing is copied or boxed.</param>
    public RecordVerdict Examine<T>(long sequence, ReadOnlySpan<byte> previous, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> body, T columns)
        where T : IStoredColumns
    {
        Span<byte> digest = stackalloc byte[Chain.HashSize];
        Sha256.Hash(body, digest);
        _chain.Link(sequence, previous, digest, _computed);
        return Read(body, columns) with { IsWellFormed = true, Fits = _computed.AsSpan().SequenceEqual(hash) };
    }

    private static RecordVerdict Read<T>(ReadOnlySpan<byte> body, T columns)
        where T : IStoredColumns
    {
        var comparison = new Comparison<T>(columns);
        try
        {
            RecordFields.Read(body, ref comparison);
            return comparison.Verdict(body);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            return new RecordVerdict { Fault = e.Message };
        }
    }

    /// <summary>Holds the fields of a record to the columns as they are come by, without decoding either.</summary>
    private struct Comparison<T>(T columns) : IRecordFields
        where T : IStoredColumns
    {
        private int _seen;
        private int _differ;
        private AuditKind? _kind;
        private bool _ofTheLog;
        private string? _intent;
        private int _idAt;
        private int _idLength;

        public void Take(RecordField field, ref Utf8JsonReader reader)
        {
            var bit = 1 << (int)field;
            _seen |= bit;
            if (field == RecordField.EventTime)
            {
                var time = RecordColumns.Microseconds(reader.GetDateTimeOffset());
                if (columns.AreAbsent) return;
                _differ = columns.TryTime(out var stored) && stored == time ? _differ & ~bit : _differ | bit;
                return;
            }

            var same = reader.TokenType switch
            {
                JsonTokenType.String => (columns.TryText((int)field, out var text) && reader.ValueTextEquals(text)) || (reader.ValueIsEscaped && columns.Spells((int)field, reader.GetString()!)),
                JsonTokenType.Null => columns.IsNull((int)field),
                _ => throw new InvalidOperationException("a field has another type than a record's"),
            };
            _differ = same ? _differ & ~bit : _differ | bit;
            var isText = reader.TokenType == JsonTokenType.String;
            switch (field)
            {
                case RecordField.Id:
                    // With escapes it is read again, whole; ours has none.
                    (_idAt, _idLength) = (checked((int)reader.TokenStartIndex) + 1, !isText ? -1 : reader.ValueIsEscaped ? int.MaxValue : reader.ValueSpan.Length);
                    break;
                case RecordField.Kind:
                    _kind = isText ? KindOf(ref reader) : null;
                    break;
                case RecordField.Action:
                    _ofTheLog = isText && (reader.ValueTextEquals(LogActions.Checkpoint) || reader.ValueTextEquals(LogActions.Dropped));
                    break;
                case RecordField.IntentId:
                    _intent = reader.GetString();
                    break;
            }
        }

        public readonly RecordVerdict Verdict(ReadOnlySpan<byte> body)
        {
            if (_kind is not { } kind || (_seen & (1 << (int)RecordField.Id)) == 0 || _idLength < 0) throw new FormatException("it has no id or no kind");
            var id = kind != AuditKind.Intent ? null : _idLength == int.MaxValue ? RecordColumns.Read(body).Id : Encoding.UTF8.GetString(body.Slice(_idAt, _idLength));
            return new RecordVerdict(kind, id, _intent, Differing(), Fault: null, kind == AuditKind.Lifecycle && _ofTheLog ? body.ToArray() : null);
        }

        private readonly string? Differing()
        {
            if (columns.AreAbsent) return null;
            for (var column = 0; column < Names.Length; column++)
            {
                var differs = (_seen & (1 << column)) != 0 ? (_differ & (1 << column)) != 0
                    : column == (int)RecordField.EventTime ? !columns.TryTime(out var time) || time != 0
                    : !columns.IsNull(column);
                if (differs) return Names[column];
            }

            return null;
        }

        private static AuditKind KindOf(ref Utf8JsonReader reader) =>
            reader.ValueTextEquals("intent"u8) ? AuditKind.Intent
            : reader.ValueTextEquals("outcome"u8) ? AuditKind.Outcome
            : AuditWords.Kind(reader.GetString());
    }
}
