using System.Collections.Immutable;

namespace Gateway.Casbin;

/// <summary>
/// The INI layer of a model.conf: sections, `key = value`, `#` and `;` comments. A trailing `\` joins lines; blanks before it stay, blanks that begin the
/// next line do not.
/// A comment sign inside a quoted literal belongs to the literal.
/// </summary>
internal static class ModelConf
{
    private static readonly string[] Sections =
        ["request_definition", "policy_definition", "role_definition", "policy_effect", "matchers"];

    /// <summary>Every entry by section name, in file order.</summary>
    public static Dictionary<string, ImmutableArray<Entry>> Parse(string text, string file)
    {
        var sections = new Dictionary<string, ImmutableArray<Entry>.Builder>(StringComparer.Ordinal);
        ImmutableArray<Entry>.Builder? current = null;
        var pending = new PendingLine();
        var line = 0;
        foreach (var raw in text.Split('\n'))
        {
            line++;
            var content = StripComment(line == 1 ? raw.TrimStart('\uFEFF') : raw);
            var trimmed = content.Trim();
            if (trimmed.Length == 0)
                continue;
            if (trimmed[0] == '[' && trimmed[^1] == ']' && pending.IsEmpty)
            {
                current = Open(sections, trimmed[1..^1].Trim(), file, line);
                continue;
            }

            var continued = trimmed[^1] == '\\';
            pending.Add(continued ? trimmed[..^1] : trimmed, line, content.Length - content.TrimStart().Length + 1);
            if (!continued)
                Close(current, pending, file);
        }

        if (!pending.IsEmpty)
            Close(current, pending, file);
        return sections.ToDictionary(pair => pair.Key, pair => pair.Value.ToImmutable(), StringComparer.Ordinal);
    }

    private static ImmutableArray<Entry>.Builder Open(
        Dictionary<string, ImmutableArray<Entry>.Builder> sections, string name, string file, int line)
    {
        if (!Sections.Contains(name, StringComparer.Ordinal))
            throw CasbinException.At($"{file}:{line}", $"unknown section `{name}`; there are {string.Join(", ", Sections.Select(s => $"`{s}`"))}");
        var entries = ImmutableArray.CreateBuilder<Entry>();
        if (!sections.TryAdd(name, entries))
            throw CasbinException.At($"{file}:{line}", $"section `{name}` appears a second time; keep one");
        return entries;
    }

    private static void Close(ImmutableArray<Entry>.Builder? section, PendingLine pending, string file)
    {
        var (joined, segments) = pending.Take();
        var place = $"{file}:{segments[0].Line}";
        var equals = joined.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            throw CasbinException.At(place, $"`{joined}` is neither a section nor `key = value`");
        if (section is null)
            throw CasbinException.At(place, "a definition stands before the first section; put it below its `[section]`");
        var key = joined[..equals].Trim();
        var start = equals + 1;
        while (start < joined.Length && char.IsWhiteSpace(joined[start]))
            start++;
        if (start == joined.Length)
            throw CasbinException.At(place, $"`{key}` has no value");
        if (section.Any(entry => entry.Key == key))
            throw CasbinException.At(place, $"`{key}` is defined a second time; keep one");

        // Offsets count from the value's first character, so what stood before it moves below zero.
        var shifted = segments.Select(segment => segment with { Offset = segment.Offset - start });
        section.Add(new Entry(key, SourceText.FromLines(joined[start..], file, shifted), place));
    }

    private static string StripComment(string line)
    {
        char? quote = null;
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (quote is not null)
                quote = c == quote ? null : quote;
            else if (c is '\'' or '"' && line.IndexOf(c, i + 1) >= 0)
                quote = c;
            else if (c is '#' or ';')
                return line[..i];
        }

        return line;
    }

    public sealed record Entry(string Key, SourceText Value, string Place);

    /// <summary>The lines joined so far, and where each began.</summary>
    private sealed class PendingLine
    {
        private readonly List<SourceText.Segment> _segments = [];
        private string _text = "";

        public bool IsEmpty => _segments.Count == 0;

        public void Add(string text, int line, int column)
        {
            _segments.Add(new SourceText.Segment(_text.Length, line, column));
            _text += text;
        }

        public (string Text, ImmutableArray<SourceText.Segment> Segments) Take()
        {
            var taken = (_text, _segments.ToImmutableArray());
            _text = "";
            _segments.Clear();
            return taken;
        }
    }
}
