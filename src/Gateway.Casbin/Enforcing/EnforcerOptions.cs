namespace Gateway.Casbin;

/// <summary>What an enforcer is given beside model and policy. Read once, when the enforcer is made.</summary>
public sealed class EnforcerOptions
{
    private readonly Dictionary<string, Func<string, string, bool>> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Func<string, string, bool>> _domains = new(StringComparer.Ordinal);

    /// <summary>Functions that matchers and evaluated rules may call beside the built-in ones.</summary>
    public FunctionMap Functions { get; init; } = new();

    internal IReadOnlyDictionary<string, Func<string, string, bool>> NameMatchers => _names;

    internal IReadOnlyDictionary<string, Func<string, string, bool>> DomainMatchers => _domains;

    /// <summary>Names in rows of this role definition (`g`, `g2`, ...) may be patterns; the function gets a name and a pattern.</summary>
    public EnforcerOptions AddNamedMatchingFunc(string roleType, Func<string, string, bool> function)
    {
        _names.Add(roleType, function);
        return this;
    }

    /// <summary>Domains in rows of this role definition may be patterns; the function gets a domain and a pattern.</summary>
    public EnforcerOptions AddNamedDomainMatchingFunc(string roleType, Func<string, string, bool> function)
    {
        _domains.Add(roleType, function);
        return this;
    }
}
