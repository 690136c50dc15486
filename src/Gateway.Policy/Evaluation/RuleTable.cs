using Gateway.Policy.Language;

namespace Gateway.Policy.Evaluation;

/// <summary>Where a rule was written.</summary>
/// <param name="Line">From 1; 0 when the rule comes from a default set.</param>
/// <param name="Column">From 1, of the first character of the rule's value.</param>
/// <param name="IsVerbatim">Whether offsets in the rule's text are columns of that line.</param>
internal readonly record struct RuleOrigin(string File, int Line, int Column, bool IsVerbatim);

/// <summary>A rule as it is in force, after overrides, renames and deprecated defaults have been settled.</summary>
/// <param name="Scopes">The scope types that the registered default of this name demands; empty for any.</param>
internal sealed record EffectiveRule(string Name, Check Check, IReadOnlyList<string> Scopes, RuleOrigin Origin)
{
    private readonly bool _any = Scopes.Count == 0;
    private readonly bool _system = Scopes.Contains("system", StringComparer.Ordinal);
    private readonly bool _domain = Scopes.Contains("domain", StringComparer.Ordinal);
    private readonly bool _project = Scopes.Contains("project", StringComparer.Ordinal);

    public string Text { get; } = Check.ToString();

    /// <summary>The name of the rule's row.</summary>
    public string Act { get; } = CasbinRows.ActOf(Name);

    /// <summary>Whether tokens of this scope may ask for the rule as an action.</summary>
    public bool IsFor(TokenScope scope) => _any || scope switch
    {
        TokenScope.System => _system,
        TokenScope.Domain => _domain,
        _ => _project,
    };
}

/// <summary>All rules by name, in the order they were defined, and the stand-in for names without one.</summary>
internal sealed class RuleTable
{
    private readonly Dictionary<string, EffectiveRule> _rules;

    public RuleTable(IEnumerable<EffectiveRule> rules, string? defaultRule)
    {
        _rules = new Dictionary<string, EffectiveRule>(StringComparer.Ordinal);
        foreach (var rule in rules) _rules[rule.Name] = rule;
        Default = defaultRule is { Length: > 0 } && _rules.TryGetValue(defaultRule, out var found) ? found : null;
    }

    public IReadOnlyDictionary<string, EffectiveRule> Rules => _rules;

    public EffectiveRule? Default { get; }

    /// <summary>The rule of a name, or the default rule, or null.</summary>
    public EffectiveRule? Find(string name) => _rules.TryGetValue(name, out var rule) ? rule : Default;
}
