using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json;

namespace Gateway.Casbin;

/// <summary>Compiles a bound expression to a delegate. Constants are loaded from the row's array, so that rows share the code.</summary>
internal sealed class MatcherEmitter
{
    private static readonly FrozenDictionary<string, MethodInfo> Operations = typeof(Operators)
        .GetMethods(BindingFlags.Public | BindingFlags.Static)
        .Where(method => method.GetParameters()[0].ParameterType != typeof(JsonElement))
        .ToFrozenDictionary(method => method.Name, StringComparer.Ordinal);

    private static readonly MethodInfo HasLink = typeof(RoleGraph).GetMethod(nameof(RoleGraph.HasLink), [typeof(string), typeof(string)])!;
    private static readonly MethodInfo HasLinkInDomain = typeof(RoleGraph).GetMethod(nameof(RoleGraph.HasLink), [typeof(string), typeof(string), typeof(string)])!;

    private readonly ParameterExpression _frame = Expression.Parameter(typeof(Frame).MakeByRefType(), "frame");
    private readonly ParameterExpression _constants = Expression.Parameter(typeof(object[]), "constants");
    private int _next;

    private MatcherEmitter()
    {
    }

    public static RowMatcher Compile(Bound bound)
    {
        var emitter = new MatcherEmitter();
        var body = emitter.EmitResult(bound);
        return Expression.Lambda<RowMatcher>(body, emitter._frame, emitter._constants).Compile();
    }

    /// <summary>The matcher's result: true, a number other than 0, or text that is not empty.</summary>
    private Expression EmitResult(Bound bound) => bound.Kind switch
    {
        ValueKind.Bool => Emit(bound),
        ValueKind.Any => Call(nameof(Operators.IsTrue), Emit(bound)),
        _ => Call(nameof(Operators.IsTrue), Box(bound, Emit(bound))),
    };

    private Expression Emit(Bound bound) => bound switch
    {
        BoundConstant constant => EmitConstant(constant),
        BoundRequest request => Expression.Field(_frame, $"V{request.Index}"),
        BoundMember member => EmitMember(member),
        BoundNot not => Expression.Not(EmitCondition(not.Operand)),
        BoundNegate negate => Expression.Negate(EmitNumber(negate.Operand)),
        BoundLogical logical => EmitLogical(logical),
        BoundBinary binary => EmitBinary(binary, Emit(binary.Left), Emit(binary.Right)),
        BoundInList inside => EmitInList(inside),
        BoundInValue inside => Call(nameof(Operators.In), Box(inside.Item, Emit(inside.Item)), Emit(inside.Collection)),
        BoundCall call => EmitCall(call.Function, Next(call.Function.Target!.GetType()), call.Arguments),
        BoundPreparedCall call => EmitCall(call.Function, Next(call.Prepared.GetType()), call.Arguments),
        BoundPattern pattern => EmitPattern(pattern),
        BoundRoleLink link => EmitRoleLink(link),
        _ => throw new InvalidOperationException($"no code for {bound.GetType().Name}"),
    };

    private Expression EmitConstant(BoundConstant constant) => constant.Kind switch
    {
        ValueKind.Bool => Expression.Constant(constant.Value),
        ValueKind.Text => Next(typeof(string)),
        _ => Next(typeof(double)),
    };

    private UnaryExpression Next(Type type) => Expression.Convert(Expression.ArrayIndex(_constants, Expression.Constant(_next++)), type);

    private MethodCallExpression EmitMember(BoundMember member)
    {
        var target = Emit(member.Target);
        return Expression.Call(Expression.Constant(new MemberReader(member.Name)), nameof(MemberReader.Read), null, target);
    }

    private Expression EmitCondition(Bound bound) =>
        bound.Kind == ValueKind.Bool ? Emit(bound) : Call(nameof(Operators.IsTrue), Emit(bound));

    private Expression EmitNumber(Bound bound) => ToNumber(bound, Emit(bound));

    private Expression EmitLogical(BoundLogical logical)
    {
        var operands = logical.Operands.Select(EmitCondition).ToImmutableArray();
        return Join(operands.AsSpan());

        // Joined in halves: the order of evaluation is the same, the tree is not as deep as the list is long.
        Expression Join(ReadOnlySpan<Expression> span)
        {
            if (span.Length == 1)
                return span[0];
            var left = Join(span[..(span.Length / 2)]);
            var right = Join(span[(span.Length / 2)..]);
            return logical.IsAnd ? Expression.AndAlso(left, right) : Expression.OrElse(left, right);
        }
    }

