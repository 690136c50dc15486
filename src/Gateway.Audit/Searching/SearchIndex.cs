namespace Gateway.Audit;

/// <summary>An index that leads to the events with one value of a column, in the order of their time.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Column">The column.</param>
/// <param name="Key">The column that holds 64 bits for each value instead; null when the index is over the values themselves.</param>
internal sealed record SearchIndex(string Name, string Column, string? Key = null)
{
    public static SearchIndex Project { get; } = new("event_by_project", "project_id");

    public static SearchIndex TargetProject { get; } = new("event_by_target_project", "target_project");

    // The likely fewest first: among those that all lead to many events, the first is taken.
    private static readonly SearchIndex[] All =
    [
        new("event_by_id", "id", "id_key"),
        new("event_by_request", "request_id", "request_key"),
        new("event_by_backend", "backend_id", "backend_key"),
        new("event_by_target", "target_id"),
        new("event_by_initiator", "initiator_id"),
        new("event_by_name", "initiator_name"),
        Project,
        TargetProject,
        new("event_by_action", "action"),
        new("event_by_outcome", "outcome"),
    ];

    public int Rank => Array.IndexOf(All, this);

    public static SearchIndex? Of(string column) => All.FirstOrDefault(index => index.Column == column);

    /// <summary>Whether an index leads from one value of the column to the next.</summary>
    public static bool Leads(string column) => Of(column) is { Key: null };
}
