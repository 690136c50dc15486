using Gateway.Policy.Evaluation;
using Gateway.Policy.Language;

namespace Gateway.Policy.Files;

/// <summary>A rule from a file, read.</summary>
internal sealed record ReadRule(string Name, Check Check, RuleOrigin Origin);

/// <summary>
/// Puts the rules of the files and the registered defaults together, as the original does each time it loads: a file's rule stands;
/// otherwise a rule the file gives under the default's former name; otherwise the default, beside its former rule while that still counts.
/// </summary>
internal static class RuleResolution
{
    public static RuleTable Resolve(
        IReadOnlyDictionary<string, ReadRule> fromFiles,
        IReadOnlyList<RegisteredDefault> defaults,
        RuleParser parser,
        string defaultsName,
        PolicyOptions options)
    {
        var scopes = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        if (options.EnforceScope)
        {
            foreach (var registered in defaults) scopes.TryAdd(registered.Name, registered.ScopeTypes);
        }
        var rules = new List<EffectiveRule>(fromFiles.Count + defaults.Count);
        foreach (var rule in fromFiles.Values)
        {
            // An override keeps the scope types of the default it overrides.
            rules.Add(new EffectiveRule(rule.Name, rule.Check, scopes.GetValueOrDefault(rule.Name, []), rule.Origin));
        }
        var origin = new RuleOrigin(defaultsName, 0, 0, false);
        foreach (var registered in defaults)
        {
            if (fromFiles.ContainsKey(registered.Name)) continue;
            var (check, from) = Default(registered, fromFiles, parser, options, origin);
            rules.Add(new EffectiveRule(registered.Name, check, scopes.GetValueOrDefault(registered.Name, []), from));
        }
        return new RuleTable(rules, options.DefaultRule);
    }

    private static (Check Check, RuleOrigin Origin) Default(
        RegisteredDefault registered, IReadOnlyDictionary<string, ReadRule> fromFiles, RuleParser parser, PolicyOptions options, RuleOrigin origin)
    {
        var check = parser.ParseText(registered.Check);
        if (registered.Deprecated is not { } former) return (check, origin);
        if (former.Name != registered.Name && fromFiles.TryGetValue(former.Name, out var moved) && moved.Check.ToString() != "rule:" + registered.Name)
        {
            return (moved.Check, moved.Origin);
        }
        if (!options.EnforceNewDefaults && former.Check != registered.Check)
        {
            return (new JunctionCheck(false, [check, parser.ParseText(former.Check)]), origin);
        }
        return (check, origin);
    }
}
