using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Policy.Files;
using Gateway.Policy.Language;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Gateway.Policy.Linting;

/// <summary>A policy file rewritten: the new text, or what stands against it.</summary>
public sealed record RewrittenFile(string? Text, IReadOnlyList<PolicyFinding> Findings);

/// <summary>Rewrites one policy file without changing what it means.</summary>
public static class RuleFile
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// The canonical form: each rule on a line of its own, name and rule in double quotes, the rule as the original engine prints it without the outer
    /// parentheses. The order of the rules, comments and blank lines stay. A file with a broken rule is not formatted.
    /// </summary>
    public static RewrittenFile Format(string file, byte[] content)
    {
        ArgumentNullException.ThrowIfNull(content);
        var findings = new List<PolicyFinding>();
        var rules = DocumentReading.Read(file, content, findings);
        var lines = new List<(FileRule Rule, string Value)>();
        foreach (var rule in rules)
        {
            if (Canonical(rule) is { } value) lines.Add((rule, value));
            else findings.Add(new PolicyFinding(file, rule.Origin.Line, rule.Origin.Column, LintRules.MalformedRule, Severity.Error, $"rule `{rule.Name}` is broken and has no canonical form; see `gatewayctl policy lint`"));
        }
        if (findings.Count > 0) return new RewrittenFile(null, findings);
        var text = Encoding.UTF8.GetString(content).TrimStart('\uFEFF').ReplaceLineEndings("\n");
        var formatted = IsJson(content) ? AsJson(lines) : rules.Count == 0 ? text : AsYaml(text, lines);
        var isWhole = IsJson(content) || Comments(text).SequenceEqual(Comments(formatted), StringComparer.Ordinal);
        return isWhole ? Verified(file, rules, formatted) : CannotBeRewritten(file, "losing a comment");
    }

    /// <summary>The same rules as JSON, values as they are; comments are lost.</summary>
    public static RewrittenFile ToJson(string file, byte[] content) => Converted(file, content, AsJson);

    /// <summary>The same rules as YAML, values as they are.</summary>
    public static RewrittenFile ToYaml(string file, byte[] content) =>
        Converted(file, content, lines => string.Concat(lines.Select(line => $"{Quoted(line.Rule.Name)}: {line.Value}\n")));

    private static RewrittenFile Converted(string file, byte[] content, Func<IReadOnlyList<(FileRule Rule, string Value)>, string> write)
    {
        ArgumentNullException.ThrowIfNull(content);
        var findings = new List<PolicyFinding>();
        var rules = DocumentReading.Read(file, content, findings);
        foreach (var rule in rules.Where(rule => RuleParser.Generic.ParseValue(rule.Value) is null))
        {
            findings.Add(new PolicyFinding(file, rule.Origin.Line, rule.Origin.Column, LintRules.NotARule, Severity.Error, $"rule `{rule.Name}`: this is no rule; write a text in quotes"));
        }
        return findings.Count > 0
            ? new RewrittenFile(null, findings)
            : Verified(file, rules, write([.. rules.Select(rule => (rule, JsonSerializer.Serialize(rule.Value, Json)))]));
    }

    private static bool IsJson(byte[] content)
    {
        try
        {
            using var document = JsonDocument.Parse(content.AsMemory(content.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? 3 : 0));
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string AsJson(IReadOnlyList<(FileRule Rule, string Value)> lines) =>
        lines.Count == 0 ? "{}\n" : "{\n" + string.Join(",\n", lines.Select(line => $"    {Quoted(line.Rule.Name)}: {line.Value}")) + "\n}\n";

    private static string Quoted(string text) => JsonSerializer.Serialize(text, Json);

    /// <summary>A rule's canonical text in quotes; the value itself where a text cannot say the same; null when the rule is broken.</summary>
    private static string? Canonical(FileRule rule)
    {
        if (RuleParser.Generic.ParseValue(rule.Value) is not { } check || IsBroken(check)) return null;
        var text = check.ToString();
        if (check is JunctionCheck { Children.Count: > 1 }) text = text[1..^1];
        return RuleParser.Generic.ParseText(text).ToString() == check.ToString() ? Quoted(text) : JsonSerializer.Serialize(rule.Value, Json);
    }

    private static bool IsBroken(Check check) => check is StrayTokenCheck or ConstantCheck { Origin: not ConstantOrigin.Written } || check.Children.Any(IsBroken);

    // INVARIANT: what is written reads as the same rules in the same order.
    private static RewrittenFile Verified(string file, IReadOnlyList<FileRule> rules, string text)
    {
        var findings = new List<PolicyFinding>();
        var again = DocumentReading.Read(file, Encoding.UTF8.GetBytes(text), findings);
        return findings.Count == 0 && rules.Select(Meaning).SequenceEqual(again.Select(Meaning))
            ? new RewrittenFile(text, [])
            : CannotBeRewritten(file, "changing a rule");

        static (string, string?) Meaning(FileRule rule) => (rule.Name, RuleParser.Generic.ParseValue(rule.Value)?.ToString());
    }

    private static RewrittenFile CannotBeRewritten(string file, string without) => new(null,
        [new PolicyFinding(file, 0, 0, LintRules.BrokenFile, Severity.Error, $"the file cannot be rewritten as it is laid out without {without}; write each rule on lines of its own, its text in quotes")]);

    /// <summary>The comments of a text, sorted.</summary>
    private static List<string> Comments(string text)
    {
        var scanner = new Scanner(new StringReader(text), skipComments: false);
        var comments = new List<string>();
        while (scanner.MoveNext())
        {
            if (scanner.Current is YamlDotNet.Core.Tokens.Comment comment) comments.Add(comment.Value.Trim());
        }
        comments.Sort(StringComparer.Ordinal);
        return comments;
    }

    private static string AsYaml(string text, IReadOnlyList<(FileRule Rule, string Value)> lines)
    {
        var source = text.Split('\n');
        var output = new StringBuilder();
        var next = 0;
        foreach (var ((start, end, endColumn), (rule, value)) in Entries(text).Zip(lines))
        {
            for (; next < start; next++) output.Append(source[next].TrimEnd()).Append('\n');
            // Comments between the lines of a value move before it.
            for (var inside = start; inside < end; inside++)
            {
                var comment = inside == start ? "" : source[inside].TrimStart();
                if (comment.StartsWith('#')) output.Append(comment.TrimEnd()).Append('\n');
            }
            var rest = endColumn < source[end].Length ? source[end][endColumn..].Trim() : "";
            output.Append(Quoted(rule.Name)).Append(": ").Append(value);
            if (rest.StartsWith('#')) output.Append("  ").Append(rest);
            output.Append('\n');
            next = end + 1;
        }
        for (; next < source.Length; next++) output.Append(source[next].TrimEnd()).Append('\n');
        return output.ToString().TrimEnd('\n') + "\n";
    }

    /// <summary>Where each entry of the mapping begins and ends: lines from 0, and the column behind its last character.</summary>
    private static IEnumerable<(int Start, int End, int EndColumn)> Entries(string text)
    {
        var parser = new Parser(new StringReader(text));
        parser.Consume<StreamStart>();
        parser.Consume<DocumentStart>();
        parser.Consume<MappingStart>();
        while (parser.TryConsume<Scalar>(out var key))
        {
            var last = parser.Current!;
            var depth = 0;
            do
            {
                last = parser.Current!;
                depth += last.NestingIncrease;
                parser.MoveNext();
            }
            while (depth > 0);
            var (line, column) = ((int)last.End.Line - 1, (int)last.End.Column - 1);
            // Block lists and block texts end where the next token begins; their last line with text is before.
            if (column == 0 || (last is SequenceEnd && last.Start.Index == last.End.Index)) (line, column) = LastText(text, (int)last.End.Index);
            yield return ((int)key.Start.Line - 1, line, column);
        }
    }

    private static (int Line, int Column) LastText(string text, int before)
    {
        var lines = text[..before].Split('\n');
        var line = lines.Length - 1;
        while (line > 0 && (lines[line].Trim().Length == 0 || lines[line].TrimStart().StartsWith('#'))) line--;
        return (line, lines[line].Length);
    }
}
