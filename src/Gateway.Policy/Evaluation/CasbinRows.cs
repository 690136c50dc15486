using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Gateway.Policy.Language;

namespace Gateway.Policy.Evaluation;

/// <summary>Which reading of a rule a row stands for.</summary>
internal enum RowReading
{
    /// <summary>The original's: an atom that could not be evaluated is false.</summary>
    Original,

    /// <summary>
    /// The strict one. Negations are moved down to the atoms (<c>not_role</c>, <c>not_attr</c>), and both an atom and its negation are false when it could
    /// not be evaluated, so that neither can allow.
    /// </summary>
    Strict,
}

/// <summary>One row of the policy: <c>p, act, rule, scope</c>.</summary>
internal readonly record struct CasbinRow(string Act, string Rule, string Scope);

/// <summary>
/// Writes rules as rows of the Casbin model in <c>policies/model.conf</c>. Rules that others refer to are written out in place, so that a decision
/// is one row; a reference that closes a circle, would make the row too long, or has to stop an error becomes a call of <c>rule</c>.
/// </summary>
/// <param name="inParts">
/// Break rules into small rows that call each other by <c>part</c>. A rule that is asked once is not worth compiling whole; small rows are alike, and what
/// is compiled for one serves all.
/// </param>
internal sealed class CasbinRows(RuleTable table, RowReading reading, bool inParts = false)
{
    /// <summary>The row name under which the default rule answers for actions without a rule: without scope types.</summary>
    public const string FallbackAct = "(no rule of this name)";

    private const int MaxInlinedAtoms = 64;

    /// <summary>Levels of checks that are written out in one row before the rest becomes a part; each takes up to two of the engine's levels.</summary>
    private const int MaxRowDepth = 40;

    /// <summary>Levels below a reference beyond which it becomes a call.</summary>
    private const int MaxInlinedDepth = RuleParser.MaxDepth;

    private readonly Dictionary<string, (int Atoms, int Depth)> _sizes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool> _raisesKeyError = new(StringComparer.Ordinal);
    private readonly List<(string Name, bool Negated)> _called = [];
    private readonly List<string> _parts = [];
    private int _depth;

    /// <param name="onlyAction">Only the rows that this action needs; null for all.</param>
    public IEnumerable<CasbinRow> Write(string? onlyAction = null)
    {
        foreach (var rule in table.Rules.Values)
        {
            if (onlyAction is not null && rule.Name != onlyAction) continue;
            yield return new CasbinRow(ActOf(rule.Name), Expression(rule, negated: false), string.Join(' ', rule.Scopes));
        }
        if (table.Default is { } fallback) yield return new CasbinRow(FallbackAct, Expression(fallback, negated: false), "");
        // Rows that `rule` and `not_rule` call, without scope types: those count for the action asked for alone. Writing one can ask for another.
        for (var written = 0; written < _called.Count; written++)
        {
            var (name, negated) = _called[written];
            yield return new CasbinRow(negated ? NegatedActOf(name) : InnerActOf(name), Expression(table.Find(name)!, negated), "");
        }
        for (var part = 0; part < _parts.Count; part++) yield return new CasbinRow(PartActOf(part.ToString()), _parts[part], "");
    }

    /// <summary>A rule's row name: its own name, or that name encoded when it would not survive a policy file.</summary>
    public static string ActOf(string name) => Encode(name);

    /// <summary>The row by which other rules refer to a rule. No rule's own row has a blank in its name.</summary>
    public static string InnerActOf(string name) => "rule " + ActOf(name);

    /// <summary>The same for the strict reading of "surely not".</summary>
    public static string NegatedActOf(string name) => "not " + ActOf(name);

    public static string PartActOf(string number) => "part " + number;

    private string Expression(EffectiveRule rule, bool negated)
    {
        var output = new StringBuilder();
        Write(output, rule.Check, negated, [rule.Name]);
        return output.ToString();
    }

