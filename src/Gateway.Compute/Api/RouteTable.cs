namespace Gateway.Compute.Api;

/// <summary>
/// Nova's routes: exact segments, compared with case, and names in braces. A method that a path does not know is as unknown
/// as the path, since Nova answers 404 for both.
/// </summary>
internal sealed class RouteTable
{
    private readonly List<Route> _routes = [];

    public void Add(string method, string template, Func<ApiRequest, ApiAnswer> handler) =>
        _routes.Add(new Route(method, template.Split('/', StringSplitOptions.RemoveEmptyEntries), handler));

    /// <summary>Literal segments win over names, so <c>/servers/detail</c> is never a server called detail.</summary>
    public Func<ApiRequest, ApiAnswer>? Find(string method, IReadOnlyList<string> segments, out IReadOnlyDictionary<string, string> values)
    {
        var best = _routes
            .Where(route => route.Method == method && route.Matches(segments))
            .MaxBy(route => route.Template.Count(part => part[0] != '{'));
        values = best is null
            ? new Dictionary<string, string>()
            : best.Template.Zip(segments)
                .Where(pair => pair.First[0] == '{')
                .ToDictionary(pair => pair.First[1..^1], pair => pair.Second, StringComparer.Ordinal);
        return best?.Handler;
    }

    private sealed record Route(string Method, string[] Template, Func<ApiRequest, ApiAnswer> Handler)
    {
        public bool Matches(IReadOnlyList<string> segments) =>
            segments.Count == Template.Length && Template.Zip(segments).All(pair => pair.First[0] == '{' || pair.First == pair.Second);
    }
}
