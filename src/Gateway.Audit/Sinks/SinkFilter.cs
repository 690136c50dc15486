namespace Gateway.Audit;

/// <summary>Which records a sink gets: those that meet every list that is not empty.</summary>
public sealed record SinkFilter
{
    public IReadOnlyList<AuditKind> Kinds { get; init; } = [];

    public IReadOnlyList<AuditOutcome> Outcomes { get; init; } = [];

    /// <summary>CADF actions; one that ends in <c>*</c> is the beginning of some.</summary>
    public IReadOnlyList<string> Actions { get; init; } = [];

    public bool Takes(AuditEvent e) =>
        (Kinds.Count == 0 || Kinds.Contains(e.Kind))
        && (Outcomes.Count == 0 || Outcomes.Contains(e.Outcome))
        && (Actions.Count == 0 || Actions.Any(action => action.EndsWith('*') ? e.Action.StartsWith(action[..^1], StringComparison.Ordinal) : e.Action == action));
}
