using System.Globalization;
using System.Numerics;
using System.Text;

namespace Gateway.Policy.Python;

/// <summary>The value of a Python literal, as far as its text is concerned.</summary>
internal abstract record PythonLiteral
{
    public abstract string Repr();

    public virtual string Str() => Repr();

    public virtual bool IsHashable => true;
}

internal sealed record LiteralName(string Name) : PythonLiteral
{
    public override string Repr() => Name;
}

internal sealed record LiteralInteger(BigInteger Value) : PythonLiteral
{
    public override string Repr() => Value.ToString(CultureInfo.InvariantCulture);
}

internal sealed record LiteralFloat(double Value) : PythonLiteral
{
    public override string Repr() => PythonFloat.Repr(Value);
}

internal sealed record LiteralComplex(double Real, double Imaginary) : PythonLiteral
{
    public override string Repr()
    {
        if (Real == 0 && !double.IsNegative(Real)) return Part(Imaginary) + "j";
        var sign = double.IsNegative(Imaginary) || double.IsNaN(Imaginary) ? "" : "+";
        return "(" + Part(Real) + sign + Part(Imaginary) + "j)";
    }

    // As repr() writes floats, but without the `.0` of whole ones.
    private static string Part(double value)
    {
        var text = PythonFloat.Repr(value);
        return text.EndsWith(".0", StringComparison.Ordinal) ? text[..^2] : text;
    }
}

internal sealed record LiteralText(string Value) : PythonLiteral
{
    public override string Repr() => PythonText.Repr(Value);

    public override string Str() => Value;
}

internal sealed record LiteralBytes(string Value) : PythonLiteral
{
    public override string Repr()
    {
        var quote = Value.Contains('\'') && !Value.Contains('"') ? '"' : '\'';
        var output = new StringBuilder("b").Append(quote);
        foreach (var ch in Value)
        {
            if (ch == quote || ch == '\\') output.Append('\\').Append(ch);
            else if (ch == '\t') output.Append("\\t");
            else if (ch == '\n') output.Append("\\n");
            else if (ch == '\r') output.Append("\\r");
            else if (ch is >= ' ' and < '\u007f') output.Append(ch);
            else output.Append("\\x").Append(((int)ch).ToString("x2"));
        }
        return output.Append(quote).ToString();
    }
}

internal sealed record LiteralSequence(char Open, IReadOnlyList<PythonLiteral> Items) : PythonLiteral
{
    public override bool IsHashable => Open == '(' && Items.All(item => item.IsHashable);

    public override string Repr()
    {
        var items = string.Join(", ", Items.Select(item => item.Repr()));
        return Open switch
        {
            '(' => "(" + items + (Items.Count == 1 ? ",)" : ")"),
            '[' => "[" + items + "]",
            _ => "{" + items + "}",
        };
    }
}

/// <summary>An empty set or an empty mapping: mutable, so of no use inside a set.</summary>
internal sealed record LiteralEmpty(string Text) : PythonLiteral
{
    public override bool IsHashable => false;

    public override string Repr() => Text;
}