    private void Write(StringBuilder output, Check check, bool negated, List<string> open)
    {
        switch (check)
        {
            case ConstantCheck constant:
                WriteConstant(output, constant.Outcome, negated);
                break;
            case StrayTokenCheck:
                output.Append("raise(r.creds, 'AttributeError')");
                break;
            case NotCheck not when reading == RowReading.Strict:
                WriteOperand(output, not.Inner, !negated, open);
                break;
            case NotCheck not:
                output.Append("!(");
                WriteOperand(output, not.Inner, negated: false, open);
                output.Append(')');
                break;
            case JunctionCheck junction:
                WriteJunction(output, junction, negated, 0, junction.Children.Count, open);
                break;
            case AtomCheck { Type: AtomKind.Rule } atom:
                WriteReference(output, atom, negated, open);
                break;
            case AtomCheck atom:
                WriteAtom(output, atom, negated);
                break;
            default:
                throw new ArgumentException($"unknown check `{check}`", nameof(check));
        }
    }

    /// <summary>A check within another one: in place, or as a part of its own.</summary>
    private void WriteOperand(StringBuilder output, Check check, bool negated, List<string> open)
    {
        if ((inParts && check is JunctionCheck) || _depth >= MaxRowDepth)
        {
            WritePart(output, part => Write(part, check, negated, open));
            return;
        }
        _depth++;
        Write(output, check, negated, open);
        _depth--;
    }

    private void WritePart(StringBuilder output, Action<StringBuilder> write)
    {
        var part = new StringBuilder();
        var depth = _depth;
        _depth = 0;
        write(part);
        _depth = depth;
        output.Append("part(r.creds, r.target, '").Append(_parts.Count).Append("')");
        _parts.Add(part.ToString());
    }

    private void WriteConstant(StringBuilder output, Outcome outcome, bool negated)
    {
        if (!outcome.IsUndetermined()) output.Append((outcome == Outcome.True) != negated ? "true" : "false");
        else if (reading == RowReading.Strict) output.Append("false");
        else output.Append("undetermined(r.creds, '").Append(outcome).Append("')");
    }

    // Written as a balanced tree of pairs: the same order of evaluation, and no nesting as deep as the list is long.
    private void WriteJunction(StringBuilder output, JunctionCheck junction, bool negated, int from, int to, List<string> open)
    {
        if (to - from == 0)
        {
            output.Append(junction.IsAll != negated ? "true" : "false");
            return;
        }
        if (to - from == 1)
        {
            WriteOperand(output, junction.Children[from], negated, open);
            return;
        }
        var middle = from + ((to - from) / 2);
        output.Append('(');
        WriteHalf(output, junction, negated, from, middle, open);
        output.Append(junction.IsAll != negated ? " && " : " || ");
        WriteHalf(output, junction, negated, middle, to, open);
        output.Append(')');
    }

    private void WriteHalf(StringBuilder output, JunctionCheck junction, bool negated, int from, int to, List<string> open)
    {
        if (inParts && to - from > 1) WritePart(output, part => WriteJunction(part, junction, negated, from, to, open));
        else WriteJunction(output, junction, negated, from, to, open);
    }

    private void WriteReference(StringBuilder output, AtomCheck atom, bool negated, List<string> open)
    {
        if (table.Find(atom.Match) is not { } rule)
        {
            WriteConstant(output, Outcome.UndefinedRule, negated);
            return;
        }
        if (!open.Contains(rule.Name) && SizeOf(rule) is { Atoms: <= MaxInlinedAtoms, Depth: <= MaxInlinedDepth } && !CanRaiseKeyError(rule))
        {
            open.Add(rule.Name);
            WriteOperand(output, rule.Check, negated, open);
            open.RemoveAt(open.Count - 1);
            return;
        }
        if (!_called.Contains((rule.Name, negated))) _called.Add((rule.Name, negated));
        output.Append(negated ? "not_rule(r.creds, r.target, " : "rule(r.creds, r.target, ");
        WriteLiteral(output, rule.Name);
        output.Append(')');
    }

