namespace Gateway.Policy.Linting;

/// <summary>What the linter may take for known.</summary>
public sealed record LintOptions
{
    /// <summary>The roles of the cloud's personas; null when there are none to hold the rules to.</summary>
    public IReadOnlyCollection<string>? PersonaRoles { get; init; }
}
