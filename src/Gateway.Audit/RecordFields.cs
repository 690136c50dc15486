using System.Text.Json;

namespace Gateway.Audit;

/// <summary>The fields of a record that stand beside it as columns, in the columns' order.</summary>
internal enum RecordField
{
    Id,
    Kind,
    EventTime,
    Action,
    Outcome,
    InitiatorId,
    InitiatorName,
    ProjectId,
    TargetId,
    RequestId,
    IntentId,
}

/// <summary>Is given the fields of a record as they are come by, with the reader at each one's value. One that is there twice is given twice; the last counts.</summary>
internal interface IRecordFields
{
    void Take(RecordField field, ref Utf8JsonReader reader);
}

/// <summary>Finds the fields in stored bytes in one pass, without building the event.</summary>
internal static class RecordFields
{
    /// <exception cref="JsonException">The bytes are not JSON, or not of a record's shape.</exception>
    public static void Read<T>(ReadOnlySpan<byte> utf8, ref T fields)
        where T : struct, IRecordFields
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = 1024 });
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject);
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("id"u8)) Take(RecordField.Id, ref reader, ref fields);
            else if (reader.ValueTextEquals("eventTime"u8)) Take(RecordField.EventTime, ref reader, ref fields);
            else if (reader.ValueTextEquals("action"u8)) Take(RecordField.Action, ref reader, ref fields);
            else if (reader.ValueTextEquals("outcome"u8)) Take(RecordField.Outcome, ref reader, ref fields);
            else if (reader.ValueTextEquals("initiator"u8)) Initiator(ref reader, ref fields);
            else if (reader.ValueTextEquals("target"u8)) Target(ref reader, ref fields);
            else if (reader.ValueTextEquals("attachments"u8)) Attachments(ref reader, ref fields);
            else SkipValue(ref reader);
        }

        // Read to the end: bytes after the event are an error too.
        Expect(!reader.Read());
    }

    private static void Initiator<T>(ref Utf8JsonReader reader, ref T fields)
        where T : struct, IRecordFields
    {
        StartObject(ref reader);
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("id"u8)) Take(RecordField.InitiatorId, ref reader, ref fields);
            else if (reader.ValueTextEquals("name"u8)) Take(RecordField.InitiatorName, ref reader, ref fields);
            else if (reader.ValueTextEquals("project_id"u8)) Take(RecordField.ProjectId, ref reader, ref fields);
            else SkipValue(ref reader);
        }
    }

    private static void Target<T>(ref Utf8JsonReader reader, ref T fields)
        where T : struct, IRecordFields
    {
        StartObject(ref reader);
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("id"u8)) Take(RecordField.TargetId, ref reader, ref fields);
            else SkipValue(ref reader);
        }
    }

    private static void Attachments<T>(ref Utf8JsonReader reader, ref T fields)
        where T : struct, IRecordFields
    {
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var (isRecord, isRequest) = (false, false);
            while (NextProperty(ref reader))
            {
                if (reader.ValueTextEquals("name"u8))
                {
                    Expect(reader.Read());
                    var isText = reader.TokenType == JsonTokenType.String;
                    (isRecord, isRequest) = (isText && reader.ValueTextEquals("record"u8), isText && reader.ValueTextEquals("request"u8));
                    if (!isText) reader.Skip();
                }
                else if ((isRecord || isRequest) && reader.ValueTextEquals("content"u8))
                {
                    Content(ref reader, ref fields, isRecord);
                }
                else
                {
                    SkipValue(ref reader);
                }
            }
        }

        Expect(reader.TokenType == JsonTokenType.EndArray);
    }

    private static void Content<T>(ref Utf8JsonReader reader, ref T fields, bool isRecord)
        where T : struct, IRecordFields
    {
        StartObject(ref reader);
        while (NextProperty(ref reader))
        {
            if (isRecord && reader.ValueTextEquals("kind"u8)) Take(RecordField.Kind, ref reader, ref fields);
            else if (isRecord && reader.ValueTextEquals("intent"u8)) Take(RecordField.IntentId, ref reader, ref fields);
            else if (!isRecord && reader.ValueTextEquals("id"u8)) Take(RecordField.RequestId, ref reader, ref fields);
            else SkipValue(ref reader);
        }
    }

    private static void Take<T>(RecordField field, ref Utf8JsonReader reader, ref T fields)
        where T : struct, IRecordFields
    {
        Expect(reader.Read());
        fields.Take(field, ref reader);
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

    private static void Expect(bool condition)
    {
        if (!condition) throw new JsonException("not the shape of a record");
    }
}
