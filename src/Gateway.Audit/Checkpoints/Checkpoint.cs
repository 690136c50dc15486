using System.Globalization;
using System.Text;

namespace Gateway.Audit;

/// <summary>What a gateway says, signed, about its record at one moment (C2SP tlog-checkpoint): how many records it has and the root of the tree over them.</summary>
public sealed record Checkpoint
{
    internal const string OriginPrefix = "compute-gateway/audit/";

    /// <summary>Name of the chain.</summary>
    public required string Stream { get; init; }

    /// <summary>How many records.</summary>
    public required long Size { get; init; }

    /// <summary>Root of the tree over their hashes.</summary>
    public required ReadOnlyMemory<byte> Root { get; init; }

    /// <summary>From 1, without a gap.</summary>
    public required long Number { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>The chain's hash at the last of the records.</summary>
    public required ReadOnlyMemory<byte> Head { get; init; }

    /// <summary>SHA-256 of the checkpoint before, as a note with its signatures, in hex; a dash for the first.</summary>
    public required string Previous { get; init; }

    /// <summary>On the first checkpoint of a new key: the key. It and the key before both sign that checkpoint.</summary>
    public string? NewKey { get; init; }

    internal static string OriginOf(string stream) => OriginPrefix + stream;

    internal string ToText()
    {
        var text = new StringBuilder()
            .Append(OriginOf(Stream)).Append('\n')
            .Append(Size).Append('\n')
            .Append(Convert.ToBase64String(Root.Span)).Append('\n')
            .Append("number ").Append(Number).Append('\n')
            .Append("time ").Append(Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)).Append('\n')
            .Append("head ").Append(Convert.ToHexStringLower(Head.Span)).Append('\n')
            .Append("previous ").Append(Previous).Append('\n');
        if (NewKey is not null) text.Append("key ").Append(NewKey).Append('\n');
        return text.ToString();
    }

    /// <exception cref="FormatException">The text is not a checkpoint of ours.</exception>
    internal static Checkpoint Parse(string text)
    {
        var lines = text.TrimEnd('\n').Split('\n');
        if (lines.Length < 7 || !lines[0].StartsWith(OriginPrefix, StringComparison.Ordinal)) throw new FormatException("not a checkpoint");
        string Line(string name) => lines.Skip(3).FirstOrDefault(line => line.StartsWith(name + " ", StringComparison.Ordinal))?[(name.Length + 1)..]
            ?? throw new FormatException($"not a checkpoint: the line `{name}` is missing");
        return new Checkpoint
        {
            Stream = lines[0][OriginPrefix.Length..],
            Size = Whole(lines[1]),
            Root = Convert.FromBase64String(lines[2]),
            Number = Whole(Line("number")),
            Time = DateTimeOffset.ParseExact(Line("time"), "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
            Head = Convert.FromHexString(Line("head")),
            Previous = Line("previous"),
            NewKey = lines.Skip(3).FirstOrDefault(line => line.StartsWith("key ", StringComparison.Ordinal))?["key ".Length..],
        };
    }

    private static long Whole(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException($"not a checkpoint: `{text}` is not a number");
}
