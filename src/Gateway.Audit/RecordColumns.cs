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

    /// <summary>Derives the columns from stored bytes in one pass, without building the event.</summary>
    /// <exception cref="JsonException">The bytes are not JSON.</exception>
    /// <exception cref="FormatException">A time is not a time.</exception>
    /// <exception cref="InvalidOperationException">A field has another type than a record's.</exception>
    public static RecordColumns Read(ReadOnlySpan<byte> utf8)
    {
        var taker = default(Taker);
        RecordFields.Read(utf8, ref taker);
        return taker.Columns;
    }

    private struct Taker : IRecordFields
    {
        public RecordColumns Columns { get; private set; }

        public void Take(RecordField field, ref Utf8JsonReader reader) => Columns = field switch
        {
            RecordField.Id => Columns with { Id = reader.GetString() },
            RecordField.Kind => Columns with { Kind = reader.GetString() },
            RecordField.EventTime => Columns with { EventTime = Microseconds(reader.GetDateTimeOffset()) },
            RecordField.Action => Columns with { Action = reader.GetString() },
            RecordField.Outcome => Columns with { Outcome = reader.GetString() },
            RecordField.InitiatorId => Columns with { InitiatorId = reader.GetString() },
            RecordField.InitiatorName => Columns with { InitiatorName = reader.GetString() },
            RecordField.ProjectId => Columns with { ProjectId = reader.GetString() },
            RecordField.TargetId => Columns with { TargetId = reader.GetString() },
            RecordField.RequestId => Columns with { RequestId = reader.GetString() },
            _ => Columns with { IntentId = reader.GetString() },
        };
    }
}
