using System.Text.Json;

namespace Gateway.Audit;

/// <summary>What is stored beside a record's bytes so that it can be searched. Not hashed: always derived from, and checked against, the bytes.</summary>
/// <remarks>The time is in microseconds since 1970-01-01 UTC.</remarks>
internal readonly record struct RecordColumns(
    string? Id,
    string? Kind,
    long EventTime,
    string? Action,
    string? Outcome,
    string? InitiatorId,
    string? InitiatorName,
    string? ProjectId,
    string? TargetId,
    string? RequestId,
    string? IntentId)
{
    public static RecordColumns Of(AuditEvent e) => new(
        e.Id,
        AuditWords.Of(e.Kind),
        Microseconds(e.EventTime),
        e.Action,
        AuditWords.Of(e.Outcome),
        e.Initiator.Id,
        e.Initiator.Name,
        e.Initiator.ProjectId,
        e.Target.Id,
        e.RequestId,
        e.IntentId);

    public static long Microseconds(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>The first column in which a row, selected in the order of the schema from <c>sequence</c>, differs from this; null when none does.</summary>
    public string? Differs(SqliteStatement row) =>
        !Is(row, 4, Id) ? "id"
        : !Is(row, 5, Kind) ? "kind"
        : !row.IsInteger(6) || row.Int64(6) != EventTime ? "event_time"
        : !Is(row, 7, Action) ? "action"
        : !Is(row, 8, Outcome) ? "outcome"
        : !Is(row, 9, InitiatorId) ? "initiator_id"
        : !Is(row, 10, InitiatorName) ? "initiator_name"
        : !Is(row, 11, ProjectId) ? "project_id"
        : !Is(row, 12, TargetId) ? "target_id"
        : !Is(row, 13, RequestId) ? "request_id"
        : !Is(row, 14, IntentId) ? "intent_id"
        : null;

    /// <summary>Derives the columns from stored bytes in one pass, without building the event.</summary>
    /// <exception cref="JsonException">The bytes are not JSON.</exception>
    /// <exception cref="FormatException">A time is not a time.</exception>
    /// <exception cref="InvalidOperationException">A field has another type than a record's.</exception>
    public static RecordColumns Read(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = 1024 });
        var columns = default(RecordColumns);
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject);
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("id"u8)) columns = columns with { Id = Text(ref reader) };
            else if (reader.ValueTextEquals("eventTime"u8)) columns = columns with { EventTime = Time(ref reader) };
            else if (reader.ValueTextEquals("action"u8)) columns = columns with { Action = Text(ref reader) };
            else if (reader.ValueTextEquals("outcome"u8)) columns = columns with { Outcome = Text(ref reader) };
            else if (reader.ValueTextEquals("initiator"u8)) columns = Initiator(ref reader, columns);
            else if (reader.ValueTextEquals("target"u8)) columns = Target(ref reader, columns);
            else if (reader.ValueTextEquals("attachments"u8)) columns = Attachments(ref reader, columns);
            else SkipValue(ref reader);
        }

        // Read to the end: bytes after the event are an error too.
        Expect(!reader.Read());
        return columns;
    }

    // The type counts too: a BLOB of the same bytes is found by no search for text.
    private static bool Is(SqliteStatement row, int column, string? value) =>
        value is null ? row.IsNull(column) : row.IsText(column) && row.Text(column) == value;

    private static RecordColumns Initiator(ref Utf8JsonReader reader, RecordColumns columns)
    {
        StartObject(ref reader);
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("id"u8)) columns = columns with { InitiatorId = Text(ref reader) };
            else if (reader.ValueTextEquals("name"u8)) columns = columns with { InitiatorName = Text(ref reader) };
            else if (reader.ValueTextEquals("project_id"u8)) columns = columns with { ProjectId = Text(ref reader) };
            else SkipValue(ref reader);
        }

        return columns;
    }

    private static RecordColumns Target(ref Utf8JsonReader reader, RecordColumns columns)
    {
        StartObject(ref reader);
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("id"u8)) columns = columns with { TargetId = Text(ref reader) };
            else SkipValue(ref reader);
        }

        return columns;
    }

    private static RecordColumns Attachments(ref Utf8JsonReader reader, RecordColumns columns)
    {
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            string? name = null;
            while (NextProperty(ref reader))
            {
                if (reader.ValueTextEquals("name"u8)) name = Text(ref reader);
                else if (reader.ValueTextEquals("content"u8) && name is "record" or "request") columns = Content(ref reader, columns, name);
                else SkipValue(ref reader);
            }
        }

        Expect(reader.TokenType == JsonTokenType.EndArray);
        return columns;
    }

    private static RecordColumns Content(ref Utf8JsonReader reader, RecordColumns columns, string attachment)
    {
        StartObject(ref reader);
        while (NextProperty(ref reader))
        {
            if (attachment == "record" && reader.ValueTextEquals("kind"u8)) columns = columns with { Kind = Text(ref reader) };
            else if (attachment == "record" && reader.ValueTextEquals("intent"u8)) columns = columns with { IntentId = Text(ref reader) };
            else if (attachment == "request" && reader.ValueTextEquals("id"u8)) columns = columns with { RequestId = Text(ref reader) };
            else SkipValue(ref reader);
        }

        return columns;
    }

    private static bool NextProperty(ref Utf8JsonReader reader)
    {
        Expect(reader.Read());
        if (reader.TokenType == JsonTokenType.EndObject) return false;
        Expect(reader.TokenType == JsonTokenType.PropertyName);
        return true;
    }

    private static void StartObject(ref Utf8JsonReader reader) => Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject);

    private static void SkipValue(ref Utf8JsonReader reader)
    {
        Expect(reader.Read());
        reader.Skip();
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        Expect(reader.Read());
        return reader.GetString();
    }

    private static long Time(ref Utf8JsonReader reader)
    {
        Expect(reader.Read());
        return Microseconds(reader.GetDateTimeOffset());
    }

    private static void Expect(bool condition)
    {
        if (!condition) throw new JsonException("not the shape of a record");
    }
}
