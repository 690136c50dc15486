using System.Runtime.InteropServices;

namespace Gateway.Casbin;

/// <summary>A piece of text and where its characters stand in a file, so that messages can name file, line and column.</summary>
internal sealed class SourceText
{
    private readonly Segment[] _segments;

    private SourceText(string text, string file, Segment[] segments, string? within)
    {
        Text = text;
        File = file;
        _segments = segments;
        Within = within;
    }

    public string Text { get; }

    public string File { get; }

    /// <summary>What the text is when it is only part of a line, such as a field's name; null for a whole definition.</summary>
    public string? Within { get; }

    /// <summary>A definition joined from one or more lines of a model file.</summary>
    public static SourceText FromLines(string text, string file, IEnumerable<Segment> segments) => new(text, file, [.. segments], null);

    /// <summary>A field of a policy row; columns are counted within the field, as quoting hides them in the line.</summary>
    public static SourceText FromField(string text, PolicyRow row, string field) =>
        new(text, row.File, [new Segment(0, row.Line, 1)], field);

    /// <summary>Text handed over by the program, such as a matcher of EnforceWithMatcher.</summary>
    public static SourceText FromProgram(string text, string name) => new(text, name, [new Segment(0, 0, 1)], null);

    public string PlaceOf(int offset)
    {
        var segment = _segments[0];
        foreach (var candidate in _segments)
        {
            if (candidate.Offset > offset)
                break;
            segment = candidate;
        }

        var column = segment.Column + offset - segment.Offset;
        if (Within is not null)
            return segment.Line == 0 ? $"{File}: `{Within}`:{column}" : $"{File}:{segment.Line}: `{Within}`:{column}";
        return segment.Line == 0 ? $"{File}:{column}" : $"{File}:{segment.Line}:{column}";
    }

    /// <summary>From this offset on, characters stand on this line (from 1; 0 is no line), starting at this column.</summary>
    [StructLayout(LayoutKind.Auto)]
    public readonly record struct Segment(int Offset, int Line, int Column);
}
