using Gateway.Policy.Analysis;
using Gateway.Policy.Evaluation;
using Gateway.Policy.Files;

namespace Gateway.Policy.Linting;

/// <summary>Looks at how rules refer to each other and to the release: circles, and names that guard nothing.</summary>
internal sealed class ReferenceChecks(LintedPolicy policy, FindingSink sink)
{
    private readonly Dictionary<string, bool> _isDone = new(StringComparer.Ordinal);
    private readonly List<string> _path = [];

    public void Run()
    {
        foreach (var rule in policy.Table.Rules.Values) Visit(rule);
        if (policy.Defaults.Count > 0) Names();
    }

    private void Names()
    {
        var known = new HashSet<string>(policy.Options.FurtherActions, StringComparer.Ordinal) { policy.Options.DefaultRule };
        foreach (var registered in policy.Defaults)
        {
            known.Add(registered.Name);
            if (registered.Deprecated is { } former) known.Add(former.Name);
        }
        var suggestible = known.ToList();
        foreach (var rule in policy.Table.Rules.Values) PolicyActions.References(rule.Check, known);
        foreach (var rule in policy.Rules.Where(rule => !known.Contains(rule.Name)))
        {
            sink.Add(rule.Rule.NameOrigin, -1, rule.Rule, LintRules.UnknownAction,
                $"rule `{rule.Name}` guards nothing in `{policy.Options.Defaults}` and no other rule refers to it; correct the name or remove the rule{Suggestion.For(rule.Name, suggestible)}");
        }
    }

    private void Visit(EffectiveRule rule)
    {
        if (_isDone.TryGetValue(rule.Name, out var isDone))
        {
            if (!isDone) Circle(_path[_path.IndexOf(rule.Name)..]);
            return;
        }
        if (_path.Count > Language.RuleParser.MaxDepth) return;
        _isDone[rule.Name] = false;
        _path.Add(rule.Name);
        var references = new HashSet<string>(StringComparer.Ordinal);
        PolicyActions.References(rule.Check, references);
        foreach (var name in references)
        {
            if (policy.Table.Find(name) is { } next) Visit(next);
        }
        _path.RemoveAt(_path.Count - 1);
        _isDone[rule.Name] = true;
    }

    private void Circle(List<string> circle)
    {
        // Reported where a file can be corrected.
        if (circle.LastOrDefault(policy.Effective.ContainsKey) is not { } name) return;
        var at = policy.Effective[name];
        foreach (var member in circle.Where(policy.Effective.ContainsKey)) policy.Effective[member].IsBroken = true;
        sink.Add(at.Rule.Origin, -1, at.Rule, LintRules.RuleCycle,
            $"rule `{name}` refers to itself: {string.Join(" → ", circle.Append(circle[0]).Select(member => $"`{member}`"))}; break the circle");
    }
}
