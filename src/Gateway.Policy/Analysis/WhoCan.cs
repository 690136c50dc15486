using Gateway.Policy.Language;

namespace Gateway.Policy.Analysis;

/// <summary>Who may do something.</summary>
/// <param name="Ways">The minimal sets of conditions, each enough on its own; a way without conditions is open to every authenticated caller. Empty when nobody may.</param>
/// <param name="IsWhole">Whether the ways are all there are; false when there are more than can be listed.</param>
public sealed record ActionAccess(string Action, IReadOnlyList<IReadOnlyList<string>> Ways, bool IsWhole);

/// <summary>What one caller may do.</summary>
/// <param name="Answer">Allowed or denied whatever the target, or depending on it.</param>
/// <param name="OnTargets">Where it depends on the target: the minimal sets of conditions the target must meet for this caller.</param>
public sealed record CallerAccess(string Action, Foresight Answer, IReadOnlyList<IReadOnlyList<string>> OnTargets);

/// <summary>Answers who may do an action, and what a caller may do, from the meaning of the rules.</summary>
public static class WhoCan
{
    /// <summary>The minimal sets of conditions that allow an action.</summary>
    /// <exception cref="PolicyAnalysisException">The rule is too large to analyse.</exception>
    public static ActionAccess Allowed(PolicySet set, string action)
    {
        ArgumentNullException.ThrowIfNull(set);
        var meaning = RuleMeaning.Of(set, action);
        var ways = Conditions.Minimal(meaning.Universe.Diagram, meaning.Conditions(), meaning.Allowed, out var isWhole);
        return new ActionAccess(action, [.. ways.Select(Texts)], isWhole);
    }

    /// <summary>Every action of the policy with the answer for one caller.</summary>
    /// <exception cref="PolicyAnalysisException">A rule is too large to analyse.</exception>
    public static IReadOnlyList<CallerAccess> Actions(PolicySet set, Credentials caller)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(caller);
        return [.. PolicyActions.Of(set).Select(action => Access(set, action, caller))];
    }

    private static CallerAccess Access(PolicySet set, string action, Credentials caller)
    {
        var answer = set.Foresee(action, caller);
        if (answer != Foresight.DependsOnTarget) return new CallerAccess(action, answer, []);
        var meaning = RuleMeaning.Of(set, action);
        var met = new HashSet<string>(StringComparer.Ordinal);
        foreach (var reached in meaning.Atoms.Where(reached => reached.Atom.Type != AtomKind.Remote && RuleAtoms.KeysOf(reached.Atom.Plan.Template).Count == 0))
        {
            var outcome = reached.Atom.Plan.Evaluate(Evaluation.CheckFrame.Enter(set, caller, TargetAttributes.Empty, action, adminFlag: null));
            if (reached.Atom.Type == AtomKind.AdminFlag) outcome = set.IsAdmin(caller) == (reached.Atom.Match == "True") ? Outcome.True : Outcome.False;
            met.Add(outcome.IsTrue() ? reached.Atom.ToString() : $"not {reached.Atom}");
        }
        // The scope was settled when the answer was foreseen.
        var ways = Conditions.Minimal(meaning.Universe.Diagram, meaning.Conditions(), meaning.Allowed, out _)
            .Where(way => way.All(condition => condition.IsOpen || met.Contains(condition.Text) || condition.Text.StartsWith("scope:", StringComparison.Ordinal)))
            .Select(way => Texts([.. way.Where(condition => condition.IsOpen)]))
            .ToList();
        return new CallerAccess(action, answer, [.. ways.Where(way => !ways.Any(other => other.Count < way.Count && other.All(way.Contains)))]);
    }

    private static IReadOnlyList<string> Texts(IReadOnlyList<Condition> way) => [.. way.Select(condition => condition.Text)];
}
