using System.Collections.Immutable;

namespace Gateway.Casbin;

/// <summary>
/// globMatch: `*` and `?` stay within a path segment, `**` as a whole segment stands for any number of them, `[a-z]` and `[!a-z]` are
/// classes, `{a,b}` are alternatives, `\` takes the next character as it is. Wildcards do not match a leading dot.
/// </summary>
internal sealed class GlobPattern : KeyPattern
{
    private const int MostAlternatives = 1000;

    private readonly ImmutableArray<ImmutableArray<Segment>> _alternatives;

    private GlobPattern(ImmutableArray<ImmutableArray<Segment>> alternatives) => _alternatives = alternatives;

    public static GlobPattern Create(string pattern)
    {
        if (pattern.StartsWith('!') || pattern.StartsWith('#'))
            throw new CasbinException($"`{pattern}` begins with `{pattern[0]}`, which means different things in different Casbins; write `\\{pattern[0]}`");
        // As node-casbin has it: `*/x` is matched like `/x`.
        var adjusted = pattern.StartsWith("*/", StringComparison.Ordinal) ? pattern[1..] : pattern;
        return new GlobPattern([.. ExpandBraces(adjusted, pattern).Select(alternative => Split(alternative, pattern))]);
    }

    public override bool IsMatch(string key)
    {
        foreach (var alternative in _alternatives)
        {
            if (IsMatch(alternative, key))
                return true;
        }

        return false;
    }

    /// <summary>Walks both lists of segments; on a mismatch the latest `**` takes one segment more, so the work is bounded by their product.</summary>
    private static bool IsMatch(ImmutableArray<Segment> pattern, string key)
    {
        var position = 0;
        var index = 0;
        var retryIndex = -1;
        var retryPosition = 0;
        while (position >= 0)
        {
            if (index < pattern.Length && pattern[index].IsAnyDepth)
            {
                retryIndex = ++index;
                retryPosition = position;
                continue;
            }

            var segment = SegmentAt(key, position, out var next);
            if (index < pattern.Length ? pattern[index].IsMatch(segment) : segment.IsEmpty && next < 0 && position > 0 && index > 0)
            {
                index = Math.Min(index + 1, pattern.Length);
                position = next;
                continue;
            }

            if (retryIndex < 0)
                return false;
            var skipped = SegmentAt(key, retryPosition, out var after);
            if (skipped.StartsWith("."))
                return false;
            retryPosition = after;
            position = after;
            index = retryIndex;
        }

        // A `**` at the end wants a segment, be it an empty one: `/foo/**` matches `/foo/` and not `/foo`.
        return index == pattern.Length;
    }

    /// <summary>The segment that begins here; <paramref name="next"/> is where the following one begins, below 0 after the last.</summary>
    private static ReadOnlySpan<char> SegmentAt(string key, int position, out int next)
    {
        var rest = key.AsSpan(position);
        var slash = rest.IndexOf('/');
        if (slash < 0)
        {
            next = -1;
            return rest;
        }

        next = position + slash;
        while (next < key.Length && key[next] == '/')
            next++;
        return rest[..slash];
    }

