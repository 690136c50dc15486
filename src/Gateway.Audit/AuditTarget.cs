namespace Gateway.Audit;

/// <summary>What the action is asked of (CADF's TARGET).</summary>
public sealed record AuditTarget
{
    public required string Id { get; init; }

    /// <summary>CADF resource taxonomy, such as <c>compute/server</c>.</summary>
    public required string TypeUri { get; init; }

    public string? Name { get; init; }

    public string? ProjectId { get; init; }

    /// <summary>The cluster that is the target's home.</summary>
    public string? Cluster { get; init; }
}
