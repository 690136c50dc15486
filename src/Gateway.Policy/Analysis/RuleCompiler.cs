using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Gateway.Policy.Evaluation;
using Gateway.Policy.Language;

namespace Gateway.Policy.Analysis;

/// <summary>
/// A check as functions of the universe's variables, with errors as outcomes of their own: what the original answers, and where the strict
/// semantics hold it for surely true and for surely false.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Reading(int Original, int Surely, int SurelyNot)
{
    public static Reading Constant(Outcome outcome) => new((int)outcome, (int)outcome, (int)outcome);
}

/// <summary>
/// Turns the rules of one policy into diagrams. Atoms are not modelled but asked: each is evaluated by the engine's own plan for every combination of the
/// values it depends on, so that the diagrams and the engine can differ only in how checks are joined.
/// </summary>
internal sealed class RuleCompiler(PolicySet set, Universe universe)
{
    private readonly DecisionDiagram _diagram = universe.Diagram;
    private readonly int[] _point = new int[universe.Variables.Count];
    private readonly Dictionary<(string, bool), Reading> _rules = [];
    private readonly Dictionary<(string, string, bool), int> _atoms = [];
    private readonly HashSet<(string, bool)> _open = [];
    private bool _metCircle;
    private int _adminFlag = -1;

    /// <summary>Where the policy allows an action: a function without errors.</summary>
    public int Allowed(string action)
    {
        if (set.Table.Find(action) is not { } rule) return DecisionDiagram.False;
        var decided = _diagram.IsTrue(Decided(RuleReading(rule, isOwn: false)));
        return rule.Name == action ? _diagram.AndThen(Scopes(rule.Scopes), decided) : decided;
    }

    /// <summary>Where a check on its own would allow.</summary>
    public int Allowed(Check check) => _diagram.IsTrue(Decided(Read(check, isOwn: false)));

    /// <summary>The outcomes of an atom.</summary>
    public int Outcomes(ReachedAtom reached)
    {
        var key = (reached.Atom.Kind, reached.Atom.Match, reached.IsOwn);
        if (_atoms.TryGetValue(key, out var known)) return known;
        return _atoms[key] = reached.Atom.Type == AtomKind.AdminFlag && set.Options.NovaAdminFlag
            ? AdminFlag(reached)
            : _diagram.Tabulate(universe.SupportOf(reached), _point, point => Ask(reached, point));
    }

    // The strict semantics ask the second question only where the first rests on something undetermined; elsewhere the two agree.
    private int Decided(Reading reading) => set.Options.Semantics == Semantics.Strict ? _diagram.AndThen(reading.Original, reading.Surely) : reading.Original;

    /// <summary>True where the caller's token has one of the scopes.</summary>
    public int Scopes(IReadOnlyList<string> scopes) => scopes.Count == 0
        ? DecisionDiagram.True
        : _diagram.Tabulate(universe.ScopeSupport, _point, point =>
            scopes.Contains(PolicySet.ScopeName(new Credentials(universe.Caller(point)).Scope), StringComparer.Ordinal) ? Outcome.True : Outcome.False);

    private Reading RuleReading(EffectiveRule rule, bool isOwn)
    {
        var key = (rule.Name, isOwn);
        if (_rules.TryGetValue(key, out var known)) return known;
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new PolicyAnalysisException($"`{rule.Name}` is referred to through too many rules to analyse; shorten the chain");
        if (!_open.Add(key))
        {
            // Whoever comes here once comes here again and again, until the engine gives up.
            _metCircle = true;
            return Reading.Constant(Outcome.RecursionError);
        }
        var outer = _metCircle;
        _metCircle = false;
        var reading = Read(rule.Check, isOwn);
        _open.Remove(key);
        // Within a circle a rule reads differently from where it is entered.
        if (!_metCircle) _rules[key] = reading;
        _metCircle = (_metCircle || outer) && _open.Count > 0;
        return reading;
    }

    private Reading Read(Check check, bool isOwn)
    {
        switch (check)
        {
            case ConstantCheck constant:
                return FromOutcomes((int)constant.Outcome);
            case StrayTokenCheck:
                return Reading.Constant(Outcome.AttributeError);
            case NotCheck not:
                var inner = Read(not.Inner, isOwn);
                return new Reading(_diagram.Not(inner.Original), inner.SurelyNot, inner.Surely);
            case JunctionCheck junction:
                return Junction(junction, isOwn);
            case AtomCheck { Type: AtomKind.Rule } atom:
                if (set.Table.Find(atom.Match) is not { } rule) return FromOutcomes((int)Outcome.UndefinedRule);
                var reading = RuleReading(rule, isOwn);
                return new Reading(Guard(reading.Original), Guard(reading.Surely), Guard(reading.SurelyNot));
            default:
                return FromOutcomes(Outcomes(new ReachedAtom((AtomCheck)check, isOwn)));
        }
    }

