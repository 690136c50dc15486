using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Policy.Evaluation;
using Gateway.Policy.Files;
using Gateway.Policy.Language;

namespace Gateway.Policy;

/// <summary>
/// Answers decisions asked as JSON objects, one a line: with rules in the line itself, or by a loaded policy. A line that cannot be read is answered in place
/// with an <c>error</c>.
/// </summary>
public sealed class DecisionLines
{
    private const int MaxKeptPolicies = 256;

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly PolicySet? _policy;
    private readonly Semantics _semantics;

    // Lines often carry the same rules; they are compiled once. Only the thread that reads the lines touches it.
    private readonly Dictionary<string, Compiled> _kept = new(StringComparer.Ordinal);

    /// <summary>For lines that carry their rules.</summary>
    public DecisionLines(Semantics semantics) => _semantics = semantics;

    /// <summary>For lines that are decided by <paramref name="policy"/>.</summary>
    public DecisionLines(PolicySet policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        _policy = policy;
        _semantics = policy.Options.Semantics;
    }

    // Rules that come with a line are asked once or twice: they take turns on two engines, which keep what they have compiled.
    private readonly Lazy<CasbinEngine> _originalEngine = new(() => new CasbinEngine(RowReading.Original, []));
    private readonly Lazy<CasbinEngine> _strictEngine = new(() => new CasbinEngine(RowReading.Strict, []));

    private sealed record Compiled(PolicySet? Policy, string? Fault);

