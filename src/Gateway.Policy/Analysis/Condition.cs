using Gateway.Policy.Language;

namespace Gateway.Policy.Analysis;

/// <summary>One condition on a caller and a target, and where it holds.</summary>
/// <param name="Text">As a rule would write it: <c>role:admin</c>, <c>not role:reader</c>, or <c>scope:system</c> for a token of that scope.</param>
/// <param name="IsOpen">Whether a caller alone does not settle it: it depends on the target, or on another service.</param>
internal sealed record Condition(string Text, int Where, bool IsOpen);

/// <summary>Finds the minimal sets of conditions under which something holds: the prime implicants of a function over the conditions its rule names.</summary>
internal static class Conditions
{
    // To name the conditions is a courtesy to the reader: it is given up long before it could stop a comparison.
    private const int MaxTerms = 20_000;
    private const int MaxNewNodes = 50_000;
    private const int MaxSize = 8;

    /// <summary>The conditions that rules' atoms and scopes can contribute, positive ones first.</summary>
    public static List<Condition> Of(RuleCompiler compiler, DecisionDiagram diagram, IEnumerable<ReachedAtom> atoms, Semantics semantics, IEnumerable<IReadOnlyList<string>> scopes, bool withNegations)
    {
        var positive = new List<Condition>();
        var negative = new List<Condition>();
        foreach (var names in scopes.Where(names => names.Count > 0).DistinctBy(names => string.Join(' ', names)))
        {
            Add(positive, "scope:" + string.Join("|", names), compiler.Scopes(names), false);
            if (withNegations) Add(negative, "not scope:" + string.Join("|", names), diagram.Not(compiler.Scopes(names)), false);
        }
        foreach (var reached in atoms)
        {
            var outcomes = compiler.Outcomes(reached);
            var keys = RuleAtoms.KeysOf(reached.Atom.Plan.Template);
            // Answered for the caller's own project, an atom with a target is not the one its text says.
            if (reached.Atom.Type == AtomKind.AdminFlag || (reached.IsOwn && keys.Count > 0)) continue;
            var isOpen = keys.Count > 0 || reached.Atom.Type == AtomKind.Remote;
            var holds = diagram.Select(outcomes, Bits(semantics, wanted: true));
            Add(positive, reached.Atom.ToString(), holds, isOpen);
            // In a comparison "not" is everything else; in a rule of the strict semantics it is only what is surely not so.
            Add(negative, $"not {reached.Atom}", withNegations ? diagram.Not(holds) : diagram.Select(outcomes, Bits(semantics, wanted: false)), isOpen);
        }
        // What `is_admin` rests on is shown in its place, unless it cannot be.
        if (atoms.Any(reached => reached.IsOwn && RuleAtoms.KeysOf(reached.Atom.Plan.Template).Count > 0))
        {
            foreach (var reached in atoms.Where(reached => reached.Atom.Type == AtomKind.AdminFlag && !reached.IsOwn))
            {
                Add(positive, reached.Atom.ToString(), diagram.Select(compiler.Outcomes(reached), 1 << (int)Outcome.True), false);
                Add(negative, $"not {reached.Atom}", diagram.Select(compiler.Outcomes(reached), 1 << (int)Outcome.False), false);
            }
        }
        return [.. positive, .. negative];
    }

    private static void Add(List<Condition> conditions, string text, int where, bool isOpen)
    {
        if (where is DecisionDiagram.False or DecisionDiagram.True || conditions.Any(known => known.Where == where)) return;
        conditions.Add(new Condition(text, where, isOpen));
    }

    private static int Bits(Semantics semantics, bool wanted)
    {
        var bits = 0;
        for (var outcome = Outcome.False; outcome <= Outcome.NullEquality; outcome++)
        {
            var counts = semantics == Semantics.Strict ? outcome == (wanted ? Outcome.True : Outcome.False) : outcome.IsTrue() == wanted;
            if (counts) bits |= 1 << (int)outcome;
        }
        return bits;
    }

    /// <summary>
    /// The minimal sets, smallest first, until together they cover the function; with <paramref name="isWhole"/> false when there are cases left that the
    /// conditions do not express or that are too many to list.
    /// </summary>
    public static List<IReadOnlyList<Condition>> Minimal(DecisionDiagram diagram, IReadOnlyList<Condition> conditions, int function, out bool isWhole)
    {
        var found = new List<IReadOnlyList<Condition>>();
        isWhole = true;
        if (function == DecisionDiagram.False) return found;
        if (function == DecisionDiagram.True) return [[]];
        var covered = DecisionDiagram.False;
        var terms = new List<(int Where, int[] Members)> { (DecisionDiagram.True, []) };
        var tried = 0;
        var start = diagram.Count;
        for (var size = 1; size <= MaxSize && terms.Count > 0 && covered != function; size++)
        {
            var longer = new List<(int, int[])>();
            foreach (var (where, members) in terms)
            {
                for (var next = members.Length == 0 ? 0 : members[^1] + 1; next < conditions.Count; next++)
                {
                    if (++tried > MaxTerms || diagram.Count - start > MaxNewNodes) break;
                    var both = diagram.AndThen(where, conditions[next].Where);
                    if (both == DecisionDiagram.False || both == where || diagram.AndThen(both, function) == DecisionDiagram.False) continue;
                    int[] term = [.. members, next];
                    if (found.Any(known => known.All(condition => term.Any(member => ReferenceEquals(conditions[member], condition))))) continue;
                    if (!diagram.Implies(both, function))
                    {
                        longer.Add((both, term));
                        continue;
                    }
                    found.Add([.. term.Select(member => conditions[member])]);
                    covered = diagram.OrElse(covered, both);
                }
            }
            terms = longer;
        }
        isWhole = covered == function;
        return found;
    }

    public static int Where(DecisionDiagram diagram, IReadOnlyList<Condition> term) => term.Aggregate(DecisionDiagram.True, (where, condition) => diagram.AndThen(where, condition.Where));

    public static string Text(IReadOnlyList<Condition> term) => term.Count == 0 ? "any authenticated caller" : string.Join(" and ", term.Select(condition => condition.Text));
}
