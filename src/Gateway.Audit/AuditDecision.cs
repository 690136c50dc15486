namespace Gateway.Audit;

/// <summary>The policy's decision, as it was made.</summary>
public sealed record AuditDecision
{
    /// <summary>Name of the rule that decided.</summary>
    public required string Rule { get; init; }

    /// <summary>The rule as it was written at that revision.</summary>
    public string? Text { get; init; }

    public required bool Allowed { get; init; }

    /// <summary>Why, as one stable word.</summary>
    public string? Code { get; init; }

    /// <summary>Content hash of the policy in force.</summary>
    public string? Revision { get; init; }
}
