using Gateway.Policy.Language;

namespace Gateway.Policy.Analysis;

/// <summary>What one action's rule means: the cases it can tell apart, and in which of them it allows.</summary>
internal sealed record RuleMeaning(PolicySet Set, string Action, IReadOnlyCollection<ReachedAtom> Atoms, Universe Universe, RuleCompiler Compiler, int Allowed)
{
    public static RuleMeaning Of(PolicySet set, string action)
    {
        var atoms = RuleAtoms.Of(set, action);
        var universe = Universe.Of(atoms, PolicyActions.ScopesOf(set, action).Count > 0);
        var compiler = new RuleCompiler(set, universe);
        return new RuleMeaning(set, action, atoms, universe, compiler, compiler.Allowed(action));
    }

    /// <summary>The meaning of checks that are judged beside each other under the rules of a set.</summary>
    public static (Universe Universe, int[] Allowed) Of(PolicySet set, IReadOnlyList<Check> checks)
    {
        var universe = Universe.Of(checks.SelectMany(check => RuleAtoms.Of(set, check)), hasScopes: false);
        var compiler = new RuleCompiler(set, universe);
        return (universe, [.. checks.Select(compiler.Allowed)]);
    }

    public bool IsAlways => Allowed == DecisionDiagram.True;

    public bool IsNever => Allowed == DecisionDiagram.False;

    public List<Condition> Conditions() =>
        Analysis.Conditions.Of(Compiler, Universe.Diagram, Atoms, Set.Options.Semantics, [PolicyActions.ScopesOf(Set, Action)], withNegations: false);
}
