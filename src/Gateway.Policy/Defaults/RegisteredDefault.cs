namespace Gateway.Policy;

/// <summary>A rule that ships with a release: what Nova registers in its code.</summary>
/// <param name="Check">The rule's text.</param>
/// <param name="ScopeTypes">The token scopes the rule is for; empty for any.</param>
/// <param name="Operations">The requests it guards, such as <c>POST /servers/{server_id}/action (createBackup)</c>.</param>
/// <param name="Deprecated">The rule it replaced, if any.</param>
/// <param name="Description">One sentence on what the rule allows.</param>
public sealed record RegisteredDefault(
    string Name,
    string Check,
    IReadOnlyList<string> ScopeTypes,
    IReadOnlyList<string> Operations,
    DeprecatedDefault? Deprecated,
    string Description);

/// <summary>A former default: the name it had and the rule it was.</summary>
public sealed record DeprecatedDefault(string Name, string Check);
