using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.FrontDoor;

namespace Gateway.Actions;

/// <summary>Turns one catalogue file, whose shape is known to be right, into operations, and reports what its schema cannot see.</summary>
internal sealed class CatalogueReader
{
    private readonly string _file;
    private readonly List<string> _problems;
    private readonly SchemaCompiler _schemas;
    private readonly Dictionary<string, IReadOnlyList<string>> _former = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonElement> _types = new(StringComparer.Ordinal);
    private string _service = "";
    private Microversion _newest;

    public CatalogueReader(string file, List<string> problems)
    {
        _file = file;
        _problems = problems;
        _schemas = new SchemaCompiler(Report);
    }

    public IReadOnlyList<ListedOperation> Read(JsonElement root)
    {
        _service = root.GetProperty("service").GetString()!;
        _newest = Text(root, "newest") is { } newest ? Microversion.Parse(newest) : new Microversion(int.MaxValue, 0);
        var prefixes = Texts(root, "prefixes");
        foreach (var prefix in prefixes.Where(prefix => prefix.Split("{project_id}").Length > 2))
            Report("prefixes", $"`{prefix}` has {{project_id}} twice; once is enough");

        if (root.TryGetProperty("types", out var types))
        {
            _schemas.DefineTypes(types);
            foreach (var type in types.EnumerateObject())
                _types[type.Name] = type.Value;
        }

        if (root.TryGetProperty("former_rules", out var former))
        {
            foreach (var rule in former.EnumerateObject())
                _former[rule.Name] = [.. rule.Value.EnumerateArray().Select(name => name.GetString()!)];
        }

        return
        [
            .. root.GetProperty("operations").EnumerateArray()
                .Select((value, index) => new ListedOperation(Operation(value, index), Flag(value, "prefixed", true) ? prefixes : [""])),
        ];
    }

    private Operation Operation(JsonElement value, int index)
    {
        var name = value.GetProperty("name").GetString()!;
        var place = $"operations[{index}] ({name})";
        var method = value.GetProperty("method").GetString()!;
        var path = value.GetProperty("path").GetString()!;
        var versions = Versions(value, place);
        var access = Word(value, "access", OperationAccess.Rules);
        var body = Word(value, "body", BodyUse.None);
        var rules = Rules(value);
        var target = Word(value, "target", TargetKind.None);
        var changes = Flag(value, "changes", method != "GET");
        ActionDefinition[] actions = value.TryGetProperty("actions", out var list)
            ? [.. list.EnumerateArray().Select(action => Action(action, versions, Texts(value, "secrets"), place))]
            : [];

        CheckPath(path, place);
        if ((body == BodyUse.Action) != (actions.Length > 0))
            Report(place, "`actions` and `body: action` go together; give both or neither");
        if (body == BodyUse.Action && (rules.Count > 0 || value.TryGetProperty("rules_when", out _)))
            Report(place, "an operation with actions has no rules of its own; put them on the actions");
        if (access == OperationAccess.Rules && body != BodyUse.Action && rules.Count == 0)
            Report(place, "`rules` is missing; name the rules that guard it, or write `access: authenticated`");
        if (access != OperationAccess.Rules && (rules.Count > 0 || actions.Length > 0))
            Report(place, $"`access: {access.ToString().ToLowerInvariant()}` asks no rules; remove them, or leave `access` out");
        if (target == TargetKind.Server && !path.Contains("{server_id}", StringComparison.Ordinal))
            Report(place, $"`target: server` needs {{server_id}} in the path `{path}`");

        foreach (var twice in actions.GroupBy(action => action.Key, StringComparer.Ordinal).Where(group => group.Count() > 1))
            Report(place, $"the action `{twice.Key}` is listed twice; remove one");

        return new Operation
        {
            Service = _service,
            Name = name,
            Method = method,
            Path = path,
            Access = access,
            Rules = rules,
            ConditionalRules = Conditions(value, versions, path, place),
            Versions = versions,
            Target = target,
            TargetAttributes = Texts(value, "target_attributes"),
            TargetProject = Source(value, "target_project", path, place),
            TargetUser = Source(value, "target_user", path, place),
            Body = body,
            TargetType = value.GetProperty("target_type").GetString()!,
            CadfAction = Text(value, "cadf_action") ?? (changes ? "update" : "read"),
            Changes = changes,
            Success = value.TryGetProperty("success", out var success) ? success.GetInt32() : 200,
            Cost = Cost(value),
            Secrets = Texts(value, "secrets").ToFrozenSet(StringComparer.Ordinal),
            Actions = actions.DistinctBy(action => action.Key, StringComparer.Ordinal)
                .ToFrozenDictionary(action => action.Key, StringComparer.Ordinal),
        };
    }

