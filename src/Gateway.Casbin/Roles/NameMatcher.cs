namespace Gateway.Casbin;

/// <summary>A matching function of a role definition: does a name match a pattern that stands in a `g` row?</summary>
internal sealed class NameMatcher(Func<string, string, bool> function)
{
    private readonly Func<string, KeyPattern>? _pattern = BuiltInFunctions.PatternOf(function);

    /// <summary>The test for one pattern; null when only the pattern's own text would pass.</summary>
    public Func<string, bool>? Prepare(string pattern)
    {
        if (_pattern is null)
            return name => function(name, pattern);
        var prepared = _pattern(pattern);
        return prepared.IsLiteral ? null : prepared.IsMatch;
    }
}
