namespace Gateway.Casbin;

/// <summary>
/// The functions a model's matchers may call beside the built-in ones. They are called on the decision path by direct
/// delegate calls, from many threads at once; what they throw leaves <c>Enforce</c> unchanged.
/// </summary>
/// <remarks>
/// A parameter may be a reference type, <c>string</c>, <c>bool</c>, <c>double</c>, <c>int</c>, <c>long</c> or <c>object</c>; a result <c>bool</c>,
/// <c>string</c>, a number, or <c>object</c>. A request value of another type than the parameter's is a <see cref="CasbinException"/>.
/// </remarks>
public sealed class FunctionMap
{
    private readonly Dictionary<string, FunctionBinding> _functions = new(StringComparer.Ordinal);

    internal IReadOnlyDictionary<string, FunctionBinding> Functions => _functions;

    public FunctionMap Add<TResult>(string name, Func<TResult> function) => AddBinding(name, function);

    public FunctionMap Add<T1, TResult>(string name, Func<T1, TResult> function) => AddBinding(name, function);

    public FunctionMap Add<T1, T2, TResult>(string name, Func<T1, T2, TResult> function) => AddBinding(name, function);

    public FunctionMap Add<T1, T2, T3, TResult>(string name, Func<T1, T2, T3, TResult> function) => AddBinding(name, function);

    public FunctionMap Add<T1, T2, T3, T4, TResult>(string name, Func<T1, T2, T3, T4, TResult> function) => AddBinding(name, function);

    /// <summary>
    /// A function whose arguments after the first are known when the policy loads: literals or fields of the row. They are given to
    /// <paramref name="prepare"/> once per row at load, and only what it returns is called at each decision. An exception
    /// it throws refuses the load, with file and line put before its message.
    /// </summary>
    public FunctionMap AddPrepared<T1, TResult>(string name, int constants, Func<IReadOnlyList<string>, Func<T1, TResult>> prepare) =>
        AddBinding(name, FunctionBinding.Prepared(name, [typeof(T1)], constants, typeof(TResult), prepare));

    /// <summary>As <see cref="AddPrepared{T1,TResult}"/>, with two arguments that vary from request to request.</summary>
    public FunctionMap AddPrepared<T1, T2, TResult>(string name, int constants, Func<IReadOnlyList<string>, Func<T1, T2, TResult>> prepare) =>
        AddBinding(name, FunctionBinding.Prepared(name, [typeof(T1), typeof(T2)], constants, typeof(TResult), prepare));

    private FunctionMap AddBinding(string name, Delegate function) => AddBinding(name, FunctionBinding.Direct(name, function));

    private FunctionMap AddBinding(string name, FunctionBinding binding)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!ExpressionLexer.IsName(name) || name is "eval" or "in" or "true" or "false")
            throw new ArgumentException($"`{name}` cannot name a function; use letters, digits and `_`, and no word of the language", nameof(name));
        if (BuiltInFunctions.All.ContainsKey(name))
            throw new ArgumentException($"`{name}` is a built-in function; choose another name", nameof(name));
        if (!_functions.TryAdd(name, binding))
            throw new ArgumentException($"function `{name}` is added twice", nameof(name));
        return this;
    }
}
