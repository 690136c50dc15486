using YamlDotNet.RepresentationModel;

namespace Gateway.Limits;

/// <summary>
/// Turns the words by which a limits file means actions into their names: an action's own name, a group, `reads`, `writes`, `"*"`, or a class of
/// calls by method and path, `DELETE /servers/**`. A word that means none is reported: a limit that never matches protects nothing.
/// </summary>
internal sealed class ActionWords
{
    private static readonly string[] BuiltInGroups = ["reads", "writes"];
    private static readonly string[] Methods = ["*", "GET", "POST", "PUT", "PATCH", "DELETE"];

    private readonly IReadOnlyList<LimitableAction> _actions;
    private readonly HashSet<string> _names;
    private readonly YamlPlaces _places;
    private readonly Dictionary<string, IReadOnlyList<string>> _groups = new(StringComparer.Ordinal);

    public ActionWords(IReadOnlyList<LimitableAction> actions, YamlPlaces places)
    {
        _actions = actions;
        _places = places;
        _names = actions.Select(action => action.Name).ToHashSet(StringComparer.Ordinal);
        _groups["reads"] = [.. actions.Where(action => !action.Changes).Select(action => action.Name)];
        _groups["writes"] = [.. actions.Where(action => action.Changes).Select(action => action.Name)];
    }

    public void Define(YamlNode node)
    {
        if (node is not YamlMappingNode groups)
        {
            _places.Report(node, "`groups` must be a mapping of names to lists of actions");
            return;
        }

        foreach (var (key, value) in groups)
        {
            var name = YamlPlaces.Text(key);
            if (name.Length == 0 || name == "*" || _names.Contains(name) || BuiltInGroups.Contains(name))
                _places.Report(key, $"`{name}` cannot name a group: it is an action's name, built in, or empty; choose another");
            else
                _groups[name] = Read(value, allowGroups: false);
        }
    }

    /// <summary>The names that a list means; with `"*"` among them when it means all.</summary>
    public IReadOnlyList<string> Read(YamlNode node, bool allowGroups)
    {
        if (node is not YamlSequenceNode list || !list.Any())
        {
            _places.Report(node, "a list of actions is needed, such as `[createBackup, migrate]`; an empty one would never match");
            return [];
        }

        return [.. list.SelectMany(item => Meaning(item, allowGroups)).Distinct(StringComparer.Ordinal)];
    }

    private IEnumerable<string> Meaning(YamlNode item, bool allowGroups)
    {
        var word = YamlPlaces.Text(item);
        if (_names.Contains(word) || (word == "*" && allowGroups)) return [word];
        if (allowGroups && _groups.TryGetValue(word, out var group)) return group;
        if (word.Split(' ') is [var method, ['/' or '*', ..] path]) return ByPath(item, method, path);
        _places.Report(item, $"the action `{word}` does not exist, so that the limit would never match{Suggestion(word, allowGroups)}");
        return [];
    }

    private string[] ByPath(YamlNode item, string method, string path)
    {
        var found = _actions
            .Where(action => (method == "*" || action.Method == method) && Matches(path == "*" ? ["**"] : path.Split('/'), action.Path.Split('/')))
            .Select(action => action.Name).ToArray();
        if (!Methods.Contains(method))
            _places.Report(item, $"`{method}` in `{method} {path}` is no method; known are {string.Join(", ", Methods)}");
        else if (found.Length == 0)
            _places.Report(item, $"no operation is `{method} {path}`, so that the limit would never match; a path is one of the catalogue's, `*` a segment, `**` the rest");

        return found;
    }

    /// <summary>`*` is any one segment, `**` any number of them, a parameter's name is any parameter's.</summary>
    private static bool Matches(ReadOnlySpan<string> pattern, ReadOnlySpan<string> path)
    {
        if (pattern.IsEmpty) return path.IsEmpty;
        if (pattern[0] == "**") return true;
        return !path.IsEmpty
            && (pattern[0] == "*" || pattern[0] == path[0] || (IsParameter(pattern[0]) && IsParameter(path[0])))
            && Matches(pattern[1..], path[1..]);
    }

    private static bool IsParameter(string segment) => segment is ['{', .., '}'];

    private string Suggestion(string name, bool allowGroups)
    {
        var known = allowGroups ? _names.Concat(_groups.Keys) : _names;
        var (nearest, distance) = known.Select(candidate => (candidate, Spelling.Distance(name, candidate))).MinBy(pair => pair.Item2);
        return distance <= Math.Max(2, name.Length / 4) ? $"; did you mean `{nearest}`?" : "; config/api has them all";
    }
}