    private static Expression EmitBinary(BoundBinary binary, Expression left, Expression right) => binary.Operator switch
    {
        BinaryOperator.Equal => EmitEqual(binary, left, right),
        BinaryOperator.NotEqual when binary is { Left.Kind: ValueKind.Any, Right.Kind: ValueKind.Any } => Call(nameof(Operators.NotEqual), left, right),
        BinaryOperator.NotEqual => Expression.Not(EmitEqual(binary, left, right)),
        BinaryOperator.Less or BinaryOperator.LessOrEqual or BinaryOperator.Greater or BinaryOperator.GreaterOrEqual => EmitOrder(binary, left, right),
        BinaryOperator.Add => EmitSum(binary, left, right),
        BinaryOperator.Subtract => Expression.Subtract(ToNumber(binary.Left, left), ToNumber(binary.Right, right)),
        BinaryOperator.Multiply => Expression.Multiply(ToNumber(binary.Left, left), ToNumber(binary.Right, right)),
        BinaryOperator.Divide => Expression.Divide(ToNumber(binary.Left, left), ToNumber(binary.Right, right)),
        _ => Expression.Modulo(ToNumber(binary.Left, left), ToNumber(binary.Right, right)),
    };

    private static Expression EmitEqual(BoundBinary binary, Expression left, Expression right) => (binary.Left.Kind, binary.Right.Kind) switch
    {
        (ValueKind.Number, ValueKind.Number) or (ValueKind.Bool, ValueKind.Bool) => Expression.Equal(left, right),
        (ValueKind.Text or ValueKind.Any, ValueKind.Text) => Call(nameof(Operators.EqualText), left, right),
        (ValueKind.Text, ValueKind.Any) => Call(nameof(Operators.EqualText), right, left),
        (ValueKind.Text or ValueKind.Any, ValueKind.Number) => Call(nameof(Operators.EqualNumber), left, right),
        (ValueKind.Number, ValueKind.Text or ValueKind.Any) => Call(nameof(Operators.EqualNumber), right, left),
        (ValueKind.Any, ValueKind.Bool) => Call(nameof(Operators.EqualBool), left, right),
        (ValueKind.Bool, ValueKind.Any) => Call(nameof(Operators.EqualBool), right, left),
        _ => Call(nameof(Operators.Equal), Box(binary.Left, left), Box(binary.Right, right)),
    };

    private static Expression EmitOrder(BoundBinary binary, Expression left, Expression right)
    {
        if (binary.Right.Kind == ValueKind.Number)
        {
            return binary.Left.Kind == ValueKind.Number
                ? Expression.MakeBinary(Direct(binary.Operator), left, right)
                : Call(nameof(Operators.OrderedNumber), left, right, Expression.Constant(binary.Operator));
        }

        return binary.Left.Kind == ValueKind.Number
            ? Call(nameof(Operators.OrderedNumber), right, left, Expression.Constant(Mirrored(binary.Operator)))
            : Call(nameof(Operators.Ordered), left, right, Expression.Constant(binary.Operator));
    }

    private static ExpressionType Direct(BinaryOperator comparison) => comparison switch
    {
        BinaryOperator.Less => ExpressionType.LessThan,
        BinaryOperator.LessOrEqual => ExpressionType.LessThanOrEqual,
        BinaryOperator.Greater => ExpressionType.GreaterThan,
        _ => ExpressionType.GreaterThanOrEqual,
    };

    private static BinaryOperator Mirrored(BinaryOperator comparison) => comparison switch
    {
        BinaryOperator.Less => BinaryOperator.Greater,
        BinaryOperator.LessOrEqual => BinaryOperator.GreaterOrEqual,
        BinaryOperator.Greater => BinaryOperator.Less,
        _ => BinaryOperator.LessOrEqual,
    };

    private static Expression EmitSum(BoundBinary binary, Expression left, Expression right) => binary.Kind switch
    {
        ValueKind.Number => Expression.Add(left, right),
        ValueKind.Text => Expression.Convert(Call(nameof(Operators.Add), Box(binary.Left, left), Box(binary.Right, right)), typeof(string)),
        _ => Call(nameof(Operators.Add), Box(binary.Left, left), Box(binary.Right, right)),
    };

    private BlockExpression EmitInList(BoundInList inside)
    {
        var item = Expression.Variable(typeof(object));
        var assign = Expression.Assign(item, Box(inside.Item, Emit(inside.Item)));
        var any = inside.List
            .Select(value => (Expression)Call(nameof(Operators.SameValue), item, Box(value, Emit(value))))
            .Aggregate(Expression.OrElse);
        return Expression.Block([item], assign, any);
    }

