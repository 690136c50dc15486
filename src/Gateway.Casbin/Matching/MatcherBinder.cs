using System.Collections.Immutable;

namespace Gateway.Casbin;

/// <summary>
/// Puts a policy row's fields into a matcher: names are resolved, what depends on the row alone is computed, patterns are made ready,
/// `eval(p.rule)` becomes the rule itself. Whatever is wrong is found here, before any request.
/// </summary>
internal sealed class MatcherBinder
{
    private readonly DefaultModel _model;
    private readonly IReadOnlyDictionary<string, FunctionBinding> _functions;
    private readonly string _requestType;
    private readonly string _policyType;
    private readonly ImmutableArray<string> _requestFields;
    private readonly ImmutableArray<string> _policyFields;
    private readonly LoadCache _cache;
    private SourceText _source;
    private PolicyRow? _row;
    private bool _inEval;

    public MatcherBinder(
        DefaultModel model, IReadOnlyDictionary<string, FunctionBinding> functions, LoadCache cache, SourceText source, string requestType, string policyType)
    {
        _model = model;
        _functions = functions;
        _cache = cache;
        _source = source;
        _requestType = requestType;
        _policyType = policyType;
        _requestFields = model.Requests[requestType];
        _policyFields = model.Policies[policyType];
    }

    /// <summary>The condition under which the row matches.</summary>
    /// <param name="root">The matcher.</param>
    /// <param name="row">The row; null when the matcher mentions no field of one.</param>
    public Bound Bind(Syntax root, PolicyRow? row)
    {
        _row = row;
        var bound = BindValue(root);
        return bound is not BoundConstant constant ? bound : BoundConstant.Of(Operators.IsTrue(constant.Value));
    }

    private Bound BindValue(Syntax syntax) => syntax switch
    {
        LiteralSyntax literal => BoundConstant.Of(literal.Value),
        FieldSyntax field => BindField(field),
        MemberSyntax member => BindMember(member),
        NotSyntax not => BindCondition(not.Operand) switch
        {
            BoundConstant constant => BoundConstant.Of(!(bool)constant.Value),
            var operand => new BoundNot(operand),
        },
        NegateSyntax negate => BindNumber(negate.Operand) switch
        {
            BoundConstant number => BoundConstant.Of(-(double)number.Value),
            var operand => new BoundNegate(operand),
        },
        LogicalSyntax logical => BindLogical(logical),
        BinarySyntax binary => BindBinary(binary),
        InSyntax inside => BindIn(inside),
        CallSyntax call => BindCall(call),
        _ => throw new InvalidOperationException($"no binding for {syntax.GetType().Name}"),
    };

    private Bound BindField(FieldSyntax field)
    {
        var expected = field.IsPolicy ? _policyType : _requestType;
        if (field.Definition != expected)
            throw At(field, $"`{field.Definition}.{field.Token}` belongs to another definition; this matcher is about `{expected}`");
        var fields = field.IsPolicy ? _policyFields : _requestFields;
        var index = fields.IndexOf(field.Token);
        if (index < 0)
            throw At(field, $"`{field.Definition}` has no field `{field.Token}`; there are {string.Join(", ", fields.Select(name => $"`{name}`"))}");
        return field.IsPolicy ? BoundConstant.Of(_row!.Values[index]) : new BoundRequest(index);
    }

    private BoundMember BindMember(MemberSyntax member)
    {
        var target = BindValue(member.Target);
        return target.Kind == ValueKind.Any
            ? new BoundMember(target, member.Name)
            : throw At(member, $"`.{member.Name}` is asked of {Describe(target.Kind)}, which has no attributes");
    }

    /// <summary>A value that stands where true or false is needed. Text and numbers do not: a field holding `false` would count as true.</summary>
    private Bound BindCondition(Syntax syntax)
    {
        var bound = BindValue(syntax);
        return bound.Kind is ValueKind.Bool or ValueKind.Any
            ? bound
            : throw At(syntax, $"{Describe(bound.Kind)} stands where true or false is needed; compare it with something");
    }

