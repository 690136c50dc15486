using Gateway.Policy.Files;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Gateway.Policy.Testing;

/// <summary>Walks the YAML of personas and cases, and collects what is wrong with it.</summary>
internal sealed class CaseYaml(string file)
{
    public string File { get; } = file;

    public List<string> Problems { get; } = [];

    /// <summary>The top mapping; empty with a problem when there is none.</summary>
    public YamlMappingNode Read()
    {
        try
        {
            var stream = new YamlStream();
            using var reader = new StreamReader(File);
            stream.Load(reader);
            if (stream.Documents is [{ RootNode: YamlMappingNode root }]) return root;
            Problems.Add($"{File}: this is not one mapping");
        }
        catch (YamlException fault)
        {
            Problems.Add($"{File}:{fault.Start.Line}:{fault.Start.Column}: this is not YAML: {fault.Message.ReplaceLineEndings(" ")}");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Problems.Add($"{File}: the file cannot be read: {fault.Message.ReplaceLineEndings(" ")}");
        }
        return [];
    }

    public void Report(YamlNode at, string problem) => Problems.Add($"{File}:{at.Start.Line}:{at.Start.Column}: {problem}");

    /// <summary>The entries of a mapping by name; a key that is not among <paramref name="known"/> is a problem.</summary>
    public Dictionary<string, YamlNode> Entries(YamlNode node, params IReadOnlyList<string> known)
    {
        var entries = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        if (node is not YamlMappingNode map)
        {
            Report(node, "a mapping belongs here");
            return entries;
        }
        foreach (var (key, value) in map.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? "";
            if (known.Count > 0 && !known.Contains(name, StringComparer.Ordinal)) Report(key, $"`{name}` is not known here; write {string.Join(", ", known)}");
            else entries[name] = value;
        }
        return entries;
    }

    public string Text(YamlNode node)
    {
        if (node is YamlScalarNode { Value: { Length: > 0 } text }) return text;
        Report(node, "a text belongs here");
        return "";
    }

    /// <summary>A text or a list of texts.</summary>
    public IReadOnlyList<string> Texts(YamlNode node) => node is YamlSequenceNode list ? [.. list.Children.Select(Text)] : [Text(node)];

    /// <summary>Attributes, typed as a policy file's values are.</summary>
    public Dictionary<string, object?> Attributes(YamlNode node) => Entries(node).ToDictionary(entry => entry.Key, entry => Value(entry.Value), StringComparer.Ordinal);

    private object? Value(YamlNode node)
    {
        switch (node)
        {
            case YamlSequenceNode list:
                return list.Children.Select(Value).ToArray();
            case YamlMappingNode:
                return Attributes(node);
            case YamlScalarNode { Style: ScalarStyle.Plain, Value: { } plain }:
                var value = YamlScalars.Resolve(plain);
                if (value is not YamlTimestamp) return value;
                Report(node, $"`{plain}` is a date to YAML; write it in quotes");
                return plain;
            default:
                return ((YamlScalarNode)node).Value;
        }
    }
}
