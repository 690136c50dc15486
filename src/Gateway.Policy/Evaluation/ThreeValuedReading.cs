using System.Runtime.CompilerServices;
using Gateway.Policy.Language;

namespace Gateway.Policy.Evaluation;

/// <summary>
/// What a rule can come to for one caller over all targets, as a set of outcomes. It decides nothing: it tells whether a target has to be looked up before the
/// engine is asked.
/// </summary>
internal readonly struct ThreeValuedReading(RuleTable table, CheckFrame frame)
{
    private const int MaxRuleDepth = 64;

    // The four values of a reading, as bits: true, false, undetermined (strict only), error.
    private const int T = 1, F = 2, U = 4, E = 8;

    public Foresight Foresee(EffectiveRule rule, Semantics semantics)
    {
        var oslo = Read(rule.Check, strict: false, 0);
        if ((oslo & T) == 0) return Foresight.Denied;
        var strict = semantics == Semantics.Strict ? Read(rule.Check, strict: true, 0) : oslo;
        if ((strict & T) == 0) return Foresight.Denied;
        return oslo == T && strict == T ? Foresight.Allowed : Foresight.DependsOnTarget;
    }

    private int Read(Check check, bool strict, int depth) => check switch
    {
        ConstantCheck constant => Bits(1 << (int)constant.Outcome, strict),
        StrayTokenCheck => E,
        NotCheck not => Negate(Read(not.Inner, strict, depth)),
        JunctionCheck junction => Junction(junction, strict, depth),
        AtomCheck { Type: AtomKind.Rule } atom => Reference(atom, strict, depth),
        AtomCheck atom => Bits(atom.Plan.Possible(frame), strict),
        _ => E,
    };

    private int Reference(AtomCheck atom, bool strict, int depth)
    {
        if (table.Find(atom.Match) is not { } rule) return strict ? U : F;
        // A cycle: what it comes to depends on what stops it, so nothing is promised.
        // The same where there is more to read than a decision may take.
        if (depth >= MaxRuleDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack() || !frame.MayCall()) return T | F | U | E;
        var read = Read(rule.Check, strict, depth + 1);
        // A KeyError below a `rule:` is false; here errors are not told apart, so both are kept possible.
        return (read & E) != 0 ? read | (strict ? U : F) : read;
    }

    private int Junction(JunctionCheck junction, bool strict, int depth)
    {
        // Of a conjunction everything goes on while it is true, of a disjunction while it is false.
        var going = junction.IsAll ? T : F;
        var stopping = junction.IsAll ? F : T;
        var current = going;
        for (var i = 0; i < junction.Children.Count && (current & (going | U)) != 0; i++)
        {
            var next = Read(junction.Children[i], strict, depth);
            var after = current & (stopping | E);
            if ((current & going) != 0) after |= next;
            if ((current & U) != 0) after |= (next & (stopping | E)) | ((next & (going | U)) != 0 ? U : 0);
            current = after;
        }
        return current;
    }

    private static int Negate(int read) => (read & (U | E)) | ((read & T) != 0 ? F : 0) | ((read & F) != 0 ? T : 0);

    private static int Bits(int outcomes, bool strict)
    {
        var bits = 0;
        for (var outcome = Outcome.False; outcome <= Outcome.RemoteFault; outcome++)
        {
            if ((outcomes & (1 << (int)outcome)) == 0) continue;
            bits |= outcome.IsError() ? E : strict && outcome.IsUndetermined() ? U : outcome.IsTrue() ? T : F;
        }
        return bits;
    }
}