    private Bound BindNumber(Syntax syntax)
    {
        var bound = BindValue(syntax);
        if (bound.Kind == ValueKind.Bool)
            throw At(syntax, "true or false stands where a number is needed");
        return bound is BoundConstant { Kind: ValueKind.Text } text ? BoundConstant.Of(Operators.ToNumber(text.Value)) : bound;
    }

    /// <summary>Operands keep their order; only what can never be reached is left out.</summary>
    private Bound BindLogical(LogicalSyntax logical)
    {
        var operands = ImmutableArray.CreateBuilder<Bound>(logical.Operands.Length);
        foreach (var syntax in logical.Operands)
        {
            var operand = BindCondition(syntax);
            if (operand is not BoundConstant constant)
            {
                operands.Add(operand);
                continue;
            }

            if ((bool)constant.Value == logical.IsAnd)
                continue;

            // Bind what follows all the same, so that its mistakes are found.
            foreach (var unreachable in logical.Operands.SkipWhile(other => other != syntax).Skip(1))
                BindCondition(unreachable);
            operands.Add(operand);
            break;
        }

        return operands.Count switch
        {
            0 => BoundConstant.Of(logical.IsAnd),
            1 when operands[0].Kind == ValueKind.Bool => operands[0],
            _ => new BoundLogical(logical.IsAnd, operands.ToImmutable()),
        };
    }

    private Bound BindBinary(BinarySyntax binary)
    {
        switch (binary.Operator)
        {
            case BinaryOperator.Equal or BinaryOperator.NotEqual:
                var left = BindValue(binary.Left);
                var right = BindValue(binary.Right);
                return left is BoundConstant a && right is BoundConstant b
                    ? BoundConstant.Of(Operators.Equal(a.Value, b.Value) == (binary.Operator == BinaryOperator.Equal))
                    : new BoundBinary(binary.Operator, left, right, ValueKind.Bool);
            case BinaryOperator.Less or BinaryOperator.LessOrEqual or BinaryOperator.Greater or BinaryOperator.GreaterOrEqual:
                return BindOrder(binary);
            case BinaryOperator.Add:
                return BindSum(binary);
            default:
                return BindArithmetic(binary, BindNumber(binary.Left), BindNumber(binary.Right));
        }
    }

    private Bound BindOrder(BinarySyntax binary)
    {
        var left = BindValue(binary.Left);
        var right = BindValue(binary.Right);
        if (left.Kind == ValueKind.Bool || right.Kind == ValueKind.Bool)
            throw At(binary, "true and false have no order; write `==`, or join conditions with `&&`");
        return left is BoundConstant a && right is BoundConstant b
            ? BoundConstant.Of(Operators.Ordered(a.Value, b.Value, binary.Operator))
            : new BoundBinary(binary.Operator, left, right, ValueKind.Bool);
    }

    private Bound BindSum(BinarySyntax binary)
    {
        var left = BindValue(binary.Left);
        var right = BindValue(binary.Right);
        if (left.Kind == ValueKind.Bool || right.Kind == ValueKind.Bool)
            throw At(binary, "true or false cannot be added to anything");
        if (left is BoundConstant a && right is BoundConstant b)
            return BoundConstant.Of(Operators.Add(a.Value, b.Value)!);
        var kind = (left.Kind, right.Kind) switch
        {
            (ValueKind.Number, ValueKind.Number) => ValueKind.Number,
            (ValueKind.Text, _) or (_, ValueKind.Text) => ValueKind.Text,
            _ => ValueKind.Any,
        };
        return new BoundBinary(BinaryOperator.Add, left, right, kind);
    }

    private static Bound BindArithmetic(BinarySyntax binary, Bound left, Bound right)
    {
        if (left is not BoundConstant { Value: double a } || right is not BoundConstant { Value: double b })
            return new BoundBinary(binary.Operator, left, right, ValueKind.Number);
        return BoundConstant.Of(binary.Operator switch
        {
            BinaryOperator.Subtract => a - b,
            BinaryOperator.Multiply => a * b,
            BinaryOperator.Divide => a / b,
            _ => a % b,
        });
    }

