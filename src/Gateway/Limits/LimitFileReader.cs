using System.Collections.Frozen;
using System.Globalization;
using Gateway.Actions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Gateway.Limits;

/// <summary>
/// Reads `limits.yaml`. A key it does not know is an error and so is an action that does not exist, because a limit that silently
/// never matches protects nothing.
/// </summary>
internal sealed class LimitFileReader(string file, ApiCatalogue catalogue)
{
    private const int MostLimits = 64;
    private const int LargestNumber = 1_000_000;

    private static readonly string[] FileKeys = ["groups", "limits"];
    private static readonly string[] LimitKeys = ["name", "per", "actions", "rate", "burst", "mode"];
    private static readonly string[] Scopes = ["user", "project", "action", "global"];
    private static readonly string[] BuiltInGroups = ["reads", "writes"];

    private readonly List<string> _problems = [];
    private readonly Dictionary<string, IReadOnlyList<string>> _groups = new(StringComparer.Ordinal);
    private readonly List<Limit> _limits = [];

    public LimitLoadResult Read(string text)
    {
        if (Parse(text) is { } root)
        {
            CheckKeys(root, FileKeys);
            DefineGroups(root);
            ReadLimits(root);
        }

        return _problems.Count > 0
            ? new LimitLoadResult(null, _problems)
            : new LimitLoadResult(new LimitSet(_limits, catalogue.Names), []);
    }