    private Expression EmitCall(FunctionBinding function, Expression target, ImmutableArray<Bound> arguments)
    {
        var values = new Expression[arguments.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = EmitArgument(function, i, arguments[i]);
        Expression call = Expression.Invoke(target, values);
        if (function.Result == typeof(int) || function.Result == typeof(long))
            return Expression.Convert(call, typeof(double));
        return function.Result.IsValueType || function.Result == typeof(string) ? call : Call(nameof(Operators.Normalize), Expression.Convert(call, typeof(object)));
    }

    private Expression EmitArgument(FunctionBinding function, int index, Bound argument)
    {
        var parameter = function.Parameters[index];
        var value = Emit(argument);
        if (function.IsBuiltIn)
            return ToText(argument, value);
        if (parameter == typeof(object))
            return Box(argument, value);
        if (value.Type == parameter)
            return value;
        if (argument.Kind != ValueKind.Any)
            return Expression.Convert(value, parameter);

        var where = new Expression[] { value, Expression.Constant(function.Name), Expression.Constant(index + 1) };
        if (parameter == typeof(bool))
            return Expression.Call(typeof(Arguments), nameof(Arguments.Bool), null, where);
        if (parameter.IsValueType)
            return Expression.Convert(Expression.Call(typeof(Arguments), nameof(Arguments.Number), null, where), parameter);

        // The cast is written out here because a cast to a type known to the JIT is cheaper than one inside a generic method.
        var given = Expression.Variable(typeof(object));
        var cast = Expression.Variable(parameter);
        return Expression.Block(
            [given, cast],
            Expression.Assign(given, value),
            Expression.Assign(cast, Expression.TypeAs(given, parameter)),
            Expression.IfThen(
                Expression.AndAlso(Expression.ReferenceEqual(cast, Expression.Constant(null, parameter)), Expression.ReferenceNotEqual(given, Expression.Constant(null))),
                Expression.Call(typeof(Arguments), nameof(Arguments.Refuse), null, given, Expression.Constant(function.Name), Expression.Constant(index + 1), Expression.Constant(parameter.Name))),
            cast);
    }

    private MethodCallExpression EmitPattern(BoundPattern pattern)
    {
        var target = Next(typeof(KeyPattern));
        var key = ToText(pattern.Key, Emit(pattern.Key));
        if (pattern.IsMatch)
            return Expression.Call(target, nameof(KeyPattern.IsMatch), null, key);
        var name = pattern.Name is null ? Expression.Constant("") : ToText(pattern.Name, Emit(pattern.Name));
        return Expression.Call(target, nameof(KeyPattern.Get), null, key, name);
    }

    private MethodCallExpression EmitRoleLink(BoundRoleLink link)
    {
        var graph = Expression.ArrayIndex(Expression.Field(_frame, nameof(Frame.Roles)), Expression.Constant(link.Graph));
        var arguments = link.Arguments.Select(argument => ToText(argument, Emit(argument))).ToArray();
        return Expression.Call(graph, arguments.Length == 2 ? HasLink : HasLinkInDomain, arguments);
    }

    private static Expression ToNumber(Bound bound, Expression value) =>
        bound.Kind == ValueKind.Number ? value : Call(nameof(Operators.ToNumber), Box(bound, value));

    private static Expression ToText(Bound bound, Expression value) =>
        bound is BoundConstant { Kind: ValueKind.Text } ? value : Call(nameof(Operators.ToText), Box(bound, value));

    private static Expression Box(Bound bound, Expression value) =>
        bound.Kind is ValueKind.Any or ValueKind.Text ? value : Expression.Convert(value, typeof(object));

    private static MethodCallExpression Call(string operation, params Expression[] arguments) => Expression.Call(Operations[operation], arguments);

    /// <summary>Checks of what a request gives to a function's typed parameter.</summary>
    private static class Arguments
    {
        public static bool Bool(object? value, string function, int index) =>
            value is bool flag ? flag : throw Mismatch(value, function, index, "true or false");

        public static double Number(object? value, string function, int index)
        {
            var number = Operators.ToNumber(value);
            return double.IsNaN(number) ? throw Mismatch(value, function, index, "a number") : number;
        }

        public static void Refuse(object value, string function, int index, string wanted) => throw Mismatch(value, function, index, wanted);

        private static CasbinException Mismatch(object? value, string function, int index, string wanted) =>
            new($"argument {index} of `{function}` is {(value is null ? "missing" : $"a {value.GetType().Name}")}; it wants {wanted}");
    }
}
