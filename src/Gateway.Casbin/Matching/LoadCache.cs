namespace Gateway.Casbin;

/// <summary>
/// What loading made once and can use again: parsed rule texts, prepared patterns, compiled shapes. Used under the enforcer's
/// writing lock only.
/// </summary>
internal sealed class LoadCache
{
    private const int MostShapes = 10_000;

    private readonly Dictionary<string, Syntax> _rules = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Function, string Pattern), KeyPattern> _patterns = [];
    private readonly Dictionary<string, RowMatcher> _shapes = new(StringComparer.Ordinal);

    public Syntax Parse(SourceText source)
    {
        if (!_rules.TryGetValue(source.Text, out var syntax))
            _rules.Add(source.Text, syntax = ExpressionParser.Parse(source));
        return syntax;
    }

    public KeyPattern Pattern(FunctionBinding function, string pattern)
    {
        if (!_patterns.TryGetValue((function.Name, pattern), out var prepared))
            _patterns.Add((function.Name, pattern), prepared = function.Pattern!(pattern));
        return prepared;
    }

    public RowMatcher Compile(string shape, Bound bound)
    {
        if (!_shapes.TryGetValue(shape, out var compiled))
            _shapes.Add(shape, compiled = MatcherEmitter.Compile(bound));
        return compiled;
    }

    /// <summary>Texts and patterns belong to the rows of one load; shapes are few as a rule and worth keeping over reloads.</summary>
    public void ForgetRows()
    {
        _rules.Clear();
        _patterns.Clear();
        if (_shapes.Count > MostShapes)
            _shapes.Clear();
    }
}
