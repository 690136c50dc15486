using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Audit;

namespace Gateway.Cli;

/// <summary>A stored event in the two shapes the audit commands print.</summary>
internal static class AuditRow
{
    private const int ShortRevision = 12;

    public static IReadOnlyList<string> Headings { get; } =
        ["SEQ", "TIME", "KIND", "USER", "CALL", "TARGET", "OUTCOME", "RULE", "REASON", "REVISION"];

    /// <summary>The cells below <see cref="Headings"/>; what an event does not have is a dash.</summary>
    public static IReadOnlyList<string> Cells(StoredAuditEvent stored)
    {
        var e = stored.Event;
        return
        [
            stored.Sequence.ToString(CultureInfo.InvariantCulture),
            e.EventTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            Word(e.Kind),
            Cell($"{e.Initiator.Name ?? e.Initiator.Id}{(e.Initiator.Roles.Count == 0 ? "" : $" ({string.Join(",", e.Initiator.Roles)})")}"),
            Cell(e.Method is null ? e.Action : $"{e.Method} {e.Action}"),
            Cell(e.Target.Name is null ? e.Target.Id : $"{e.Target.Name} ({e.Target.Id})"),
            Cell(e.Reason?.ReasonCode is { } code ? $"{Word(e.Outcome)} {code}" : Word(e.Outcome)),
            Cell(e.Decision?.Rule ?? e.Reason?.PolicyId),
            Cell((e.Reason?.Code ?? e.Decision?.Code, e.Reason?.Text) switch
            {
                ({ } word, { } text) => $"{word}: {text}",
                var (word, text) => word ?? text,
            }),
            Cell(Short(e.Decision?.Revision)),
        ];
    }

    /// <summary>The record whole: its place and hash in the chain, and the event as it was hashed.</summary>
    public static JsonObject Json(StoredAuditEvent stored) => new()
    {
        ["sequence"] = stored.Sequence,
        ["hash"] = Convert.ToHexStringLower(stored.Hash.Span),
        ["event"] = JsonNode.Parse(stored.Bytes.Span),
    };

    public static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    /// <summary>Enough of a content hash to tell revisions apart; the algorithm's name says nothing here.</summary>
    private static string? Short(string? revision)
    {
        var hash = revision?[(revision.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return hash is { Length: > ShortRevision } ? hash[..ShortRevision] : hash;
    }

    private static string Cell(string? text) => string.IsNullOrEmpty(text) ? "-" : Printable.Of(text);
}