    private Reading Junction(JunctionCheck junction, bool isOwn)
    {
        var start = junction.IsAll ? DecisionDiagram.True : DecisionDiagram.False;
        var (original, surely, surelyNot) = (start, start, _diagram.Not(start));
        foreach (var child in junction.Children)
        {
            var reading = Read(child, isOwn);
            original = junction.IsAll ? _diagram.AndThen(original, reading.Original) : _diagram.OrElse(original, reading.Original);
            surely = junction.IsAll ? _diagram.AndThen(surely, reading.Surely) : _diagram.OrElse(surely, reading.Surely);
            surelyNot = junction.IsAll ? _diagram.OrElse(surelyNot, reading.SurelyNot) : _diagram.AndThen(surelyNot, reading.SurelyNot);
        }
        return new Reading(original, surely, surelyNot);
    }

    private Reading FromOutcomes(int outcomes) => new(Original(outcomes), Surely(outcomes, Outcome.True), Surely(outcomes, Outcome.False));

    private int Original(int outcomes) => Mapped(outcomes, outcome => outcome.IsError() ? outcome : outcome.IsTrue() ? Outcome.True : Outcome.False);

    private int Surely(int outcomes, Outcome wanted) => Mapped(outcomes, outcome => outcome.IsError() ? outcome : outcome == wanted ? Outcome.True : Outcome.False);

    // A KeyError below a `rule:` is taken for a rule that does not exist.
    private int Guard(int reading) => Mapped(reading, outcome => outcome == Outcome.KeyError ? Outcome.False : outcome);

    /// <summary>A function with its outcomes exchanged for others.</summary>
    private int Mapped(int node, Func<Outcome, Outcome> map)
    {
        var result = DecisionDiagram.False;
        for (var outcome = Outcome.True; outcome <= Outcome.RemoteFault; outcome++)
        {
            if (map(outcome) == Outcome.False) continue;
            result = _diagram.OrElse(_diagram.AndThen(_diagram.Select(node, 1 << (int)outcome), (int)map(outcome)), result);
        }
        return map(Outcome.False) == Outcome.False ? result : _diagram.OrElse(_diagram.AndThen(_diagram.Select(node, 1 << (int)Outcome.False), (int)map(Outcome.False)), result);
    }

    private int AdminFlag(ReachedAtom reached)
    {
        var expected = reached.Atom.Match == "True" ? Outcome.True : Outcome.False;
        // While `is_admin` is being computed it is None, neither true nor false.
        if (reached.IsOwn) return DecisionDiagram.False;
        var flag = ComputedFlag();
        return Mapped(flag, outcome => outcome.IsError() ? outcome : outcome == expected ? Outcome.True : Outcome.False);
    }

    private int ComputedFlag()
    {
        if (_adminFlag >= 0) return _adminFlag;
        if (set.Table.Find(RuleAtoms.AdminRule) is not { } rule) return _adminFlag = DecisionDiagram.False;
        var decided = Decided(RuleReading(rule, isOwn: true));
        return _adminFlag = rule.Name == RuleAtoms.AdminRule ? _diagram.AndThen(Scopes(rule.Scopes), decided) : decided;
    }

    private Outcome Ask(ReachedAtom reached, int[] point)
    {
        var caller = universe.Caller(point);
        var target = new TargetAttributes(reached.IsOwn ? Own(caller) : universe.TargetOf(point));
        switch (reached.Atom.Plan)
        {
            case RemotePlan remote:
                var formatted = remote.Template.Format(target, out _, out _);
                return formatted == Outcome.MissingTarget ? Outcome.KeyError : formatted == Outcome.True ? universe.Answer(point, reached.Atom.ToString()) : formatted;
            case AttributePlan { Kind.Path: ["is_admin", _, ..] } when set.Options.NovaAdminFlag:
                // The computed flag is no mapping.
                return Outcome.TypeError;
            case var plan:
                return plan.Evaluate(CheckFrame.Enter(set, new Credentials(caller), target, "", adminFlag: null));
        }
    }

    private static Dictionary<string, object?> Own(Dictionary<string, object?> caller) => new(StringComparer.Ordinal)
    {
        ["project_id"] = caller.GetValueOrDefault("project_id"),
        ["user_id"] = caller.GetValueOrDefault("user_id"),
    };
}
