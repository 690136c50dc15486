using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace Gateway.Limits;

/// <summary>Reads values out of YAML nodes and reports, with file and line, what is wrong with them.</summary>
internal sealed class YamlPlaces(string file)
{
    public const int LargestNumber = 1_000_000;

    private readonly List<string> _problems = [];

    public IReadOnlyList<string> Problems => _problems;

    public string File => file;

    public void Report(YamlNode node, string problem) => ReportLine(node.Start.Line, problem);

    public void ReportLine(long line, string problem) => _problems.Add($"{file}:{line}: {problem}");

    public void CheckKeys(YamlMappingNode node, IReadOnlyList<string> known)
    {
        foreach (var key in node.Children.Keys.Where(key => !known.Contains(Text(key))))
            Report(key, $"unknown key `{Text(key)}`; known are {string.Join(", ", known)}");
    }

    public YamlNode? Required(YamlMappingNode node, string key)
    {
        if (Find(node, key) is { } value && (value is not YamlScalarNode || Text(value).Length > 0))
            return value;

        Report(node, $"`{key}` is missing; add it");
        return null;
    }

    public int Number(YamlNode node, string key, int least = 1, int most = LargestNumber)
    {
        if (TryNumber(Text(node), out var number) && number >= least && number <= most)
            return number;

        Report(node, $"`{key}: {Text(node)}` must be a number from {least} to {most}");
        return least;
    }

    /// <summary>One of several words; the first when the key is not there.</summary>
    public string Word(YamlMappingNode node, string key, params IReadOnlyList<string> known)
    {
        if (Find(node, key) is not { } value) return known[0];
        if (known.Contains(Text(value))) return Text(value);
        Report(value, $"`{key}: {Text(value)}` is unknown; known are {string.Join(", ", known)}");
        return known[0];
    }

    /// <summary>A list of texts; none when the key is not there.</summary>
    public IReadOnlyList<YamlNode> List(YamlMappingNode node, string key)
    {
        if (Find(node, key) is not { } value) return [];
        if (value is YamlSequenceNode list && list.Any()) return [.. list];
        Report(value, $"`{key}` must be a list with at least one entry, or be left out");
        return [];
    }

    public static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is >= 1 and <= LargestNumber;

    public static YamlNode? Find(YamlMappingNode node, string key) =>
        node.Children.FirstOrDefault(pair => Text(pair.Key) == key).Value;

    public static string Text(YamlNode node) => node is YamlScalarNode { Value: { } value } ? value : "";
}
