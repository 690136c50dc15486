using Gateway.Policy.Analysis;
using Gateway.Policy.Evaluation;
using Gateway.Policy.Language;

namespace Gateway.Policy.Testing;

/// <summary>A rule changed in one place, so that it means something else.</summary>
/// <param name="Rule">The rule's name.</param>
/// <param name="Before">Its canonical text.</param>
/// <param name="After">The changed text.</param>
/// <param name="Change">What was changed, in words.</param>
/// <param name="IsKilled">Whether a case fails on it.</param>
/// <param name="Witness">Whom it treats differently, on the first action it changes; null when killed.</param>
/// <param name="Action">That action; null when killed.</param>
public sealed record PolicyMutant(string Rule, string Before, string After, string Change, bool IsKilled, PolicyWitness? Witness, string? Action);

/// <summary>How well cases hold a policy.</summary>
/// <param name="Mutants">The changes that mean something else for an action that has cases.</param>
/// <param name="Equivalent">How many further changes were left out because they provably mean the same.</param>
/// <param name="Untested">The actions without a case.</param>
public sealed record MutationReport(IReadOnlyList<PolicyMutant> Mutants, int Equivalent, IReadOnlyList<string> Untested)
{
    public IEnumerable<PolicyMutant> Survivors => Mutants.Where(mutant => !mutant.IsKilled);
}

/// <summary>Changes rules in one place at a time and looks whether a case notices.</summary>
public static class PolicyMutation
{
    /// <summary>Mutates every rule that the cases' actions come to. The cases are expected to hold on the policy itself.</summary>
    /// <exception cref="PolicyAnalysisException">A rule is too large to analyse.</exception>
    public static MutationReport Run(PolicySet set, IReadOnlyList<PolicyCase> cases)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(cases);
        var byAction = cases.Where(one => set.RuleNames.Contains(one.Action)).ToLookup(one => one.Action, StringComparer.Ordinal);
        var reached = byAction.ToDictionary(group => group.Key, group => PolicyActions.Reached(set.Table, group.Key), StringComparer.Ordinal);
        var mutants = new List<PolicyMutant>();
        var equivalent = 0;
        foreach (var rule in reached.Values.SelectMany(rules => rules).DistinctBy(rule => rule.Name))
        {
            var actions = reached.Where(entry => entry.Value.Contains(rule)).Select(entry => entry.Key).ToList();
            foreach (var (change, check) in Changes(rule.Check).Append(("all of it allowed", Always)).Append(("all of it denied", Never)).DistinctBy(mutant => mutant.Item2.ToString()))
            {
                if (check.ToString() == rule.Text) continue;
                var mutated = Mutated(set, rule, check, actions.SelectMany(action => reached[action]));
                var changed = actions.Where(action => PolicyDiff.Compare(set, mutated, action).Kind != PolicyChangeKind.Same).ToList();
                if (changed.Count == 0)
                {
                    equivalent++;
                    continue;
                }
                var isKilled = changed.SelectMany(action => byAction[action]).Any(one => mutated.Decide(one.Action, one.Persona.Credentials, one.Target).Allowed != one.IsAllowed);
                var shown = isKilled ? null : PolicyDiff.Compare(set, mutated, changed[0]);
                mutants.Add(new PolicyMutant(rule.Name, rule.Text, check.ToString(), change, isKilled, shown?.Widening ?? shown?.Narrowing, isKilled ? null : changed[0]));
            }
        }
        return new MutationReport(mutants, equivalent, [.. PolicyActions.Of(set).Where(action => !byAction.Contains(action))]);
    }

    private static PolicySet Mutated(PolicySet set, EffectiveRule rule, Check check, IEnumerable<EffectiveRule> reached)
    {
        var rules = reached.DistinctBy(other => other.Name).Select(other => other.Name == rule.Name ? rule with { Check = check } : other);
        // One question needs only the rules it comes to.
        return new PolicySet(new RuleTable(rules.Select(other => new EffectiveRule(other.Name, other.Check, other.Scopes, other.Origin)), set.Options.DefaultRule), set.Options, "");
    }

    private static ConstantCheck Always { get; } = new(true, ConstantOrigin.Written);

    private static ConstantCheck Never { get; } = new(false, ConstantOrigin.Written);

    /// <summary>Every check that differs in one place.</summary>
    private static IEnumerable<(string Change, Check Check)> Changes(Check check)
    {
        switch (check)
        {
            case AtomCheck:
                yield return ($"`{check}` negated", new NotCheck(check));
                yield return ($"`{check}` allowed", Always);
                yield return ($"`{check}` denied", Never);
                break;
            case NotCheck not:
                yield return ($"`not` before `{not.Inner}` dropped", not.Inner);
                foreach (var (change, inner) in Changes(not.Inner)) yield return (change, new NotCheck(inner));
                break;
            case JunctionCheck junction:
                yield return ($"{(junction.IsAll ? "`and` for `or`" : "`or` for `and`")} exchanged in `{junction}`", new JunctionCheck(!junction.IsAll, [.. junction.Children]));
                for (var i = 0; i < junction.Children.Count; i++)
                {
                    if (junction.Children.Count > 1) yield return ($"`{junction.Children[i]}` dropped", Rebuilt(junction, i, null));
                    foreach (var (change, child) in Changes(junction.Children[i])) yield return (change, Rebuilt(junction, i, child));
                }
                break;
        }
    }

    private static Check Rebuilt(JunctionCheck junction, int at, Check? replacement)
    {
        var children = junction.Children.ToList();
        if (replacement is null) children.RemoveAt(at);
        else children[at] = replacement;
        return children.Count == 1 ? children[0] : new JunctionCheck(junction.IsAll, children);
    }
}
