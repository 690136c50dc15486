using System.Collections.Frozen;
using Gateway.Actions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Gateway.Auditing;

/// <summary>
/// Reads `audit.yaml`. A key it does not know is an error, and so is an action that does not exist or a rule that can never count: what its writer
/// believes to be recorded would not be.
/// </summary>
internal sealed class AuditRulesReader(string file, ApiCatalogue catalogue)
{
    private static readonly string[] FileKeys = ["groups", "rules", "secrets", "metadata", "access"];
    private static readonly string[] RuleKeys = ["actions", "level", "durability"];

    private readonly List<string> _problems = [];
    private readonly Dictionary<string, IReadOnlyList<string>> _groups = new(StringComparer.Ordinal);

    /// <summary>The rules, or everything that is wrong with the text.</summary>
    public (AuditRules? Rules, IReadOnlyList<string> Problems) Read(string text)
    {
        if (Parse(text) is not { } root) return (null, _problems);
        CheckKeys(root, FileKeys);
        _groups["reads"] = [.. Names(changes: false)];
        _groups["writes"] = [.. Names(changes: true)];
        ReadGroups(Find(root, "groups"));
        var rules = ReadRules(root);
        var redaction = new Redaction(Texts(root, "secrets").ToFrozenSet(StringComparer.Ordinal), Texts(root, "metadata").ToFrozenSet(StringComparer.Ordinal));
        var access = ReadAccess(root);
        return _problems.Count > 0 || access is null ? (null, _problems) : (new AuditRules(rules, redaction, access), []);
    }

    private AuditAccess? ReadAccess(YamlMappingNode root)
    {
        var rules = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Find(root, "access") is { } node)
        {
            if (node is not YamlMappingNode named)
            {
                Report(node, "`access` must be a mapping of names to rules");
                return null;
            }

            CheckKeys(named, [.. AuditAccess.Customary.Keys]);
            foreach (var (name, rule) in named) rules[Text(name)] = Text(rule);
        }

        var (access, problems) = AuditAccess.Read(rules, file);
        _problems.AddRange(problems);
        return access;
    }

    private YamlMappingNode? Parse(string text)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents.Count == 1 && stream.Documents[0].RootNode is YamlMappingNode root) return root;
            _problems.Add($"{file}:1: is not one mapping; begin with `rules:`");
        }
        catch (YamlException e)
        {
            _problems.Add($"{file}:{e.Start.Line}: is not YAML, or has a key twice: {e.Message.ReplaceLineEndings(" ")}");
        }

        return null;
    }

    private IEnumerable<string> Names(bool changes) => catalogue.Operations
        .Where(operation => operation.Changes == changes)
        .SelectMany(operation => operation.Body == BodyUse.Action ? operation.Actions.Values.Select(action => action.Name) : [operation.Name]);

    private void ReadGroups(YamlNode? node)
    {
        if (node is null) return;
        if (node is not YamlMappingNode groups)
        {
            Report(node, "`groups` must be a mapping of names to lists of actions");
            return;
        }

        foreach (var (key, value) in groups)
        {
            var name = Text(key);
            if (name.Length == 0 || name == "*" || catalogue.Names.Contains(name) || _groups.ContainsKey(name))
                Report(key, $"`{name}` cannot name a group: it is an action's name, taken, or empty; choose another");
            else
                _groups[name] = ActionsOf(value) is { } actions ? [.. actions] : [.. catalogue.Names];
        }
    }

    private List<(FrozenSet<string>? Actions, AuditRule Rule)> ReadRules(YamlMappingNode root)
    {
        var rules = new List<(FrozenSet<string>? Actions, AuditRule Rule)>();
        if (Find(root, "rules") is not YamlSequenceNode list)
        {
            Report(Find(root, "rules") ?? root, "`rules` must be a list; write `rules: []` to record everything strictly");
            return rules;
        }

        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in list)
        {
            if (node is not YamlMappingNode rule)
            {
                Report(node, $"`{node}` is not a rule; a rule is a mapping with {string.Join(", ", RuleKeys)}");
                continue;
            }

            CheckKeys(rule, RuleKeys);
            var actions = Find(rule, "actions") is { } named1 ? ActionsOf(named1) : Missing(rule);
            var fresh = actions ?? catalogue.Names;
            if (fresh.Count > 0 && fresh.All(named.Contains)) Report(rule, "this rule never counts: rules above name all its actions; move it up or remove it");
            named.UnionWith(fresh);
            rules.Add((actions, new AuditRule(Word(rule, "level", RecordLevel.Request), Word(rule, "durability", Durability.Strict))));
        }

        return rules;
    }

    private FrozenSet<string> Missing(YamlNode node)
    {
        Report(node, "`actions` is missing; add it, such as `actions: [\"*\"]`");
        return [];
    }

    /// <summary>The actions of a list; null for every action.</summary>
    private FrozenSet<string>? ActionsOf(YamlNode node)
    {
        if (node is not YamlSequenceNode list || !list.Any())
        {
            Report(node, "a list of actions is needed, such as `[createBackup, reads]`; an empty one would never count");
            return [];
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in list)
        {
            var name = Text(item);
            if (name == "*") return null;
            if (catalogue.Names.Contains(name)) names.Add(name);
            else if (_groups.TryGetValue(name, out var group)) names.UnionWith(group);
            else Report(item, $"the action `{name}` does not exist, so that the rule would never count; config/api has them all");
        }

        return names.ToFrozenSet(StringComparer.Ordinal);
    }

    private IReadOnlyList<string> Texts(YamlMappingNode root, string key)
    {
        if (Find(root, key) is not { } node) return [];
        if (node is YamlSequenceNode list && list.All(item => Text(item).Length > 0)) return [.. list.Select(Text)];
        Report(node, $"`{key}` must be a list of names");
        return [];
    }

    private T Word<T>(YamlMappingNode rule, string key, T otherwise)
        where T : struct, Enum
    {
        if (Find(rule, key) is not { } node) return otherwise;
        var known = Enum.GetValues<T>().ToDictionary(value => value is Durability.BestEffort ? "best-effort" : value.ToString().ToLowerInvariant(), StringComparer.Ordinal);
        if (known.TryGetValue(Text(node), out var value)) return value;
        Report(node, $"`{key}: {Text(node)}` is unknown; known are {string.Join(", ", known.Keys)}");
        return otherwise;
    }

    private void CheckKeys(YamlMappingNode node, string[] known)
    {
        foreach (var key in node.Children.Keys.Where(key => !known.Contains(Text(key))))
            Report(key, $"unknown key `{Text(key)}`; known are {string.Join(", ", known)}");
    }

    private static YamlNode? Find(YamlMappingNode node, string key) => node.Children.FirstOrDefault(pair => Text(pair.Key) == key).Value;

    private static string Text(YamlNode node) => node is YamlScalarNode { Value: { } value } ? value : "";

    private void Report(YamlNode node, string problem) => _problems.Add($"{file}:{node.Start.Line}: {problem}");
}
