using System.Text;
using System.Text.Json;
using Gateway.Policy.Evaluation;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Gateway.Policy.Files;

/// <summary>
/// Reads the text of one policy file: JSON where it is JSON, otherwise YAML 1.1 with the types PyYAML's safe loader gives. What the original lets pass
/// in silence (a name twice, a name that is no string) is a finding here.
/// </summary>
internal sealed class PolicyDocument
{
    private const int MaxNodes = 200_000;
    private const int MaxDepth = 32;

    private readonly string _file;
    private readonly List<PolicyFinding> _findings;
    private readonly Dictionary<string, Node> _anchors = new(StringComparer.Ordinal);
    private int _nodes;

    private PolicyDocument(string file, List<PolicyFinding> findings)
    {
        _file = file;
        _findings = findings;
    }

    /// <summary>The rules in the order of the file. Every fault becomes a finding; with an error among them the rules are not to be used.</summary>
    public static IReadOnlyList<FileRule> Read(string file, ReadOnlySpan<byte> content, List<PolicyFinding> findings)
    {
        var document = new PolicyDocument(file, findings);
        if (content.StartsWith(Encoding.UTF8.Preamble)) content = content[3..];
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content);
        }
        catch (DecoderFallbackException)
        {
            document.Report(new Mark(), "unreadable-file", "the file is not UTF-8; save it as UTF-8");
            return [];
        }
        var root = LooksLikeJson(text) && TryJson(content, out var json) ? json : document.Yaml(text);
        return document.Rules(root);
    }

    private static bool LooksLikeJson(string text) => text.AsSpan().TrimStart().StartsWith("{");

    private List<FileRule> Rules(Node? root)
    {
        if (root is null || root.Value is null) return [];
        if (root.Entries is not { } entries)
        {
            Report(root.At, "not-a-mapping", $"the file holds `{Shorten(Python.PythonText.Str(root.Value))}`, not a mapping of rule names to rules; write one `\"name\": \"rule\"` a line");
            return [];
        }
        var rules = new List<FileRule>();
        var seen = new Dictionary<string, Mark>(StringComparer.Ordinal);
        foreach (var (key, value) in entries)
        {
            if (key.Value is not string name)
            {
                Report(key.At, "non-string-name", $"`{Shorten(Python.PythonText.Str(key.Value))}` is no string, so this rule would never be found; put the name in quotes");
                continue;
            }
            if (seen.TryGetValue(name, out var first))
            {
                Report(key.At, "duplicate-key", $"rule `{name}` stands twice, first in line {first.Line}; keep one of them");
                continue;
            }
            seen.Add(name, key.At);
            rules.Add(new FileRule(name, value.Value, Origin(value), Origin(key)));
        }
        return rules;
    }

    private RuleOrigin Origin(Node node) => new(_file, (int)node.At.Line, (int)node.At.Column, node.IsVerbatim);

    private void Report(Mark at, string code, string message) =>
        _findings.Add(new PolicyFinding(_file, (int)at.Line, (int)at.Column, code, Severity.Error, message));

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..57] + "...";

    /// <summary>A value and where it stands; of a mapping also its entries, keys of any kind and doubles included.</summary>
    private sealed record Node(object? Value, Mark At, bool IsVerbatim = false, IReadOnlyList<(Node Key, Node Value)>? Entries = null);

    private Node? Yaml(string text)
    {
        var parser = new Parser(new StringReader(text));
        try
        {
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _)) return null;
            parser.Consume<DocumentStart>();
            var root = Yaml(parser, 0);
            parser.Consume<DocumentEnd>();
            if (parser.Accept<DocumentStart>(out var second))
            {
                Report(second.Start, "yaml-syntax", "a second document begins here; a policy file is one document");
                return null;
            }
            return root;
        }
        catch (YamlException fault)
        {
            Report(fault.Start, "yaml-syntax", $"this is not YAML: {OneLine(fault.InnerException?.Message ?? fault.Message)}");
            return null;
        }
        catch (InvalidOperationException fault)
        {
            // The scanner loses its way in some texts that are no YAML at all, and does not say where; this is the last thing it understood.
            Report(parser.Current?.End ?? Mark.Empty, "yaml-syntax", $"this is not YAML from here on: {OneLine(fault.Message)}");
            return null;
        }
    }

    private static string OneLine(string message)
    {
        var text = message.ReplaceLineEndings(" ");
        var mark = text.IndexOf("): ", StringComparison.Ordinal);
        return text.StartsWith('(') && mark > 0 ? text[(mark + 3)..] : text;
    }

    private Node Yaml(Parser parser, int depth)
    {
        if (++_nodes > MaxNodes) throw new YamlException(parser.Current!.Start, parser.Current.End, $"more than {MaxNodes} values");
        if (depth > MaxDepth) throw new YamlException(parser.Current!.Start, parser.Current.End, $"more than {MaxDepth} levels deep");
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            if (!_anchors.TryGetValue(alias.Value.Value, out var target)) throw new YamlException(alias.Start, alias.End, $"alias `*{alias.Value.Value}` has no anchor");
            // An alias of a list can be nested until a small file holds more than any memory.
            if (target.Value is object?[] or Dictionary<string, object?>) throw new YamlException(alias.Start, alias.End, $"alias `*{alias.Value.Value}` stands for a list or mapping; write it out");
            return target with { At = alias.Start, IsVerbatim = false };
        }
        if (parser.TryConsume<Scalar>(out var scalar)) return Keep(scalar, Scalar(scalar));
        if (parser.TryConsume<SequenceStart>(out var sequence))
        {
            var items = new List<object?>();
            while (!parser.Accept<SequenceEnd>(out _)) items.Add(Yaml(parser, depth + 1).Value);
            parser.Consume<SequenceEnd>();
            return Keep(sequence, new Node(items.ToArray(), sequence.Start));
        }
        var start = parser.Consume<MappingStart>();
        var entries = new List<(Node Key, Node Value)>();
        while (!parser.Accept<MappingEnd>(out _))
        {
            var key = Yaml(parser, depth + 1);
            var value = Yaml(parser, depth + 1);
            if (key is { Value: "<<", IsVerbatim: true }) throw new YamlException(key.At, key.At, "merge keys `<<` are not used in policy files; write the rules out");
            entries.Add((key, value));
        }
        parser.Consume<MappingEnd>();
        return Keep(start, Mapping(entries, start.Start));
    }

    private Node Keep(NodeEvent node, Node value)
    {
        if (!node.Anchor.IsEmpty) _anchors[node.Anchor.Value] = value;
        return value;
    }

    private static Node Mapping(List<(Node Key, Node Value)> entries, Mark at)
    {
        var map = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (key, value) in entries) map[Python.PythonText.Str(key.Value)] = value.Value;
        return new Node(map, at, Entries: entries);
    }

    private static Node Scalar(Scalar scalar)
    {
        var isPlain = scalar.Style == ScalarStyle.Plain;
        var isOneLine = scalar.Start.Line == scalar.End.Line;
        if (scalar.Tag.IsEmpty || scalar.Tag.IsNonSpecific)
        {
            // A lone `!` is a tag without a value: null to YAML, "everyone" to the original.
            var value = isPlain ? YamlScalars.Resolve(scalar.Value) : scalar.Value;
            if (isPlain) return new Node(value, scalar.Start, isOneLine);
            var inQuotes = scalar.Style is ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted;
            // Escapes shift columns; a text as long as what stands in the file has none.
            var isVerbatim = inQuotes && isOneLine && scalar.End.Column - scalar.Start.Column == scalar.Value.Length + 2;
            return isVerbatim
                ? new Node(value, new Mark(scalar.Start.Index + 1, scalar.Start.Line, scalar.Start.Column + 1), true)
                : new Node(value, scalar.Start);
        }
        return new Node(Tagged(scalar), scalar.Start);
    }

    private static object? Tagged(Scalar scalar)
    {
        switch (scalar.Tag.Value)
        {
            case "tag:yaml.org,2002:str":
                return scalar.Value;
            case "tag:yaml.org,2002:null":
                return null;
            case "tag:yaml.org,2002:bool" when YamlScalars.Resolve(scalar.Value.ToLowerInvariant()) is bool flag:
                return flag;
            case "tag:yaml.org,2002:int" when YamlScalars.Resolve(scalar.Value) is long or System.Numerics.BigInteger:
            case "tag:yaml.org,2002:float" when YamlScalars.Resolve(scalar.Value) is double:
                return YamlScalars.Resolve(scalar.Value);
            default:
                throw new YamlException(scalar.Start, scalar.End, $"tag `{scalar.Tag.Value}` is not used in policy files; remove it");
        }
    }

    private static bool TryJson(ReadOnlySpan<byte> content, out Node? root)
    {
        root = null;
        try
        {
            var reader = new Utf8JsonReader(content, new JsonReaderOptions { MaxDepth = MaxDepth });
            reader.Read();
            var lines = new LineIndex(content);
            root = Json(ref reader, lines);
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
        catch (InvalidOperationException)
        {
            // Utf8JsonReader's answer to a lone surrogate in an escape.
            return false;
        }
    }

    private static Node Json(ref Utf8JsonReader reader, LineIndex lines)
    {
        var at = lines.MarkOf((int)reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var entries = new List<(Node Key, Node Value)>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var key = new Node(reader.GetString(), Inside(lines.MarkOf((int)reader.TokenStartIndex)), true);
                    reader.Read();
                    entries.Add((key, Json(ref reader, lines)));
                }
                return Mapping(entries, at);
            case JsonTokenType.StartArray:
                var items = new List<object?>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) items.Add(Json(ref reader, lines).Value);
                return new Node(items.ToArray(), at);
            case JsonTokenType.String:
                return reader.ValueIsEscaped ? new Node(reader.GetString(), at) : new Node(reader.GetString(), Inside(at), true);
            case JsonTokenType.Number:
                return new Node(JsonValues.Number(ref reader), at);
            default:
                return new Node(reader.TokenType == JsonTokenType.Null ? null : reader.TokenType == JsonTokenType.True, at);
        }
    }

    private static Mark Inside(Mark at) => new(at.Index + 1, at.Line, at.Column + 1);

    private sealed class LineIndex(ReadOnlySpan<byte> content)
    {
        private readonly int[] _starts = Starts(content);

        private static int[] Starts(ReadOnlySpan<byte> content)
        {
            var starts = new List<int> { 0 };
            for (var i = 0; i < content.Length; i++)
            {
                if (content[i] == '\n') starts.Add(i + 1);
            }
            return [.. starts];
        }

        public Mark MarkOf(int index)
        {
            var line = Array.BinarySearch(_starts, index);
            if (line < 0) line = ~line - 1;
            return new Mark(index, line + 1, index - _starts[line] + 1);
        }
    }
}