    private Bound BindIn(InSyntax inside)
    {
        var item = BindValue(inside.Item);
        var list = inside.List.Select(BindValue).ToImmutableArray();
        if (list is [{ Kind: ValueKind.Any } collection])
            return new BoundInValue(item, collection);
        if (item is not BoundConstant sought || !list.All(value => value is BoundConstant))
            return list.IsEmpty ? BoundConstant.False : new BoundInList(item, list);
        return BoundConstant.Of(list.Any(value => Operators.SameValue(sought.Value, ((BoundConstant)value).Value)));
    }

    private Bound BindCall(CallSyntax call)
    {
        CheckCall(call);
        if (call.Function == "eval")
            return BindEval((FieldSyntax)call.Arguments[0]);
        var graph = _model.RoleTypes.IndexOf(call.Function);
        if (graph >= 0)
            return new BoundRoleLink(graph, [.. call.Arguments.Select(BindValue)]);
        return BuiltInFunctions.All.TryGetValue(call.Function, out var function) ? BindBuiltIn(call, function) : BindCustom(call, _functions[call.Function]);
    }

    /// <summary>Refuses a function that does not exist or takes another number of arguments, whatever the row.</summary>
    public void CheckCall(CallSyntax call)
    {
        if (call.Function == "eval")
        {
            if (_inEval)
                throw At(call, "`eval` within an evaluated rule; put the rule's text there itself");
            if (call.Arguments is not [FieldSyntax { IsPolicy: true }])
                throw At(call, "`eval` takes one field of the policy row, such as `eval(p.rule)`; text from a request is never evaluated");
        }
        else if (_model.RoleWidths.TryGetValue(call.Function, out var width))
        {
            if (call.Arguments.Length != width)
                throw At(call, $"`{call.Function}` takes {Count(width)} as defined in `[role_definition]`, not {call.Arguments.Length}");
        }
        else
        {
            if (!BuiltInFunctions.All.TryGetValue(call.Function, out var function) && !_functions.TryGetValue(call.Function, out function))
                throw At(call, UnknownFunction(call.Function));
            if (call.Arguments.Length != function.Arity)
                throw At(call, $"`{call.Function}` takes {Count(function.Arity)}, not {call.Arguments.Length}");
        }
    }

    private string UnknownFunction(string name)
    {
        if (name[0] == 'g' && name.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0)
            return $"`{name}` is not defined; add `{name} = _, _` to `[role_definition]`";
        var known = BuiltInFunctions.All.Keys.Concat(_functions.Keys).Concat(_model.RoleTypes).Append("eval").Order(StringComparer.Ordinal);
        return $"unknown function `{name}`; there are {string.Join(", ", known.Select(function => $"`{function}`"))}";
    }

    private Bound BindEval(FieldSyntax field)
    {
        var text = (string)((BoundConstant)BindField(field)).Value;
        var outer = _source;
        _source = SourceText.FromField(text, _row!, $"{field.Definition}.{field.Token}");
        _inEval = true;
        var bound = BindValue(_cache.Parse(_source));
        _inEval = false;
        _source = outer;
        return bound;
    }

    private Bound BindBuiltIn(CallSyntax call, FunctionBinding function)
    {
        var arguments = call.Arguments.Select(BindValue).ToImmutableArray();
        if (function.Pattern is null || arguments[1] is not BoundConstant pattern)
            return new BoundCall(function, arguments, KindOf(function.Result));
        KeyPattern prepared;
        try
        {
            prepared = _cache.Pattern(function, Operators.ToText(pattern.Value));
        }
        catch (CasbinException exception)
        {
            throw AtField(call.Arguments[1], $"`{call.Function}`: {exception.Message}");
        }

        var name = arguments.Length > 2 ? arguments[2] : null;
        var isMatch = function.Result == typeof(bool);
        if (arguments[0] is not BoundConstant key || name is not (null or BoundConstant))
            return new BoundPattern(prepared, arguments[0], isMatch, name);
        var text = Operators.ToText(key.Value);
        return isMatch
            ? BoundConstant.Of(prepared.IsMatch(text))
            : BoundConstant.Of(prepared.Get(text, name is null ? "" : Operators.ToText(((BoundConstant)name).Value)));
    }

