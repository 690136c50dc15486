using System.Collections.Immutable;

namespace Gateway.Casbin;

/// <summary>How a call in a matcher reaches its code.</summary>
internal sealed class FunctionBinding
{
    private FunctionBinding(string name, ImmutableArray<Type> parameters, Type result)
    {
        Name = name;
        Parameters = parameters;
        Result = result;
        Signature = $"{name}<{string.Join(',', parameters.Append(result).Select(type => type.TypeHandle.Value))}>";
    }

    public string Name { get; }

    /// <summary>The parameters given at each decision.</summary>
    public ImmutableArray<Type> Parameters { get; }

    public Type Result { get; }

    /// <summary>Trailing arguments that are fixed at load and given to <see cref="Prepare"/>.</summary>
    public int Constants { get; private init; }

    /// <summary>Makes the delegate for given constants; null for a function that is called as it is.</summary>
    public Func<IReadOnlyList<string>, Delegate>? Prepare { get; private init; }

    public Delegate? Target { get; private init; }

    /// <summary>
    /// The same arguments always give the same answer, so constants are computed at load, and a fixed second argument, the pattern,
    /// is prepared at load.
    /// </summary>
    public bool IsBuiltIn { get; private init; }

    /// <summary>For built-in functions with a pattern as second argument: makes it ready.</summary>
    public Func<string, KeyPattern>? Pattern { get; private init; }

    public int Arity => Parameters.Length + Constants;

    /// <summary>A text that is the same exactly for functions that are called by the same code: name and types.</summary>
    public string Signature { get; }

    public static FunctionBinding Direct(string name, Delegate function)
    {
        ArgumentNullException.ThrowIfNull(function);
        var invoke = function.GetType().GetMethod("Invoke")!;
        return new FunctionBinding(name, Check(name, invoke.GetParameters().Select(parameter => parameter.ParameterType)), CheckResult(name, invoke.ReturnType))
        {
            Target = function,
        };
    }

    public static FunctionBinding Prepared(
        string name, IEnumerable<Type> parameters, int constants, Type result, Func<IReadOnlyList<string>, Delegate> prepare)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(constants);
        return new FunctionBinding(name, Check(name, parameters), CheckResult(name, result)) { Constants = constants, Prepare = prepare };
    }

    public static FunctionBinding BuiltIn(string name, Delegate function, Func<string, KeyPattern>? pattern)
    {
        var invoke = function.GetType().GetMethod("Invoke")!;
        return new FunctionBinding(name, [.. invoke.GetParameters().Select(parameter => parameter.ParameterType)], invoke.ReturnType)
        {
            Target = function,
            IsBuiltIn = true,
            Pattern = pattern,
        };
    }

    private static ImmutableArray<Type> Check(string name, IEnumerable<Type> parameters)
    {
        var types = parameters.ToImmutableArray();
        foreach (var type in types)
        {
            if (type.IsValueType && type != typeof(bool) && type != typeof(double) && type != typeof(int) && type != typeof(long))
                throw new ArgumentException($"function `{name}` has a parameter of type {type.Name}; use a reference type, bool, double, int or long", nameof(parameters));
        }

        return types;
    }

    private static Type CheckResult(string name, Type result) =>
        result == typeof(bool) || result == typeof(double) || result == typeof(int) || result == typeof(long) || !result.IsValueType
            ? result
            : throw new ArgumentException($"function `{name}` returns {result.Name}; return bool, text, a number or an object", nameof(result));
}
