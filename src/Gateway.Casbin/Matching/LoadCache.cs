namespace Gateway.Casbin;

/// <summary>
/// What one load made and can use again: parsed rule texts and prepared patterns. Used under the enforcer's writing lock only.
/// </summary>
internal sealed class LoadCache
{
    private readonly Dictionary<string, Syntax> _rules = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Function, string Pattern), KeyPattern> _patterns = [];

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

    /// <summary>Called after a load, so that nothing of an old revision stays.</summary>
    public void Clear()
    {
        _rules.Clear();
        _patterns.Clear();
    }
}
