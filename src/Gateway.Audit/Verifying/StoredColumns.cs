using System.Text;

namespace Gateway.Audit;

/// <summary>The columns beside a record as they stand, byte for byte, until they are compared with what the record says.</summary>
internal sealed class StoredColumns
{
    private const int Count = 11;
    private const int Null = -1;
    private const int OtherType = -2;

    private static readonly string[] Names =
        ["id", "kind", "event_time", "action", "outcome", "initiator_id", "initiator_name", "project_id", "target_id", "request_id", "intent_id"];

    private readonly int[] _ends = new int[Count];
    private readonly int[] _states = new int[Count];
    private readonly byte[] _bytes;
    private readonly long _time;
    private readonly Func<string?, string?>? _spelling;

    private StoredColumns(byte[] bytes, long time, Func<string?, string?>? spelling = null) => (_bytes, _time, _spelling) = (bytes, time, spelling);

    /// <summary>Copies the columns from <c>id</c> on.</summary>
    public static StoredColumns From(SqliteStatement row, int first)
    {
        var size = 0;
        for (var i = 0; i < Count; i++)
            if (i != 2) size += row.Blob(first + i).Length;
        var columns = new StoredColumns(new byte[size], row.IsInteger(first + 2) ? row.Int64(first + 2) : long.MinValue);
        var end = 0;
        for (var i = 0; i < Count; i++)
        {
            if (i != 2)
            {
                // The type counts too: a BLOB of the same bytes is found by no search for text.
                columns._states[i] = row.IsNull(first + i) ? Null : row.IsText(first + i) ? 0 : OtherType;
                var text = row.Blob(first + i);
                text.CopyTo(columns._bytes.AsSpan(end));
                end += text.Length;
            }

            columns._ends[i] = end;
        }

        return columns;
    }

    /// <summary>As a database gives them.</summary>
    /// <param name="values">What stands there.</param>
    /// <param name="spelling">How the database spells what it cannot hold as it is.</param>
    public static StoredColumns From(in RecordColumns values, Func<string?, string?> spelling)
    {
        string?[] texts = Texts(values);
        var columns = new StoredColumns([.. texts.SelectMany(text => text is null ? [] : Encoding.UTF8.GetBytes(text))], values.EventTime, spelling);
        var end = 0;
        for (var i = 0; i < Count; i++)
        {
            columns._states[i] = texts[i] is null ? Null : 0;
            columns._ends[i] = end += texts[i] is { } text ? Encoding.UTF8.GetByteCount(text) : 0;
        }

        return columns;
    }

    /// <summary>The first column that does not say what the record says; null when all do.</summary>
    public string? Differs(in RecordColumns record)
    {
        var texts = Texts(record);
        for (var i = 0; i < Count; i++)
        {
            if (i == 2 ? _time != record.EventTime : !Is(i, _spelling is null ? texts[i] : _spelling(texts[i]))) return Names[i];
        }

        return null;
    }

    private static string?[] Texts(in RecordColumns c) =>
        [c.Id, c.Kind, null, c.Action, c.Outcome, c.InitiatorId, c.InitiatorName, c.ProjectId, c.TargetId, c.RequestId, c.IntentId];

    private bool Is(int column, string? text)
    {
        if (text is null) return _states[column] == Null;
        if (_states[column] != 0) return false;
        var start = column == 0 ? 0 : _ends[column - 1];
        var stored = _bytes.AsSpan(start, _ends[column] - start);
        if (text.Length > 256) return stored.SequenceEqual(Encoding.UTF8.GetBytes(text));
        Span<byte> utf8 = stackalloc byte[256 * 3];
        return stored.SequenceEqual(utf8[..Encoding.UTF8.GetBytes(text, utf8)]);
    }
}
