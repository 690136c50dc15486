using System.Text;
using Gateway.Policy.Evaluation;

namespace Gateway.Policy.Language;

/// <summary>One node of a rule. <see cref="ToString"/> is the canonical text, as the original engine prints it.</summary>
internal abstract class Check
{
    /// <summary>Where the check begins in its rule's text, in UTF-16 units; -1 when it comes from a list or a default.</summary>
    public int Offset { get; init; } = -1;

    /// <summary>1 for an atom, one more for each level above. Bounded by the parser, so that walking a rule cannot exhaust the stack.</summary>
    public abstract int Depth { get; }

    public abstract IReadOnlyList<Check> Children { get; }

    public sealed override string ToString()
    {
        var output = new StringBuilder();
        Print(output);
        return output.ToString();
    }

    internal abstract void Print(StringBuilder output);
}

/// <summary>Why a check is constant. All but the first two are the original's silent readings of something else.</summary>
internal enum ConstantOrigin
{
    /// <summary><c>@</c> or <c>!</c>, written by someone.</summary>
    Written,

    /// <summary>An empty text or list, or a falsy value such as <c>null</c>: true to the original.</summary>
    Empty,

    /// <summary>A list in which nothing is left once its empty elements are skipped: false.</summary>
    NothingLeft,

    /// <summary>A text that does not parse, or an atom without a colon: false.</summary>
    Malformed,
}

internal sealed class ConstantCheck(bool value, ConstantOrigin origin) : Check
{
    public bool Value { get; } = value;

    public ConstantOrigin Origin { get; } = origin;

    /// <summary>What was written, when it was not <c>@</c> or <c>!</c>.</summary>
    public string Text { get; init; } = "";

    /// <summary>What is wrong with it, for a message; empty when nothing is.</summary>
    public string Fault { get; init; } = "";

    public override int Depth => 1;

    public override IReadOnlyList<Check> Children => [];

    internal override void Print(StringBuilder output) => output.Append(Value ? '@' : '!');

    public Outcome Outcome => Origin switch
    {
        ConstantOrigin.Written => Value ? Outcome.True : Outcome.False,
        ConstantOrigin.Empty => Outcome.EmptyRule,
        _ => Outcome.Malformed,
    };
}

/// <summary>
/// A rule that is one lone parenthesis, keyword or quoted string. The original (4.0.0) keeps the token itself in place of a check, and every
/// enforcement raises AttributeError; later versions read it as false.
/// </summary>
internal sealed class StrayTokenCheck(string text) : Check
{
    public string Text { get; } = text;

    public override int Depth => 1;

    public override IReadOnlyList<Check> Children => [];

    internal override void Print(StringBuilder output) => output.Append('!');
}

internal enum AtomKind
{
    /// <summary><c>rule:NAME</c>.</summary>
    Rule,

    /// <summary><c>role:NAME</c>.</summary>
    Role,

    /// <summary><c>http:URL</c> or <c>https:URL</c>.</summary>
    Remote,

    /// <summary>Nova's own <c>is_admin:X</c>.</summary>
    AdminFlag,

    /// <summary>Any other <c>KIND:MATCH</c>.</summary>
    Attribute,
}

internal sealed class AtomCheck(AtomKind type, string kind, string match) : Check
{
    public AtomKind Type { get; } = type;

    public string Kind { get; } = kind;

    public string Match { get; } = match;

    /// <summary>The atom made ready to be answered; not for <c>rule:</c>, which is answered by the rule it names.</summary>
    public AtomPlan Plan => field ??= AtomPlan.Of(this);

    public override int Depth => 1;

    public override IReadOnlyList<Check> Children => [];

    internal override void Print(StringBuilder output) => output.Append(Kind).Append(':').Append(Match);
}

internal sealed class NotCheck(Check inner) : Check
{
    public Check Inner { get; } = inner;

    public override int Depth { get; } = inner.Depth + 1;

    public override IReadOnlyList<Check> Children => [Inner];

    internal override void Print(StringBuilder output)
    {
        output.Append("not ");
        Inner.Print(output);
    }
}

/// <summary>A conjunction or a disjunction of two or more checks (from a list form also of none or one), in order.</summary>
internal sealed class JunctionCheck(bool isAll, List<Check> operands) : Check
{
    private int _depth = operands.Count == 0 ? 1 : operands.Max(operand => operand.Depth) + 1;

    /// <summary>True for <c>and</c>, false for <c>or</c>.</summary>
    public bool IsAll { get; } = isAll;

    public override IReadOnlyList<Check> Children => operands;

    public override int Depth => _depth;

    /// <summary>For the parser alone, while the junction still grows.</summary>
    internal JunctionCheck With(Check operand)
    {
        operands.Add(operand);
        _depth = Math.Max(_depth, operand.Depth + 1);
        return this;
    }

    internal override void Print(StringBuilder output)
    {
        output.Append('(');
        for (var i = 0; i < operands.Count; i++)
        {
            if (i > 0) output.Append(IsAll ? " and " : " or ");
            operands[i].Print(output);
        }
        output.Append(')');
    }
}
