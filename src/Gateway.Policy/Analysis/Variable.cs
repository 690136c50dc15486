namespace Gateway.Policy.Analysis;

internal enum VariableKind
{
    /// <summary>Whether the caller has a role, and how it is spelt.</summary>
    Role,

    /// <summary>Whether a list-valued attribute of the caller, other than the roles, has an element.</summary>
    Member,

    /// <summary>An attribute of the caller, by its dotted path.</summary>
    Attribute,

    /// <summary>An attribute of the target.</summary>
    Target,

    /// <summary>What another service answers.</summary>
    Remote,
}

/// <summary>One fact a rule can ask for, with the values that tell all its cases apart. Value 0 is always "absent" (of an answer: false).</summary>
internal sealed record Variable(VariableKind Kind, string Name, IReadOnlyList<object?> Values, IReadOnlyList<int> Costs)
{
    public static object Absent { get; } = new();
}