    private ActionDefinition Action(JsonElement value, MicroversionRange outer, string[] secrets, string operationPlace)
    {
        var key = value.GetProperty("key").GetString()!;
        var place = $"{operationPlace} action `{key}`";
        var versions = Versions(value, place, outer);
        VersionedBody[] bodies =
        [
            .. value.GetProperty("body").EnumerateArray().Select((body, index) => new VersionedBody(
                Versions(body, $"{place} body[{index}]"),
                _schemas.Compile(body.GetProperty("schema"), $"{place} body[{index}].schema"),
                WrittenOut(body.GetProperty("schema")))),
        ];
        CheckCoverage(versions, bodies, place);
        return new ActionDefinition
        {
            Key = key,
            Name = Text(value, "name") ?? key,
            Rules = Rules(value),
            ConditionalRules = Conditions(value, versions, "", place),
            Versions = versions,
            TargetAttributes = value.TryGetProperty("target_attributes", out _) ? Texts(value, "target_attributes") : ["project_id"],
            CadfAction = value.GetProperty("cadf_action").GetString()!,
            Success = value.GetProperty("success").GetInt32(),
            Secrets = Texts(value, "secrets").Union(secrets, StringComparer.Ordinal).ToFrozenSet(StringComparer.Ordinal),
            Cost = Cost(value),
            Bodies = bodies,
            SchemasKnownTo = _newest,
            IsGoneWithoutRule = Flag(value, "gone_without_rule", false),
        };
    }

    /// <summary>The schema with the file's named types in the place of their names, as people read it.</summary>
    private JsonElement WrittenOut(JsonElement schema) => JsonSerializer.SerializeToElement(WrittenOut(JsonSerializer.SerializeToNode(schema)));

