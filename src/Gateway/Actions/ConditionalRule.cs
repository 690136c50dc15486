using System.Text.Json;
using Gateway.FrontDoor;

namespace Gateway.Actions;

/// <summary>
/// A rule that guards a call only when the request has something in it: a host to migrate to, `all_tenants` in the query.
/// In doubt the condition holds, so that the rule is asked.
/// </summary>
internal sealed record ConditionalRule
{
    public required GuardingRule Rule { get; init; }

    /// <summary>The rule stands in the place of the operation's rules, instead of beside them.</summary>
    public required bool Replaces { get; init; }

    public required MicroversionRange Versions { get; init; }

    /// <summary>A member of the body or a query parameter; null when the version alone decides.</summary>
    public required ValueSource? Source { get; init; }

    /// <summary>The member counts although it is null or empty.</summary>
    public required bool EvenNull { get; init; }

    /// <summary>Values that do not count.</summary>
    public required IReadOnlyList<string> Unless { get; init; }

    /// <summary>Counts only when the text has this in it.</summary>
    public required string? Containing { get; init; }

    /// <summary>Counts only when it differs from this path parameter.</summary>
    public required string? DiffersFrom { get; init; }

    /// <summary>Does not count when it names the caller's own project.</summary>
    public required bool UnlessOwnProject { get; init; }

    /// <summary>Whether the rule guards this request.</summary>
    /// <param name="match">The operation and its path parameters.</param>
    /// <param name="body">The value the body paths start from; undefined when there is none.</param>
    /// <param name="version">The version the request is read in.</param>
    /// <param name="query">The query string's parameters.</param>
    /// <param name="callerProject">The caller's own project, if the token has one.</param>
    public bool Applies(OperationMatch match, BodyValue body, Microversion version, QueryParameters query, string? callerProject)
    {
        if (!Versions.Contains(version))
            return false;

        return Source switch
        {
            null => true,
            { From: ValueSource.Place.Query } source => query.All(source.Name).Any(value => QueryCounts(value, callerProject)),
            var source => BodyPath.Find(body, source.Name) is { } value && BodyCounts(value, match),
        };
    }

    /// <summary>The condition in words.</summary>
    public string Describe()
    {
        var source = Source switch
        {
            null => "always",
            { From: ValueSource.Place.Query } query => $"the query has `{query.Name}`",
            var body => $"the body has `{body.Name}`{(EvenNull ? ", even null" : "")}",
        };
        var values = Unless.Count == 0 ? "" : $" other than {string.Join(", ", Unless.Select(value => $"`{value}`"))}";
        var containing = Containing is null ? "" : $" with `{Containing}` in it";
        var differing = DiffersFrom is null ? "" : $" that differs from the path's `{DiffersFrom}`";
        var foreign = UnlessOwnProject ? " of another project" : "";
        return $"{source}{values}{containing}{differing}{foreign}, in {Versions}{(Replaces ? "; instead of the others" : "")}";
    }

    private bool QueryCounts(string value, string? callerProject)
    {
        if (UnlessOwnProject && callerProject is not null && value == callerProject)
            return false;

        var trimmed = value.Trim();
        return !Unless.Contains(trimmed, StringComparer.OrdinalIgnoreCase);
    }

    private bool BodyCounts(BodyValue value, OperationMatch match)
    {
        if (EvenNull)
            return true;

        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : null;
        var empty = value.ValueKind switch
        {
            JsonValueKind.Null => true,
            JsonValueKind.String => text!.Length == 0,
            JsonValueKind.Array => value.GetArrayLength() == 0,
            JsonValueKind.Object => value.GetPropertyCount() == 0,
            _ => false,
        };
        if (empty || (text is not null && Unless.Contains(text, StringComparer.Ordinal)))
            return false;
        if (Containing is not null && text is not null && !text.Contains(Containing, StringComparison.Ordinal))
            return false;

        return DiffersFrom is null || text is null || text != match.Parameter(DiffersFrom);
    }
}
