using System.Collections.Concurrent;

namespace Gateway.Casbin;

/// <summary>All rows of one role definition (`g`, `g2`, ...), a graph of its own per domain. Immutable but for a bounded cache.</summary>
internal sealed class RoleGraph
{
    /// <summary>Where rows without a domain live.</summary>
    public const string NoDomain = "";

    /// <summary>Requests may name any domain, so what is remembered for unknown ones is bounded.</summary>
    private const int MostRemembered = 1024;

    private readonly NameMatcher? _names;
    private readonly bool _hasDomainPatterns;
    private readonly Dictionary<string, RoleLinks> _byDomain = new(StringComparer.Ordinal);
    private readonly List<(string Domain, Func<string, bool>? IsMatch, List<(string, string)> Links)> _domains = [];
    private readonly ConcurrentDictionary<string, RoleLinks> _merged = new(StringComparer.Ordinal);
    private int _remembered;

    public RoleGraph(IEnumerable<PolicyRow> rows, NameMatcher? names, NameMatcher? domains)
    {
        _names = names;
        _hasDomainPatterns = domains is not null;
        foreach (var byDomain in rows.GroupBy(row => row.Values.Length > 2 ? row.Values[2] : NoDomain, StringComparer.Ordinal))
        {
            var links = byDomain.Select(row => (row.Values[0], row.Values[1])).ToList();
            try
            {
                _domains.Add((byDomain.Key, domains?.Prepare(byDomain.Key), links));
                _byDomain.Add(byDomain.Key, new RoleLinks(links, names));
            }
            catch (CasbinException exception)
            {
                throw CasbinException.At(byDomain.First().Place, $"a name in `{byDomain.First().PolicyType}` rows is not a pattern: {exception.Message}");
            }
        }
    }

    public IEnumerable<string> Domains => _domains.Select(domain => domain.Domain);

    public bool HasLink(string name, string role) => HasLink(name, role, NoDomain);

    public bool HasLink(string name, string role, string domain) =>
        name == role || (Find(domain) is { } links && links.HasLink(name, role));

    public RoleLinks? Find(string domain)
    {
        if (!_hasDomainPatterns)
            return _byDomain.GetValueOrDefault(domain);
        if (_merged.TryGetValue(domain, out var known))
            return known;
        var links = Merge(domain);
        if (links is not null && Interlocked.Increment(ref _remembered) <= MostRemembered)
            _merged.TryAdd(domain, links);
        return links;
    }

    private RoleLinks? Merge(string domain)
    {
        var matching = _domains.Where(candidate => candidate.Domain == domain || (candidate.IsMatch?.Invoke(domain) ?? false)).ToList();
        return matching.Count switch
        {
            0 => null,
            1 => _byDomain[matching[0].Domain],
            _ => new RoleLinks(matching.SelectMany(candidate => candidate.Links), _names),
        };
    }
}
