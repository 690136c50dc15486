using System.Collections.Frozen;
using Gateway.Actions;

namespace Gateway.Auditing;

/// <summary>How much of an allowed call the record keeps.</summary>
internal enum RecordLevel
{
    None,
    Metadata,
    Request,
}

/// <summary>What happens to a call while its record does not become durable.</summary>
internal enum Durability
{
    /// <summary>It is refused.</summary>
    Strict,

    /// <summary>Its intent is spooled to a local file, and the call goes on.</summary>
    Bounded,

    /// <summary>It goes on without; it would not have waited anyway.</summary>
    BestEffort,
}

/// <summary>What is recorded of an action, and how surely.</summary>
internal sealed record AuditRule(RecordLevel Level, Durability Durability)
{
    /// <summary>For what no rule names: nothing is left out, and nothing happens unrecorded.</summary>
    public static AuditRule Default { get; } = new(RecordLevel.Request, Durability.Strict);
}

/// <summary>All of `audit.yaml`, as one immutable value that a reload replaces whole.</summary>
/// <param name="rules">In the file's order, each with the actions it names; null for every action.</param>
/// <param name="redaction">What is removed besides what always is.</param>
/// <param name="access">Who may read the record.</param>
internal sealed class AuditRules(IReadOnlyList<(FrozenSet<string>? Actions, AuditRule Rule)> rules, Redaction redaction, AuditAccess access)
{
    public Redaction Redaction { get; } = redaction;

    public AuditAccess Access { get; } = access;

    /// <summary>How many rules there are.</summary>
    public int Count => rules.Count;

    /// <summary>The rule for an action.</summary>
    public AuditRule For(string action)
    {
        foreach (var (actions, rule) in rules)
            if (actions is null || actions.Contains(action)) return rule;
        return AuditRule.Default;
    }
}