    private Bound BindCustom(CallSyntax call, FunctionBinding function)
    {
        var arguments = ImmutableArray.CreateBuilder<Bound>();
        for (var i = 0; i < function.Parameters.Length; i++)
            arguments.Add(BindArgument(call, i, function.Parameters[i]));
        if (function.Prepare is null)
            return new BoundCall(function, arguments.ToImmutable(), KindOf(function.Result));

        var constants = new List<string>();
        foreach (var syntax in call.Arguments.Skip(function.Parameters.Length))
        {
            constants.Add(BindValue(syntax) is BoundConstant constant
                ? Operators.ToText(constant.Value)
                : throw At(syntax, $"this argument of `{call.Function}` must be known when the policy loads: text in quotes or a field of the row"));
        }

        return new BoundPreparedCall(function, PrepareCall(call, function, constants), arguments.ToImmutable(), KindOf(function.Result));
    }

    private Delegate PrepareCall(CallSyntax call, FunctionBinding function, List<string> constants)
    {
        try
        {
            return function.Prepare!(constants);
        }
#pragma warning disable CA1031 // Whatever the program's function finds wrong with the row refuses the load, with the place added.
        catch (Exception exception)
        {
            throw new CasbinException(AtField(call, $"`{call.Function}`: {exception.Message}").Message, exception);
        }
#pragma warning restore CA1031
    }

    private Bound BindArgument(CallSyntax call, int index, Type parameter)
    {
        var bound = BindValue(call.Arguments[index]);
        if (bound is BoundConstant { Kind: ValueKind.Text } text && (parameter == typeof(double) || parameter == typeof(int) || parameter == typeof(long)))
        {
            var number = Operators.ToNumber(text.Value);
            return double.IsNaN(number)
                ? throw AtField(call.Arguments[index], $"`{text.Value}` is given to `{call.Function}`, which wants a number here")
                : BoundConstant.Of(number);
        }

        var fits = bound.Kind switch
        {
            ValueKind.Text => parameter.IsAssignableFrom(typeof(string)),
            ValueKind.Bool => parameter == typeof(bool) || parameter == typeof(object),
            ValueKind.Number => parameter == typeof(double) || parameter == typeof(int) || parameter == typeof(long) || parameter == typeof(object),
            _ => true,
        };
        return fits ? bound : throw At(call.Arguments[index], $"argument {index + 1} of `{call.Function}` is {Describe(bound.Kind)}; it wants {parameter.Name}");
    }

    private static ValueKind KindOf(Type type)
    {
        if (type == typeof(bool))
            return ValueKind.Bool;
        if (type == typeof(string))
            return ValueKind.Text;
        return type.IsValueType ? ValueKind.Number : ValueKind.Any;
    }

    private static string Count(int arguments) => arguments == 1 ? "1 argument" : $"{arguments} arguments";

    private static string Describe(ValueKind kind) => kind switch
    {
        ValueKind.Bool => "true or false",
        ValueKind.Number => "a number",
        ValueKind.Text => "text",
        _ => "a value",
    };

    private CasbinException At(Syntax syntax, string problem) => CasbinException.At(_source.PlaceOf(syntax.Offset), problem);

    /// <summary>For a mistake in what a row holds, the row is the place, not the matcher that reads it.</summary>
    private CasbinException AtField(Syntax syntax, string problem) => _row is not null && !_inEval && syntax.Descend().OfType<FieldSyntax>().Any(field => field.IsPolicy)
        ? CasbinException.At(_row.Place, problem)
        : At(syntax, problem);
}
