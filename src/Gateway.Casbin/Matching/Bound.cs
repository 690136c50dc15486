using System.Collections.Immutable;
using System.Text;

namespace Gateway.Casbin;

/// <summary>What is known at load of a value's type.</summary>
internal enum ValueKind
{
    Any,
    Bool,
    Number,
    Text,
}

/// <summary>
/// An expression with names resolved and the row's fields put in. <see cref="WriteShape"/> and the emitter visit constants in
/// the same order, so that rows of one shape can share compiled code.
/// </summary>
internal abstract record Bound(ValueKind Kind)
{
    /// <summary>Appends a text that is equal exactly for expressions compiled to the same code, and collects the constants left out of it.</summary>
    public abstract void WriteShape(StringBuilder shape, List<object?> constants);
}

/// <summary>A text, a double or a bool. Bools are part of the shape; the others are taken from the row's constants.</summary>
internal sealed record BoundConstant(ValueKind Kind, object Value) : Bound(Kind)
{
    public static BoundConstant True { get; } = new(ValueKind.Bool, true);

    public static BoundConstant False { get; } = new(ValueKind.Bool, false);

    public static BoundConstant Of(bool value) => value ? True : False;

    public static BoundConstant Of(object value) => value switch
    {
        bool flag => Of(flag),
        string => new BoundConstant(ValueKind.Text, value),
        double => new BoundConstant(ValueKind.Number, value),
        _ => throw new ArgumentException($"{value.GetType().Name} is not a constant", nameof(value)),
    };

    public override void WriteShape(StringBuilder shape, List<object?> constants)
    {
        if (Value is bool flag)
        {
            shape.Append(flag ? 'T' : 'F');
            return;
        }

        shape.Append(Kind == ValueKind.Text ? '$' : '#');
        constants.Add(Value);
    }
}

/// <summary>A value of the request, by its place.</summary>
internal sealed record BoundRequest(int Index) : Bound(ValueKind.Any)
{
    public override void WriteShape(StringBuilder shape, List<object?> constants) => shape.Append('r').Append(Index);
}

internal sealed record BoundMember(Bound Target, string Name) : Bound(ValueKind.Any)
{
    public override void WriteShape(StringBuilder shape, List<object?> constants)
    {
        Target.WriteShape(shape, constants);

        // With its length, because a name in brackets can hold any character.
        shape.Append('.').Append(Name.Length).Append(':').Append(Name);
    }
}

internal sealed record BoundNot(Bound Operand) : Bound(ValueKind.Bool)
{
    public override void WriteShape(StringBuilder shape, List<object?> constants)
    {
        shape.Append('!');
        Operand.WriteShape(shape, constants);
    }
}

internal sealed record BoundNegate(Bound Operand) : Bound(ValueKind.Number)
{
    public override void WriteShape(StringBuilder shape, List<object?> constants)
    {
        shape.Append('-');
        Operand.WriteShape(shape, constants);
    }
}

internal sealed record BoundLogical(bool IsAnd, ImmutableArray<Bound> Operands) : Bound(ValueKind.Bool)
{
    public override void WriteShape(StringBuilder shape, List<object?> constants) =>
        Shapes.WriteList(IsAnd ? "&" : "|", Operands, shape, constants);
}

internal sealed record BoundBinary(BinaryOperator Operator, Bound Left, Bound Right, ValueKind Kind) : Bound(Kind)
{
    public override void WriteShape(StringBuilder shape, List<object?> constants)
    {
        shape.Append('(');
        Left.WriteShape(shape, constants);
        shape.Append(' ').Append((int)Operator).Append(' ');
        Right.WriteShape(shape, constants);
        shape.Append(')');
    }
}

/// <summary>Membership in a written list.</summary>
internal sealed record BoundInList(Bound Item, ImmutableArray<Bound> List) : Bound(ValueKind.Bool)
{
    public override void WriteShape(StringBuilder shape, List<object?> constants)
    {
        Item.WriteShape(shape, constants);
        Shapes.WriteList(" in", List, shape, constants);
    }
}

/// <summary>Membership in whatever a value holds.</summary>
internal sealed record BoundInValue(Bound Item, Bound Collection) : Bound(ValueKind.Bool)
{
    public override void WriteShape(StringBuilder shape, List<object?> constants)
    {
        Item.WriteShape(shape, constants);
        shape.Append(" within ");
        Collection.WriteShape(shape, constants);
    }
}

/// <summary>A call of a function's delegate. The delegate is a constant like any other, so that enforcers share code too.</summary>
internal sealed record BoundCall(FunctionBinding Function, ImmutableArray<Bound> Arguments, ValueKind Kind) : Bound(Kind)
{
    public override void WriteShape(StringBuilder shape, List<object?> constants)
    {
        constants.Add(Function.Target);
        Shapes.WriteList(Function.Signature, Arguments, shape, constants);
    }
}

/// <summary>A call of a delegate that was made for this row's constants.</summary>
internal sealed record BoundPreparedCall(FunctionBinding Function, Delegate Prepared, ImmutableArray<Bound> Arguments, ValueKind Kind) : Bound(Kind)
{
    public override void WriteShape(StringBuilder shape, List<object?> constants)
    {
        constants.Add(Prepared);
        Shapes.WriteList(Function.Signature, Arguments, shape, constants);
    }
}

/// <summary>A built-in function whose pattern is known: a match, or the text of a parameter when <paramref name="Name"/> is given.</summary>
internal sealed record BoundPattern(KeyPattern Pattern, Bound Key, bool IsMatch, Bound? Name) : Bound(IsMatch ? ValueKind.Bool : ValueKind.Text)
{
    public override void WriteShape(StringBuilder shape, List<object?> constants)
    {
        constants.Add(Pattern);
        Shapes.WriteList(IsMatch ? "~" : "~get", Name is null ? [Key] : [Key, Name], shape, constants);
    }
}

/// <summary>`g(user, role)` or `g(user, role, domain)`.</summary>
internal sealed record BoundRoleLink(int Graph, ImmutableArray<Bound> Arguments) : Bound(ValueKind.Bool)
{
    public override void WriteShape(StringBuilder shape, List<object?> constants) => Shapes.WriteList($"@{Graph}", Arguments, shape, constants);
}

internal static class Shapes
{
    public static void WriteList(string name, ImmutableArray<Bound> items, StringBuilder shape, List<object?> constants)
    {
        shape.Append(name).Append('(');
        foreach (var item in items)
        {
            item.WriteShape(shape, constants);
            shape.Append(',');
        }

        shape.Append(')');
    }
}
