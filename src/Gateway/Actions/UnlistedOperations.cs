using System.Buffers;
using System.Collections.Frozen;
using Gateway.FrontDoor;

namespace Gateway.Actions;

/// <summary>
/// What stands in for operations that no catalogue lists, where <c>Api:Unlisted</c> lets administrators call them. Only paths in the plainest form
/// count, and none that is a listed path to a reader who cares less about case, slashes and extensions: what is listed is decided by its own rules.
/// </summary>
internal sealed class UnlistedOperations
{
    /// <summary>Their name in limits and records.</summary>
    public const string Name = "unlisted";

    /// <summary>The rule that guards them.</summary>
    public const string AdministratorRule = "context_is_admin";

    private static readonly SearchValues<char> PlainCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private readonly FrozenDictionary<string, Operation> _byMethod;
    private readonly RouteTrie _folded = new();
    private readonly string[] _prefixes;

    public UnlistedOperations(IReadOnlyList<ListedOperation> listed)
    {
        _byMethod = new[] { ("GET", "read"), ("HEAD", "read"), ("POST", "update"), ("PUT", "update"), ("PATCH", "update"), ("DELETE", "delete") }
            .ToFrozenDictionary(pair => pair.Item1, pair => Describe(pair.Item1, pair.Item2), StringComparer.Ordinal);
        // The longer prefix first, so that a project in the path is seen as one.
        _prefixes = [.. listed.SelectMany(route => route.Prefixes).Where(prefix => prefix.Length > 0).Distinct(StringComparer.Ordinal).OrderByDescending(prefix => prefix.Length)];
        foreach (var (operation, prefixes) in listed)
        {
            foreach (var prefix in prefixes)
                _folded.Add(operation with { Path = Fold(operation.Path) }, Fold(prefix));
        }
    }

    public OperationMatch? Match(string method, string path)
    {
        if (!_byMethod.TryGetValue(method, out var operation) || _folded.Knows(path.ToLowerInvariant()))
            return null;

        foreach (var prefix in _prefixes)
        {
            if (TryPrefix(prefix, path, out var rest, out var project) && IsPlain(rest))
                return new OperationMatch(operation, prefix, project is null ? [] : ["project_id"], project is null ? [] : [project]);
        }

        return null;
    }

    private static bool TryPrefix(string prefix, string path, out string rest, out string? project)
    {
        (rest, project) = (string.Empty, null);
        var wanted = prefix[1..].Split('/');
        var given = path[1..].Split('/');
        if (given.Length <= wanted.Length) return false;
        for (var i = 0; i < wanted.Length; i++)
        {
            if (wanted[i] == "{project_id}" && given[i].Length > 0 && given[i].All(c => char.IsAsciiHexDigitLower(c) || c == '-')) project = given[i];
            else if (wanted[i] != given[i]) return false;
        }

        rest = string.Join('/', given[wanted.Length..]);
        return true;
    }

    /// <summary>Letters, digits, dashes and underscores between single slashes: no dot, so no extension; no encoding; no slash at the end.</summary>
    private static bool IsPlain(string rest) =>
        rest.Split('/').All(segment => segment.Length > 0 && !segment.AsSpan().ContainsAnyExcept(PlainCharacters));

    private static string Fold(string template) =>
        string.Join('/', template.Split('/').Select(segment => segment.StartsWith('{') ? segment : segment.ToLowerInvariant()));

    private static Operation Describe(string method, string cadfAction) => new()
    {
        Service = "unknown",
        Name = Name,
        Method = method,
        Path = "/**",
        Access = OperationAccess.Rules,
        Rules = [new GuardingRule(AdministratorRule, [])],
        ConditionalRules = [],
        Versions = new MicroversionRange(Microversion.Default, null),
        Target = TargetKind.None,
        TargetAttributes = [],
        TargetProject = null,
        TargetUser = null,
        Body = method is "GET" or "HEAD" ? BodyUse.None : BodyUse.Optional,
        TargetType = "unknown",
        CadfAction = cadfAction,
        Changes = method is not ("GET" or "HEAD"),
        Success = 200,
        Secrets = FrozenSet<string>.Empty,
        Actions = FrozenDictionary<string, ActionDefinition>.Empty,
        IsListed = false,
    };
}
