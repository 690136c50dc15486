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

    /// <summary>Every rule that guards the call, in order, with its answer; empty when there is only <see cref="Rule"/>. The first denial decided, or the last.</summary>
    public IReadOnlyList<AskedRule> Asked { get; init; } = [];

    /// <summary>What the decision read of the caller, so that it can be made again.</summary>
    public JsonText? Caller { get; init; }

    /// <summary>What the decision read of the target. Null when it was not looked up, because the answer did not depend on it.</summary>
    public JsonText? Target { get; init; }

    /// <summary>The rule check by check, with what each came to.</summary>
    public JsonText? Tree { get; init; }
}

/// <summary>One rule that was asked, and its answer.</summary>
public sealed record AskedRule(string Rule, bool Allowed, string Code);