    /// <summary>Writes the answer to one line, without a line break.</summary>
    public void Answer(ReadOnlyMemory<byte> line, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, Compact);
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(line);
            Answer(document.RootElement, writer);
        }
        catch (Exception fault) when (fault is JsonException or BadLineException or InvalidOperationException or ArgumentException)
        {
            // InvalidOperationException is what System.Text.Json says of a lone surrogate.
            Write(writer, document?.RootElement, false, "bad_line: " + OneLine(fault.Message));
        }
        finally
        {
            document?.Dispose();
        }
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");

    private void Answer(JsonElement line, Utf8JsonWriter writer)
    {
        if (line.ValueKind != JsonValueKind.Object) throw new BadLineException("a line is one JSON object");
        var action = Member(line, "action", JsonValueKind.String).GetString()!;
        var creds = new Credentials(JsonValues.Mapping(Member(line, "creds", JsonValueKind.Object)));
        var target = new TargetAttributes(JsonValues.Mapping(Member(line, "target", JsonValueKind.Object)));
        var compiled = _policy is null ? PolicyOf(line, action) : new Compiled(_policy, null);
        if (compiled.Policy is null)
        {
            Write(writer, line, false, compiled.Fault);
            return;
        }
        var decision = compiled.Policy.Decide(action, creds, target);
        Write(writer, line, decision.Allowed, ErrorOf(decision.Reason));
    }

    /// <summary>The original's error, or what made the strict semantics deny; null for a plain answer.</summary>
    private static string? ErrorOf(string reason)
    {
        const string CheckError = "check_error:";
        if (reason.StartsWith(CheckError, StringComparison.Ordinal)) return reason[CheckError.Length..];
        return reason.StartsWith("undetermined:", StringComparison.Ordinal) ? reason : null;
    }

    private static void Write(Utf8JsonWriter writer, JsonElement? line, bool allowed, string? error)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("id");
        if (line is { ValueKind: JsonValueKind.Object } known && known.TryGetProperty("id", out var id)) id.WriteTo(writer);
        else writer.WriteNullValue();
        writer.WriteBoolean("allowed", allowed);
        if (error is null) writer.WriteNull("error");
        else writer.WriteString("error", error);
        writer.WriteEndObject();
        writer.Flush();
    }

    private static JsonElement Member(JsonElement line, string name, JsonValueKind kind)
    {
        if (!line.TryGetProperty(name, out var value)) throw new BadLineException($"`{name}` is missing");
        return value.ValueKind == kind ? value : throw new BadLineException($"`{name}` is not a JSON {kind.ToString().ToLowerInvariant()}");
    }

    private static JsonElement? Optional(JsonElement line, string name, JsonValueKind kind) =>
        line.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? Member(line, name, kind) : null;

    private Compiled PolicyOf(JsonElement line, string action)
    {
        var rules = Optional(line, "rules", JsonValueKind.Object);
        var defaults = Optional(line, "defaults", JsonValueKind.Array);
        var fileRules = Optional(line, "file_rules", JsonValueKind.Object);
        var config = Optional(line, "config", JsonValueKind.Object);
        var defaultRule = Optional(line, "default_rule", JsonValueKind.String)?.GetString() ?? "default";
        if (rules is null && defaults is null && fileRules is null) throw new BadLineException("neither `rules` nor `defaults` nor `file_rules` is there");
        var key = new StringBuilder(action).Append('\n').Append(defaultRule);
        foreach (var part in (ReadOnlySpan<JsonElement?>)[rules, defaults, fileRules, config]) key.Append('\n').Append(part?.GetRawText());
        var text = key.ToString();
        if (_kept.TryGetValue(text, out var known)) return known;
        if (_kept.Count >= MaxKeptPolicies) _kept.Clear();
        return _kept[text] = Compile(rules, defaults, fileRules, config, defaultRule, action);
    }

    private Compiled Compile(JsonElement? rules, JsonElement? defaults, JsonElement? fileRules, JsonElement? config, string defaultRule, string action)
    {
        var options = new PolicyOptions
        {
            Defaults = "none",
            DefaultRule = defaultRule,
            Semantics = _semantics,
            NovaAdminFlag = false,
            EnforceScope = config is { } scope && Flag(scope, "enforce_scope"),
            EnforceNewDefaults = config is { } fresh && Flag(fresh, "enforce_new_defaults"),
        };
        var fromFiles = new Dictionary<string, ReadRule>(StringComparer.Ordinal);
        foreach (var part in (ReadOnlySpan<JsonElement?>)[rules, fileRules])
        {
            if (part is not { } values) continue;
            foreach (var (name, value) in JsonValues.Mapping(values))
            {
                if (RuleParser.Generic.ParseValue(value) is not { } check) return new Compiled(null, "load:TypeError");
                fromFiles[name] = new ReadRule(name, check, default);
            }
        }
        var registered = defaults is { } list ? list.EnumerateArray().Select(Default).ToList() : [];
        if (registered.DistinctBy(rule => rule.Name, StringComparer.Ordinal).Count() < registered.Count) return new Compiled(null, "load:DuplicatePolicyError");
        var table = RuleResolution.Resolve(fromFiles, registered, RuleParser.Generic, "defaults", options);
        return new Compiled(new PolicySet(
            table,
            options,
            revision: "",
            new CasbinDecider(table, RowReading.Original, action, _originalEngine.Value),
            _semantics == Semantics.Strict ? new CasbinDecider(table, RowReading.Strict, action, _strictEngine.Value) : null), null);
    }

    private static bool Flag(JsonElement config, string name) => config.TryGetProperty(name, out var value) && value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False or JsonValueKind.Null => false,
        _ => throw new BadLineException($"`{name}` is neither true nor false"),
    };

    private static RegisteredDefault Default(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object) throw new BadLineException("`defaults` holds something that is no JSON object");
        DeprecatedDefault? former = Optional(element, "deprecated_rule", JsonValueKind.Object) is { } old
            ? new DeprecatedDefault(Text(old, "name"), Text(old, "check_str"))
            : null;
        var scopes = Optional(element, "scope_types", JsonValueKind.Array)?.EnumerateArray().Select(scope => scope.GetString() ?? "").ToList();
        return new RegisteredDefault(Text(element, "name"), Text(element, "check_str"), scopes ?? [], [], former, "");
    }

    private static string Text(JsonElement element, string name) => Member(element, name, JsonValueKind.String).GetString()!;
}

/// <summary>A line that is no question.</summary>
internal sealed class BadLineException(string message) : Exception(message);