    private JsonNode? WrittenOut(JsonNode? schema) => schema switch
    {
        JsonObject members when members.TryGetPropertyValue("$ref", out var name) && name!.ToString().Split('/')[^1] is var type && _types.TryGetValue(type, out var written) =>
            JsonSerializer.SerializeToNode(written),
        JsonObject members => new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, WrittenOut(member.Value?.DeepClone())))),
        JsonArray items => new JsonArray([.. items.Select(item => WrittenOut(item?.DeepClone()))]),
        _ => schema?.DeepClone(),
    };

    // INVARIANT: in every version of an action exactly one body schema holds; a gap would refuse, an overlap would choose by order.
    private void CheckCoverage(MicroversionRange versions, VersionedBody[] bodies, string place)
    {
        Microversion? expected = versions.From;
        foreach (var body in bodies)
        {
            if (expected is not { } from || body.Versions.From != from)
            {
                Report(place, $"the body for {body.Versions} should begin with {(expected is { } e ? e : "nothing: one before it is open-ended")}");
                return;
            }

            expected = body.Versions.To is { } to ? to with { Minor = to.Minor + 1 } : null;
        }

        Microversion? end = versions.To is { } last ? last with { Minor = last.Minor + 1 } : null;
        if (expected != end)
            Report(place, $"the bodies end at {(expected is { } e ? e : "no version")}, the action at {(end is { } v ? v : "no version")}; make them the same");
    }

    private List<GuardingRule> Rules(JsonElement value) => [.. Texts(value, "rules").Select(Rule)];

    private GuardingRule Rule(string name) => new(name, _former.GetValueOrDefault(name, []));

    private ConditionalRule[] Conditions(JsonElement value, MicroversionRange outer, string path, string place) =>
        value.TryGetProperty("rules_when", out var list)
            ? [.. list.EnumerateArray().Select((condition, index) => Condition(condition, outer, path, $"{place} rules_when[{index}]"))]
            : [];

    private ConditionalRule Condition(JsonElement value, MicroversionRange outer, string path, string place)
    {
        var body = Text(value, "body");
        var query = Text(value, "query");
        if (body is not null && query is not null)
            Report(place, "a condition looks at `body` or at `query`, not at both; write two");

        var differsFrom = Text(value, "differs_from");
        if (differsFrom is not null && !path.Contains($"{{{differsFrom}}}", StringComparison.Ordinal))
            Report(place, $"`differs_from: {differsFrom}` is no parameter of the path `{path}`");

        return new ConditionalRule
        {
            Rule = Rule(value.GetProperty("rule").GetString()!),
            Replaces = Text(value, "effect") == "instead",
            Versions = Versions(value, place, outer),
            Source = body is not null ? new ValueSource(ValueSource.Place.Body, body)
                : query is not null ? new ValueSource(ValueSource.Place.Query, query)
                : null,
            EvenNull = Flag(value, "even_null", false),
            Unless = Texts(value, "unless"),
            Containing = Text(value, "containing"),
            DiffersFrom = differsFrom,
            UnlessOwnProject = Flag(value, "unless_own_project", false),
        };
    }

    private ValueSource? Source(JsonElement value, string key, string path, string place)
    {
        if (Text(value, key) is not { } text)
            return null;

        var colon = text.IndexOf(':');
        var name = text[(colon + 1)..];
        var from = text[..colon] switch
        {
            "path" => ValueSource.Place.Path,
            "query" => ValueSource.Place.Query,
            _ => ValueSource.Place.Body,
        };
        if (from == ValueSource.Place.Path && !path.Contains($"{{{name}}}", StringComparison.Ordinal))
            Report(place, $"`{key}: {text}` is no parameter of the path `{path}`");

        return new ValueSource(from, name);
    }

    private MicroversionRange Versions(JsonElement value, string place, MicroversionRange? outer = null)
    {
        var from = Text(value, "from") is { } f ? Microversion.Parse(f) : outer?.From ?? Microversion.Default;
        Microversion? to = Text(value, "to") is { } t ? Microversion.Parse(t) : outer?.To;
        if (to < from)
            Report(place, $"`to: {to}` is before `from: {from}`");

        return new MicroversionRange(from, to);
    }

    private void CheckPath(string path, string place)
    {
        var segments = path[1..].Split('/');
        foreach (var segment in segments.Where(segment => segment.AsSpan().IndexOfAny('{', '}') >= 0))
        {
            if (segment is not ['{', .. var name, '}'] || name.Length == 0 || name.AsSpan().IndexOfAny('{', '}') >= 0)
                Report(place, $"`{segment}` in the path is no parameter; a parameter is a whole segment, {{server_id}}");
        }

        // One is the prefix's.
        if (segments.Count(segment => segment.StartsWith('{')) >= RouteTrie.MaxParameters)
            Report(place, $"the path has more than {RouteTrie.MaxParameters - 1} parameters");
        if (path.Length > 1 && segments[..^1].Any(segment => segment.Length == 0))
            Report(place, $"the path `{path}` has an empty segment");
    }

    private void Report(string place, string problem) => _problems.Add($"{_file}: {place}: {problem}");

    private static string? Text(JsonElement value, string key) => value.TryGetProperty(key, out var text) ? text.GetString() : null;

    private static bool Flag(JsonElement value, string key, bool otherwise) => value.TryGetProperty(key, out var flag) ? flag.GetBoolean() : otherwise;

    private static string[] Texts(JsonElement value, string key) =>
        value.TryGetProperty(key, out var list) ? [.. list.EnumerateArray().Select(item => item.GetString()!)] : [];

    private static int Cost(JsonElement value) => value.TryGetProperty("cost", out var cost) ? cost.GetInt32() : 1;

    private static T Word<T>(JsonElement value, string key, T otherwise)
        where T : struct, Enum =>
        Text(value, key) is { } text ? Enum.Parse<T>(text, ignoreCase: true) : otherwise;
}
