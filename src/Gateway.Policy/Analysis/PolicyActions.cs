using Gateway.Policy.Evaluation;
using Gateway.Policy.Language;

namespace Gateway.Policy.Analysis;

/// <summary>Which of a policy's rules guard requests, and which only serve other rules.</summary>
public static class PolicyActions
{
    /// <summary>
    /// The actions of a policy, in the order of names. A registered default is one when it guards an operation; any other rule is one unless another rule refers to it.
    /// </summary>
    public static IReadOnlyList<string> Of(PolicySet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        var registered = ReleaseDefaults.Find(set.Options.Defaults)?.Rules.ToDictionary(rule => rule.Name, StringComparer.Ordinal) ?? [];
        var referred = new HashSet<string>(StringComparer.Ordinal);
        foreach (var rule in set.Table.Rules.Values) References(rule.Check, referred);
        return [.. set.RuleNames.Where(name => registered.TryGetValue(name, out var rule) ? rule.Operations.Count > 0 : !referred.Contains(name)).Order(StringComparer.Ordinal)];
    }

    /// <summary>The scope types an action demands; empty for any.</summary>
    internal static IReadOnlyList<string> ScopesOf(PolicySet set, string action) => set.Table.Find(action) is { } rule && rule.Name == action ? rule.Scopes : [];

    /// <summary>The rules that a rule comes to, itself among them: those it refers to, and the one <c>is_admin</c> is computed from.</summary>
    internal static IReadOnlyList<EffectiveRule> Reached(RuleTable table, string name)
    {
        var reached = new Dictionary<string, EffectiveRule>(StringComparer.Ordinal);
        var open = new Stack<string>([name]);
        while (open.TryPop(out var next))
        {
            if (table.Find(next) is not { } rule || !reached.TryAdd(rule.Name, rule)) continue;
            var references = new HashSet<string>(StringComparer.Ordinal);
            References(rule.Check, references);
            if (AsksForAdmin(rule.Check)) references.Add(RuleAtoms.AdminRule);
            foreach (var reference in references) open.Push(reference);
        }
        return [.. reached.Values];
    }

    private static bool AsksForAdmin(Check check) => check is AtomCheck { Type: AtomKind.AdminFlag } || check.Children.Any(AsksForAdmin);

    internal static void References(Check check, HashSet<string> found)
    {
        if (check is AtomCheck { Type: AtomKind.Rule } atom) found.Add(atom.Match);
        foreach (var child in check.Children) References(child, found);
    }
}
