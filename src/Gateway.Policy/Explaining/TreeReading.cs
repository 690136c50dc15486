using System.Runtime.CompilerServices;
using Gateway.Policy.Evaluation;
using Gateway.Policy.Language;
using Gateway.Policy.Python;

namespace Gateway.Policy.Explaining;

/// <summary>
/// Walks a rule as the original does and notes what every check came to. It explains; the decision is the engine's, and a property test
/// holds the two together.
/// </summary>
internal sealed class TreeReading(RuleTable table, CheckFrame frame)
{
    private const int MaxRuleDepth = 100;

    private int _depth;

    /// <summary>The rule's answer: True, False or an error. Undetermined atoms are left in the frame.</summary>
    public Outcome Read(EffectiveRule rule, out ExplainedCheck tree) => Read(rule.Check, rule.Origin, out tree);

    private Outcome Read(Check check, RuleOrigin origin, out ExplainedCheck node)
    {
        Outcome outcome;
        switch (check)
        {
            case ConstantCheck constant:
                outcome = Leaf(constant.ToString(), constant.Outcome, null, null, origin, out node);
                break;
            case StrayTokenCheck stray:
                outcome = Leaf(stray.Text, Outcome.AttributeError, null, null, origin, out node);
                break;
            case NotCheck not:
                outcome = Negation(not, origin, out node);
                break;
            case JunctionCheck junction:
                outcome = Junction(junction, origin, out node);
                break;
            case AtomCheck { Type: AtomKind.Rule } atom:
                outcome = Reference(atom, origin, out node);
                break;
            default:
                var plain = (AtomCheck)check;
                outcome = Leaf(plain.ToString(), plain.Plan.Evaluate(frame), CallerValue(plain), TargetValue(plain), origin, out node);
                break;
        }
        return outcome;
    }

    private Outcome Leaf(string text, Outcome outcome, string? caller, string? target, RuleOrigin origin, out ExplainedCheck node)
    {
        var settled = frame.Settle(outcome);
        node = new ExplainedCheck(text, ResultOf(outcome), caller, target, NoteOf(outcome), origin.File, origin.Line, []);
        return outcome.IsError() ? outcome : settled ? Outcome.True : Outcome.False;
    }

    private Outcome Negation(NotCheck not, RuleOrigin origin, out ExplainedCheck node)
    {
        var inner = Read(not.Inner, origin, out var child);
        var outcome = inner switch
        {
            Outcome.True => Outcome.False,
            Outcome.False => Outcome.True,
            _ => inner,
        };
        node = new ExplainedCheck("not", ResultOf(outcome), null, null, NoteOf(outcome), origin.File, origin.Line, [child]);
        return outcome;
    }

    private Outcome Junction(JunctionCheck junction, RuleOrigin origin, out ExplainedCheck node)
    {
        var goesOn = junction.IsAll ? Outcome.True : Outcome.False;
        var outcome = goesOn;
        var children = new List<ExplainedCheck>();
        foreach (var operand in junction.Children)
        {
            if (outcome != goesOn)
            {
                children.Add(NotReached(operand, origin));
                continue;
            }
            outcome = Read(operand, origin, out var child);
            children.Add(child);
        }
        node = new ExplainedCheck(junction.IsAll ? "and" : "or", ResultOf(outcome), null, null, NoteOf(outcome), origin.File, origin.Line, children);
        return outcome;
    }

    private Outcome Reference(AtomCheck atom, RuleOrigin origin, out ExplainedCheck node)
    {
        if (table.Find(atom.Match) is not { } rule) return Leaf(atom.ToString(), Outcome.UndefinedRule, null, null, origin, out node);
        if (_depth >= MaxRuleDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack() || !frame.MayCall()) return Leaf(atom.ToString(), Outcome.RecursionError, null, null, origin, out node);
        _depth++;
        var outcome = Read(rule.Check, rule.Origin, out var child);
        _depth--;
        var note = NoteOf(outcome);
        if (outcome == Outcome.KeyError)
        {
            // The original's `rule:` takes any KeyError below it for "no such rule".
            frame.Error = Outcome.False;
            frame.Settle(Outcome.MissingTarget);
            outcome = Outcome.False;
        }
        node = new ExplainedCheck(atom.ToString(), ResultOf(outcome), null, null, note, origin.File, origin.Line, [child]);
        return outcome;
    }

    private static ExplainedCheck NotReached(Check check, RuleOrigin origin) => new(
        check is JunctionCheck junction ? junction.IsAll ? "and" : "or" : check is NotCheck ? "not" : check.ToString(),
        CheckResult.NotReached, null, null, "", origin.File, origin.Line, [.. check.Children.Select(child => NotReached(child, origin))]);

    private string? CallerValue(AtomCheck atom)
    {
        switch (atom.Plan)
        {
            case RolePlan:
                return frame.Credentials.TryGet("roles", out var roles) ? PythonText.Str(roles) : "(no roles)";
            case AdminFlagPlan:
                return frame.AdminFlag is { } flag ? !flag.IsKnown ? "None" : flag.Outcome == Outcome.True ? "True" : "False" : Attribute("is_admin");
            case AttributePlan { Kind: { Literal: null, Fault: Outcome.True } kind }:
                return Attribute(kind.Path[0]);
            default:
                return null;
        }

        string Attribute(string name) => frame.Credentials.TryGet(name, out var value) ? PythonText.Str(value) : $"(no {name})";
    }

    private string? TargetValue(AtomCheck atom)
    {
        if (atom.Plan.Template is not { Constant: null } template) return null;
        return template.Format(frame.Target, out var text, out _) switch
        {
            Outcome.True => text,
            Outcome.MissingTarget => "(not an attribute of the target)",
            var fault => $"({fault.ErrorName()})",
        };
    }

    private static CheckResult ResultOf(Outcome outcome) =>
        outcome.IsError() ? CheckResult.Error : outcome.IsUndetermined() ? CheckResult.Undetermined : outcome == Outcome.True ? CheckResult.Holds : CheckResult.Fails;

    private static string NoteOf(Outcome outcome) => outcome switch
    {
        Outcome.Malformed => "malformed: false, and in the strict semantics never a reason to allow",
        Outcome.UndefinedRule => "there is no such rule",
        Outcome.MissingTarget => "the target has no such attribute",
        Outcome.EmptyRule => "an empty rule: allows to the original, denies in the strict semantics",
        Outcome.NullEquality => "null equals null: allows to the original, not in the strict semantics",
        _ => outcome.IsError() ? outcome.ErrorName() : "",
    };
}
