using System.Collections.Immutable;

namespace Gateway.Casbin;

/// <summary>A matcher expression as written. <paramref name="Offset"/> is where it begins in its text.</summary>
internal abstract record Syntax(int Offset);

/// <summary>A string, a double or a bool.</summary>
internal sealed record LiteralSyntax(int Offset, object Value) : Syntax(Offset);

/// <summary>A field of the request or of the policy row: `r.sub`, `p2.act`.</summary>
internal sealed record FieldSyntax(int Offset, string Definition, string Token) : Syntax(Offset)
{
    public bool IsPolicy => Definition[0] == 'p';
}

internal sealed record MemberSyntax(int Offset, Syntax Target, string Name) : Syntax(Offset);

internal sealed record CallSyntax(int Offset, string Function, ImmutableArray<Syntax> Arguments) : Syntax(Offset);

internal sealed record NotSyntax(int Offset, Syntax Operand) : Syntax(Offset);

internal sealed record NegateSyntax(int Offset, Syntax Operand) : Syntax(Offset);

/// <summary>All operands of a chain of `&amp;&amp;`, or of `||`; flat, so that long generated rules do not nest deeply.</summary>
internal sealed record LogicalSyntax(int Offset, bool IsAnd, ImmutableArray<Syntax> Operands) : Syntax(Offset);

/// <summary>A comparison or an arithmetic operation.</summary>
internal sealed record BinarySyntax(int Offset, BinaryOperator Operator, Syntax Left, Syntax Right) : Syntax(Offset);

/// <summary>`item in (a, b)`, or `item in (x)` where x is a collection or a single value.</summary>
internal sealed record InSyntax(int Offset, Syntax Item, ImmutableArray<Syntax> List) : Syntax(Offset);

internal enum BinaryOperator
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

internal static class SyntaxWalk
{
    /// <summary>The expression and everything below it.</summary>
    public static IEnumerable<Syntax> Descend(this Syntax syntax)
    {
        var open = new Stack<Syntax>([syntax]);
        while (open.TryPop(out var next))
        {
            yield return next;
            foreach (var child in next.Children())
                open.Push(child);
        }
    }

    private static IEnumerable<Syntax> Children(this Syntax syntax) => syntax switch
    {
        MemberSyntax member => [member.Target],
        CallSyntax call => call.Arguments,
        NotSyntax not => [not.Operand],
        NegateSyntax negate => [negate.Operand],
        LogicalSyntax logical => logical.Operands,
        BinarySyntax binary => [binary.Left, binary.Right],
        InSyntax inside => inside.List.Prepend(inside.Item),
        _ => [],
    };
}
