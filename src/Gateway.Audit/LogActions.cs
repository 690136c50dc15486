using System.Text.Json;

namespace Gateway.Audit;

/// <summary>The actions of records that a log keeps about itself.</summary>
internal static class LogActions
{
    public const string Checkpoint = "create/checkpoint";
    public const string Dropped = "delete/segment";
    public const string SpoolDamaged = "read/spool";
}

/// <summary>A checkpoint as it stands in the record: the note, and the peaks of its tree, from which the tree can be continued.</summary>
/// <param name="OpenFloor">No intent before this record was open, so that a start need not look for one there.</param>
internal sealed record CheckpointRecord(string Note, byte[] Peaks, long OpenFloor = 0)
{
    private const string Name = "checkpoint";

    public AuditAttachment ToAttachment() =>
        new(Name, "gateway/audit/checkpoint", JsonSerializer.SerializeToElement(new { note = Note, peaks = Convert.ToBase64String(Peaks), open_floor = OpenFloor }));

    public static CheckpointRecord? Of(AuditEvent e)
    {
        var content = e.Attachments.FirstOrDefault(attachment => attachment.Name == Name)?.Content.Element;
        return content is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("note", out var note) && json.TryGetProperty("peaks", out var peaks)
            && note.ValueKind == JsonValueKind.String && peaks.ValueKind == JsonValueKind.String && peaks.TryGetBytesFromBase64(out var bytes)
            ? new CheckpointRecord(note.GetString()!, bytes, json.TryGetProperty("open_floor", out var floor) && floor.ValueKind == JsonValueKind.Number && floor.TryGetInt64(out var number) ? number : 0)
            : null;
    }
}

/// <summary>What a record says of records that were dropped for their age: up to which, and what stood there.</summary>
internal sealed record DroppedPart(long First, long Last, byte[] Head, byte[] Root)
{
    private const string Name = "segment";

    public AuditAttachment ToAttachment(string file) => new(Name, "gateway/audit/segment", JsonSerializer.SerializeToElement(new
    {
        file,
        first = First,
        last = Last,
        head = Convert.ToHexStringLower(Head),
        root = Convert.ToBase64String(Root),
    }));

    public static DroppedPart? Of(AuditEvent e)
    {
        try
        {
            var content = e.Attachments.FirstOrDefault(attachment => attachment.Name == Name)?.Content.Element;
            return content is not { } json ? null : new DroppedPart(
                json.GetProperty("first").GetInt64(),
                json.GetProperty("last").GetInt64(),
                Convert.FromHexString(json.GetProperty("head").GetString()!),
                json.GetProperty("root").GetBytesFromBase64());
        }
        catch (Exception fault) when (fault is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