    private static void WriteAtom(StringBuilder output, AtomCheck atom, bool negated)
    {
        if (negated) output.Append("not_");
        switch (atom.Type)
        {
            case AtomKind.Role:
                output.Append("role(r.creds, r.target, ");
                break;
            case AtomKind.AdminFlag:
                output.Append("admin(r.creds, r.target, ");
                break;
            case AtomKind.Remote:
                output.Append("remote(r.creds, r.target, ");
                WriteLiteral(output, atom.Kind);
                output.Append(", ");
                break;
            default:
                output.Append("attr(r.creds, r.target, ");
                WriteLiteral(output, atom.Kind);
                output.Append(", ");
                break;
        }
        WriteLiteral(output, atom.Match);
        output.Append(')');
    }

    /// <summary>How many atoms and levels a rule has once everything it refers to is written out; a circle has more than any limit.</summary>
    private (int Atoms, int Depth) SizeOf(EffectiveRule rule)
    {
        const int Endless = 1_000_000;
        if (_sizes.TryGetValue(rule.Name, out var known)) return known;
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) return (Endless, Endless);
        _sizes[rule.Name] = (Endless, Endless);
        return _sizes[rule.Name] = Measure(rule.Check);

        (int Atoms, int Depth) Measure(Check check)
        {
            if (check is AtomCheck { Type: AtomKind.Rule } atom && table.Find(atom.Match) is { } next)
            {
                var inner = SizeOf(next);
                return (inner.Atoms, Math.Min(inner.Depth + 1, Endless));
            }
            var (atoms, depth) = (check.Children.Count == 0 ? 1 : 0, 0);
            foreach (var child in check.Children)
            {
                var inner = Measure(child);
                atoms = Math.Min(atoms + inner.Atoms, Endless);
                depth = Math.Max(depth, inner.Depth);
            }
            return (atoms, Math.Min(depth + 1, Endless));
        }
    }

    /// <summary>A KeyError makes the nearest <c>rule:</c> above it false, which only a call can stop.</summary>
    private bool CanRaiseKeyError(EffectiveRule rule)
    {
        if (_raisesKeyError.TryGetValue(rule.Name, out var known)) return known;
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) return true;
        _raisesKeyError[rule.Name] = true;
        return _raisesKeyError[rule.Name] = Raises(rule.Check);

        bool Raises(Check check) => check switch
        {
            AtomCheck { Type: AtomKind.Remote, Plan: RemotePlan plan } => plan.CanMissTarget,
            AtomCheck { Type: AtomKind.Rule } atom => table.Find(atom.Match) is { } next && CanRaiseKeyError(next),
            _ => check.Children.Any(Raises),
        };
    }

    private static void WriteLiteral(StringBuilder output, string text) => output.Append('\'').Append(Encode(text)).Append('\'');

    /// <summary>A text as rows hold it: itself, or <c>#</c> and its UTF-16 units in hexadecimal when it does not fit between quotes.</summary>
    internal static string Encode(string text) => FitsBetweenQuotes(text) ? text : "#" + string.Concat(text.Select(unit => ((int)unit).ToString("x4")));

    internal static string Decode(string literal) => literal.StartsWith('#')
        ? string.Concat(literal[1..].Chunk(4).Select(unit => (char)int.Parse(unit, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)))
        : literal;

    /// <summary>
    /// Whether every Casbin reads the text as it stands: no quotes, no escapes, nothing that looks like <c>r.name</c> or <c>p.name</c>, which the matchers'
    /// rewriting would touch even within quotes.
    /// </summary>
    private static bool FitsBetweenQuotes(string text)
    {
        if (text.Length == 0 || text[0] == '#') return false;
        for (var i = 0; i < text.Length; i++)
        {
            var ch = text[i];
            if (!char.IsAsciiLetterOrDigit(ch) && !"_-:%().@/*".Contains(ch, StringComparison.Ordinal)) return false;
            if (ch != '.') continue;
            var start = i;
            while (start > 0 && char.IsAsciiDigit(text[start - 1])) start--;
            if (start > 0 && text[start - 1] is 'r' or 'p' && (start == 1 || !(char.IsAsciiLetterOrDigit(text[start - 2]) || text[start - 2] == '_'))) return false;
        }
        return true;
    }
}
