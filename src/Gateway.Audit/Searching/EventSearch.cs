namespace Gateway.Audit;

/// <summary>What to search for: conditions that must all hold, and what may be seen at all.</summary>
public sealed record EventSearch
{
    /// <summary>Conditions on attributes.</summary>
    public IReadOnlyList<EventCondition> Conditions { get; init; } = [];

    /// <summary>Words that must all stand in the record; one that ends in <c>*</c> is the beginning of a word.</summary>
    public string? Text { get; init; }

    /// <summary>Only events of this project: asked from it, or about something of it. Null for all.</summary>
    public string? OnlyProject { get; init; }

    public AuditOrder Order { get; init; } = AuditOrder.NewestFirst;

    /// <summary>At most this many, 1 to 1,000.</summary>
    public int Limit { get; init; } = 50;

    /// <summary>Where an earlier page ended, as it said.</summary>
    public string? Cursor { get; init; }
}

/// <summary>A condition on one attribute.</summary>
/// <param name="Attribute">One of <see cref="EventAttributes.Names"/>, or <c>time</c>.</param>
/// <param name="Comparison">How.</param>
/// <param name="Values">With what; any of them for <see cref="Comparison.Is"/>, none of them for <see cref="Comparison.IsNot"/>, one for the others.</param>
public sealed record EventCondition(string Attribute, Comparison Comparison, params IReadOnlyList<string> Values);

public enum Comparison
{
    Is,
    IsNot,
    Above,
    AtLeast,
    Below,
    AtMost,
}

/// <summary>One page of what was found.</summary>
/// <param name="Sequences">The records, in order.</param>
/// <param name="Next">Where the next page begins; null when this was the last.</param>
public sealed record EventPage(IReadOnlyList<long> Sequences, string? Next);

/// <summary>A search that cannot be made; the message says what is wrong with it.</summary>
public sealed class EventSearchException(string message) : Exception(message);

/// <summary>The attributes that can be searched by.</summary>
public static class EventAttributes
{
    private static readonly Dictionary<string, string> Columns = new(StringComparer.Ordinal)
    {
        ["id"] = "id",
        ["kind"] = "kind",
        ["action"] = "action",
        ["outcome"] = "outcome",
        ["reason_code"] = "status",
        ["reason"] = "reason",
        ["rule"] = "rule",
        ["revision"] = "revision",
        ["initiator_id"] = "initiator_id",
        ["initiator_name"] = "initiator_name",
        ["initiator_type"] = "initiator_type",
        ["initiator_project_id"] = "project_id",
        ["target_id"] = "target_id",
        ["target_type"] = "target_type",
        ["target_project_id"] = "target_project",
        ["observer_id"] = "observer_id",
        ["request_id"] = "request_id",
        ["backend_request_id"] = "backend_id",
        ["request_path"] = "path",
    };

    public static IReadOnlyCollection<string> Names => Columns.Keys;

    /// <summary>The column of the index; the name itself never becomes part of a statement.</summary>
    internal static string ColumnOf(string attribute) => Columns.TryGetValue(attribute, out var column)
        ? column
        : throw new EventSearchException($"no attribute `{attribute}`; known are {string.Join(", ", Names)}, time");
}