    private YamlMappingNode? Parse(string text)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents.Count == 1 && stream.Documents[0].RootNode is YamlMappingNode root)
                return root;

            _problems.Add($"{file}:1: is not one mapping; begin with `limits:`");
        }
        catch (YamlException e)
        {
            _problems.Add($"{file}:{e.Start.Line}: is not YAML, or has a key twice: {e.Message.ReplaceLineEndings(" ")}");
        }

        return null;
    }

    private void DefineGroups(YamlMappingNode root)
    {
        _groups["reads"] = [.. Names(changes: false)];
        _groups["writes"] = [.. Names(changes: true)];
        if (Find(root, "groups") is not { } node)
            return;
        if (node is not YamlMappingNode groups)
        {
            Report(node, "`groups` must be a mapping of names to lists of actions");
            return;
        }

        foreach (var (key, value) in groups)
        {
            var name = Text(key);
            if (name.Length == 0 || name == "*" || catalogue.Names.Contains(name) || BuiltInGroups.Contains(name))
                Report(key, $"`{name}` cannot name a group: it is an action's name, built in, or empty; choose another");
            else
                _groups[name] = Actions(value, allowGroups: false);
        }
    }

    private IEnumerable<string> Names(bool changes) => catalogue.Operations
        .Where(operation => operation.Changes == changes)
        .SelectMany(operation => operation.Body == BodyUse.Action ? operation.Actions.Values.Select(action => action.Name) : [operation.Name]);

    private void ReadLimits(YamlMappingNode root)
    {
        if (Find(root, "limits") is not YamlSequenceNode list)
        {
            Report(Find(root, "limits") ?? root, "`limits` must be a list; write `limits: []` for none");
            return;
        }

        foreach (var node in list)
        {
            if (node is YamlMappingNode limit)
                ReadLimit(limit);
            else
                Report(node, $"`{node}` is not a limit; a limit is a mapping with {string.Join(", ", LimitKeys)}");
        }

        if (_limits.Count > MostLimits)
            Report(list, $"{_limits.Count} limits are more than the {MostLimits} that fit into one step");
    }

    private void ReadLimit(YamlMappingNode node)
    {
        CheckKeys(node, LimitKeys);
        var name = Required(node, "name") is { } nameNode ? Text(nameNode) : "";
        if (name.Length > 0 && !IsName(name))
            Report(node, $"`name: {name}` may have letters, digits, `-` and `_` only, at most 64");
        if (name.Length > 0 && _limits.Any(limit => limit.Name == name))
            Report(node, $"`name: {name}` is taken by a limit above; choose another");

        var (count, unit) = Rate(node);
        var limit = new Limit
        {
            Name = name,
            Scope = Scope(node),
            Actions = ActionsOf(node),
            Count = count,
            Unit = unit,
            Burst = Find(node, "burst") is { } burst ? Number(burst, "burst") : count,
            Mode = Mode(node),
        };
        _limits.Add(limit);
    }

    private LimitScope Scope(YamlMappingNode node)
    {
        if (Required(node, "per") is not { } per)
            return LimitScope.Global;

        var words = per is YamlSequenceNode list ? list.Select(Text).ToArray() : [Text(per)];
        var scope = LimitScope.Global;
        foreach (var word in words)
        {
            if (!Scopes.Contains(word))
                Report(per, $"`per: {word}` is unknown; known are {string.Join(", ", Scopes)}");
            else if (word != "global")
                scope |= Enum.Parse<LimitScope>(word, ignoreCase: true);
        }

        if (words.Length == 0 || (words.Length > 1 && words.Contains("global")))
            Report(per, "`per` names user, project and action in any combination, or global alone");

        return scope;
    }

    private FrozenSet<string>? ActionsOf(YamlMappingNode node)
    {
        if (Required(node, "actions") is not { } actions)
            return null;

        var names = Actions(actions, allowGroups: true);
        return names.Contains("*") ? null : names.ToFrozenSet(StringComparer.Ordinal);
    }

    private List<string> Actions(YamlNode node, bool allowGroups)
    {
        if (node is not YamlSequenceNode list || !list.Any())
        {
            Report(node, "a list of actions is needed, such as `[createBackup, migrate]`; an empty one would never match");
            return [];
        }

        var names = new List<string>();
        foreach (var item in list)
        {
            var name = Text(item);
            if (catalogue.Names.Contains(name) || (name == "*" && allowGroups))
                names.Add(name);
            else if (allowGroups && _groups.TryGetValue(name, out var group))
                names.AddRange(group);
            else
                Report(item, $"the action `{name}` does not exist, so that the limit would never match{Suggestion(name, allowGroups)}");
        }

        return names;
    }

    private string Suggestion(string name, bool allowGroups)
    {
        var known = allowGroups ? catalogue.Names.Concat(_groups.Keys) : catalogue.Names;
        var (nearest, distance) = known.Select(candidate => (candidate, Spelling.Distance(name, candidate))).MinBy(pair => pair.Item2);
        return distance <= Math.Max(2, name.Length / 4) ? $"; did you mean `{nearest}`?" : "; config/api has them all";
    }

    private (int Count, RateUnit Unit) Rate(YamlMappingNode node)
    {
        var otherwise = (1, RateUnit.All[0]);
        if (Required(node, "rate") is not { } rate)
            return otherwise;

        var parts = Text(rate).Split('/');
        if (parts.Length == 2
            && RateUnit.All.FirstOrDefault(candidate => candidate.Word == parts[1]) is { } unit
            && TryNumber(parts[0], out var count))
        {
            return (count, unit);
        }

        Report(rate, $"`rate: {Text(rate)}` must be a number from 1 to {LargestNumber} per {string.Join(", ", RateUnit.All.Select(u => u.Word))}, such as `10/minute`");
        return otherwise;
    }

    private LimitMode Mode(YamlMappingNode node)
    {
        if (Find(node, "mode") is not { } mode || Text(mode) == "enforce")
            return LimitMode.Enforce;
        if (Text(mode) != "shadow")
            Report(mode, $"`mode: {Text(mode)}` is unknown; known are enforce, shadow");

        return LimitMode.Shadow;
    }

    private int Number(YamlNode node, string key)
    {
        if (TryNumber(Text(node), out var number))
            return number;

        Report(node, $"`{key}: {Text(node)}` must be a number from 1 to {LargestNumber}");
        return 1;
    }

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is >= 1 and <= LargestNumber;

    private static bool IsName(string name) =>
        name.Length <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private void CheckKeys(YamlMappingNode node, string[] known)
    {
        foreach (var key in node.Children.Keys.Where(key => !known.Contains(Text(key))))
            Report(key, $"unknown key `{Text(key)}`; known are {string.Join(", ", known)}");
    }

    private YamlNode? Required(YamlMappingNode node, string key)
    {
        if (Find(node, key) is { } value && (value is not YamlScalarNode || Text(value).Length > 0))
            return value;

        Report(node, $"`{key}` is missing; add it");
        return null;
    }

    private static YamlNode? Find(YamlMappingNode node, string key) =>
        node.Children.FirstOrDefault(pair => Text(pair.Key) == key).Value;

    private static string Text(YamlNode node) => node is YamlScalarNode { Value: { } value } ? value : "";

    private void Report(YamlNode node, string problem) => _problems.Add($"{file}:{node.Start.Line}: {problem}");
}