    private static ImmutableArray<Segment> Split(string pattern, string original)
    {
        var segments = ImmutableArray.CreateBuilder<Segment>();
        var parts = ImmutableArray.CreateBuilder<Part>();
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '/':
                    segments.Add(new Segment(parts.ToImmutable()));
                    parts.Clear();
                    while (i + 1 < pattern.Length && pattern[i + 1] == '/')
                        i++;
                    break;
                case '\\' when i + 1 < pattern.Length:
                    parts.Add(Part.Literal(pattern[++i]));
                    break;
                case '*' or '?' or '+' or '@' when i + 1 < pattern.Length && pattern[i + 1] == '(':
                    throw new CasbinException($"`{original}` has `{pattern[i]}(`, an extended glob, which is not supported; use `{{a,b}}`");
                case '*':
                    parts.Add(Part.Star);
                    break;
                case '?':
                    parts.Add(Part.Any);
                    break;
                case '[':
                    parts.Add(ReadClass(pattern, ref i, original));
                    break;
                default:
                    parts.Add(Part.Literal(pattern[i]));
                    break;
            }
        }

        segments.Add(new Segment(parts.ToImmutable()));
        return segments.ToImmutable();
    }

    private static Part ReadClass(string pattern, ref int i, string original)
    {
        var start = i++;
        var negated = i < pattern.Length && pattern[i] is '!' or '^';
        if (negated)
            i++;
        var ranges = ImmutableArray.CreateBuilder<(char From, char To)>();
        for (; i < pattern.Length && pattern[i] != '/'; i++)
        {
            if (pattern[i] == ']' && ranges.Count > 0)
                return Part.Class(ranges.ToImmutable(), negated);
            if (pattern[i] == '[' && i + 1 < pattern.Length && pattern[i + 1] == ':')
                throw new CasbinException($"`{original}` has a named class, which is not supported; write its characters");
            if (pattern[i] == '\\' && i + 1 < pattern.Length)
                i++;
            var from = pattern[i];
            if (i + 2 < pattern.Length && pattern[i + 1] == '-' && pattern[i + 2] != ']')
            {
                i += 2;
                if (pattern[i] == '\\' && i + 1 < pattern.Length)
                    i++;
            }

            ranges.Add((from, pattern[i]));
        }

        throw new CasbinException($"`{original}` has a class that is not closed: `{pattern[start..]}`; write `\\[` for a bracket");
    }

    private static List<string> ExpandBraces(string pattern, string original)
    {
        var done = new List<string>();
        var open = new Stack<string>([pattern]);
        while (open.TryPop(out var next))
        {
            if (done.Count + open.Count > MostAlternatives)
                throw new CasbinException($"`{original}` has more than {MostAlternatives} alternatives; split it into rows");
            if (FindBraces(next) is not { } braces)
            {
                done.Add(next);
                continue;
            }

            foreach (var choice in braces.Choices)
                open.Push(string.Concat(next.AsSpan(0, braces.Start), choice, next.AsSpan(braces.End)));
        }

        return done;
    }

    /// <summary>The first pair of braces that holds a comma of its own.</summary>
    private static (int Start, int End, List<string> Choices)? FindBraces(string pattern)
    {
        for (var start = 0; start < pattern.Length; start++)
        {
            if (pattern[start] == '\\')
                start++;
            else if (pattern[start] == '{' && ReadChoices(pattern, start) is { } found)
                return (start, found.End, found.Choices);
        }

        return null;
    }

    private static (int End, List<string> Choices)? ReadChoices(string pattern, int start)
    {
        var depth = 0;
        var from = start + 1;
        var choices = new List<string>();
        for (var i = start; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '\\':
                    i++;
                    break;
                case '{':
                    depth++;
                    break;
                case ',' when depth == 1:
                    choices.Add(pattern[from..i]);
                    from = i + 1;
                    break;
                case '}' when --depth == 0:
                    if (choices.Count == 0)
                        return null;
                    choices.Add(pattern[from..i]);
                    return (i + 1, choices);
            }
        }

        return null;
    }

    /// <summary>One path segment of the pattern.</summary>
    private readonly struct Segment(ImmutableArray<Part> parts)
    {
        public bool IsAnyDepth => parts.Length == 2 && parts[0].Kind == PartKind.Star && parts[1].Kind == PartKind.Star;

        public bool IsMatch(ReadOnlySpan<char> text)
        {
            if (parts.IsEmpty)
                return text.IsEmpty;
            if (parts[0].Kind != PartKind.Literal && (text.IsEmpty || text[0] == '.'))
                return false;
            var index = 0;
            var position = 0;
            var retryIndex = -1;
            var retryPosition = 0;
            while (position < text.Length)
            {
                if (index < parts.Length && parts[index].Kind == PartKind.Star)
                {
                    retryIndex = ++index;
                    retryPosition = position;
                }
                else if (index < parts.Length && parts[index].IsMatch(text[position]))
                {
                    index++;
                    position++;
                }
                else if (retryIndex >= 0)
                {
                    index = retryIndex;
                    position = ++retryPosition;
                }
                else
                {
                    return false;
                }
            }

            while (index < parts.Length && parts[index].Kind == PartKind.Star)
                index++;
            return index == parts.Length;
        }
    }

    private enum PartKind
    {
        Literal,
        Any,
        Star,
        Class,
    }

    private readonly record struct Part(PartKind Kind, char Character, ImmutableArray<(char From, char To)> Ranges, bool IsNegated)
    {
        public static Part Star { get; } = new(PartKind.Star, '*', [], false);

        public static Part Any { get; } = new(PartKind.Any, '?', [], false);

        public static Part Literal(char c) => new(PartKind.Literal, c, [], false);

        public static Part Class(ImmutableArray<(char From, char To)> ranges, bool isNegated) => new(PartKind.Class, '[', ranges, isNegated);

        public bool IsMatch(char c)
        {
            if (Kind != PartKind.Class)
                return Kind == PartKind.Any || c == Character;
            foreach (var (from, to) in Ranges)
            {
                if (c >= from && c <= to)
                    return !IsNegated;
            }

            return IsNegated;
        }
    }
}
