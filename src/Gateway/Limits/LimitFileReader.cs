using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Gateway.Limits;

/// <summary>
/// Reads `limits.yaml`. A key it does not know is an error and so is a limit that could never match, because a limit that silently
/// never matches protects nothing.
/// </summary>
internal sealed class LimitFileReader(string file, IReadOnlyList<LimitableAction> actions)
{
    private const int MostLimits = 64;
    private const int DeepestNesting = 16;

    private static readonly string[] FileKeys = ["groups", "limits"];

    private readonly YamlPlaces _places = new(file);
    private readonly List<Limit> _limits = [];

    public LimitLoadResult Read(string text)
    {
        if (Parse(text) is { } root)
        {
            _places.CheckKeys(root, FileKeys);
            var words = new ActionWords(actions, _places);
            if (YamlPlaces.Find(root, "groups") is { } groups) words.Define(groups);
            ReadLimits(root, new LimitReader(_places, words, actions));
        }

        return _places.Problems.Count > 0
            ? new LimitLoadResult(null, _places.Problems)
            : new LimitLoadResult(new LimitSet(_limits, actions), []);
    }

    private YamlMappingNode? Parse(string text)
    {
        try
        {
            if (!IsPlain(text)) return null;
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents.Count == 1 && stream.Documents[0].RootNode is YamlMappingNode root)
                return root;

            _places.ReportLine(1, "is not one mapping; begin with `limits:`");
        }
        catch (YamlException e)
        {
            _places.ReportLine(e.Start.Line, $"is not YAML, or has a key twice: {e.Message.ReplaceLineEndings(" ")}");
        }

        return null;
    }

    /// <summary>A short file with aliases, or one list in another, can be of any size once it is built up: what is not plain is not built up.</summary>
    private bool IsPlain(string text)
    {
        var (parser, depth) = (new Parser(new StringReader(text)), 0);
        while (parser.MoveNext())
        {
            var part = parser.Current!;
            depth += part.NestingIncrease;
            if (part is AnchorAlias alias) _places.ReportLine(alias.Start.Line, $"`*{alias.Value}` is an alias; write out what it stands for");
            else if (depth > DeepestNesting) _places.ReportLine(part.Start.Line, $"is nested deeper than {DeepestNesting} levels; a limit has no such depth");
            else continue;
            return false;
        }

        return true;
    }

    private void ReadLimits(YamlMappingNode root, LimitReader reader)
    {
        if (YamlPlaces.Find(root, "limits") is not YamlSequenceNode list)
        {
            _places.Report(YamlPlaces.Find(root, "limits") ?? root, "`limits` must be a list; write `limits: []` for none");
            return;
        }

        foreach (var node in list)
        {
            if (node is not YamlMappingNode mapping)
            {
                _places.Report(node, $"`{node}` is not a limit; a limit is a mapping with {string.Join(", ", LimitReader.Keys)}");
                continue;
            }

            var limit = reader.Read(mapping);
            if (limit.Name.Length > 0 && _limits.Any(other => other.Name == limit.Name))
                _places.Report(mapping, $"`name: {limit.Name}` is taken by a limit above; choose another");
            _limits.Add(limit);
        }

        if (_limits.Count > MostLimits)
            _places.Report(list, $"{_limits.Count} limits are more than the {MostLimits} that fit into one step");
    }
}
