namespace Gateway.Policy.Analysis;

/// <summary>How what an action's rule allows has changed.</summary>
public enum PolicyChangeKind
{
    /// <summary>The same callers are allowed on the same targets, whatever the texts say.</summary>
    Same,

    /// <summary>Somebody is allowed who was denied, nobody is denied who was allowed.</summary>
    Widened,

    /// <summary>Somebody is denied who was allowed, nobody is allowed who was denied.</summary>
    Narrowed,

    /// <summary>Both.</summary>
    Both,
}

/// <summary>The change of one action.</summary>
/// <param name="Before">The canonical rule before, with its scope types; null when there was none.</param>
/// <param name="After">The canonical rule after; null when there is none.</param>
/// <param name="Widening">A caller and target newly allowed; null when there is none.</param>
/// <param name="Narrowing">A caller and target newly denied; null when there is none.</param>
/// <param name="WidenedWhen">The minimal sets of conditions under which the action is newly allowed.</param>
/// <param name="NarrowedWhen">The minimal sets of conditions under which the action is newly denied.</param>
public sealed record PolicyChange(
    string Action,
    PolicyChangeKind Kind,
    string? Before,
    string? After,
    PolicyWitness? Widening,
    PolicyWitness? Narrowing,
    IReadOnlyList<string> WidenedWhen,
    IReadOnlyList<string> NarrowedWhen);

/// <summary>Compares two policies by what they mean: exactly, for every well-formed caller and target.</summary>
public static class PolicyDiff
{
    /// <summary>One change per action that either policy knows, in the order of names. Helper rules, which only other rules refer to, are not actions.</summary>
    /// <exception cref="PolicyAnalysisException">A rule is too large, or the engine disagrees with a witness: an internal error.</exception>
    public static IReadOnlyList<PolicyChange> Compare(PolicySet before, PolicySet after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        return [.. PolicyActions.Of(before).Union(PolicyActions.Of(after), StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(action => Compare(before, after, action))];
    }

    /// <summary>The change of one action. A name that a policy has no rule for is answered by its default rule, or denied.</summary>
    /// <exception cref="PolicyAnalysisException">The rule is too large, or the engine disagrees with a witness: an internal error.</exception>
    public static PolicyChange Compare(PolicySet before, PolicySet after, string action)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var (old, now) = (before.Table.Find(action), after.Table.Find(action));
        ReachedAtom[] atoms = [.. RuleAtoms.Of(before, action).Concat(RuleAtoms.Of(after, action)).DistinctBy(reached => (reached.Atom.Kind, reached.Atom.Match, reached.IsOwn, reached.Atom.Type))];
        IReadOnlyList<string>[] scopes = [PolicyActions.ScopesOf(before, action), PolicyActions.ScopesOf(after, action)];
        var universe = Universe.Of(atoms, scopes.Any(names => names.Count > 0));
        var diagram = universe.Diagram;
        var (beforeRules, afterRules) = (new RuleCompiler(before, universe), new RuleCompiler(after, universe));
        var (was, isNow) = (beforeRules.Allowed(action), afterRules.Allowed(action));
        var widened = diagram.AndThen(isNow, diagram.Not(was));
        var narrowed = diagram.AndThen(was, diagram.Not(isNow));
        var kind = (widened != DecisionDiagram.False, narrowed != DecisionDiagram.False) switch
        {
            (false, false) => PolicyChangeKind.Same,
            (true, false) => PolicyChangeKind.Widened,
            (false, true) => PolicyChangeKind.Narrowed,
            _ => PolicyChangeKind.Both,
        };
        if (kind == PolicyChangeKind.Same) return new PolicyChange(action, kind, TextOf(old, scopes[0]), TextOf(now, scopes[1]), null, null, [], []);
        var conditions = Conditions.Of(afterRules, diagram, atoms, after.Options.Semantics, scopes, withNegations: true);
        return new PolicyChange(action, kind, TextOf(old, scopes[0]), TextOf(now, scopes[1]),
            Witness(widened, allowedBefore: false), Witness(narrowed, allowedBefore: true), When(widened, isNow), When(narrowed, was));

        PolicyWitness? Witness(int function, bool allowedBefore)
        {
            if (WitnessReplay.Smallest(universe, function, atoms) is not { } witness) return null;
            WitnessReplay.Verify(before, action, witness, allowedBefore);
            WitnessReplay.Verify(after, action, witness, !allowedBefore);
            return witness;
        }

        IReadOnlyList<string> When(int changed, int side)
        {
            var terms = Conditions.Minimal(diagram, conditions, changed, out var isWhole);
            if (isWhole) return terms.ConvertAll(Conditions.Text);
            // Too many exceptions to name: the ways of the side that allows, as far as the other does not.
            terms = Conditions.Minimal(diagram, conditions, side, out isWhole).FindAll(term => diagram.AndThen(Conditions.Where(diagram, term), changed) != DecisionDiagram.False);
            return [.. terms.Select(term => $"{Conditions.Text(term)} (as far as the other does not allow it)"), .. isWhole ? Array.Empty<string>() : ["in further cases"]];
        }
    }

    private static string? TextOf(Evaluation.EffectiveRule? rule, IReadOnlyList<string> scopes) =>
        rule is null ? null : scopes.Count == 0 ? rule.Text : $"{rule.Text} [{string.Join(", ", scopes)}]";
}
