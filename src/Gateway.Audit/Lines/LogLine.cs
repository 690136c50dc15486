using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Audit;

/// <summary>How the lines of a store of lines are spelt; docs/audit-format.md, 4. There is one spelling of each, and no other is read.</summary>
internal static class LogLine
{
    public const int Format = 3;

    /// <summary>What a file of this kind begins with.</summary>
    public static ReadOnlySpan<byte> Magic => "{\"format\":3,"u8;

    private const int HexLength = Chain.HashSize * 2;

    // The end of the year 9999.
    private const long LatestTime = 253_402_300_799_999_999;

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static ReadOnlySpan<byte> BeforeSequence => "{\"sequence\":"u8;

    private static ReadOnlySpan<byte> BeforePrevious => ",\"previous\":\""u8;

    private static ReadOnlySpan<byte> BeforeHash => "\",\"hash\":\""u8;

    private static ReadOnlySpan<byte> BeforeBody => "\",\"event\":"u8;

    private static ReadOnlySpan<byte> BeforeHead => "{\"head\":"u8;

    /// <summary>What a record's line has besides the record.</summary>
    public const int MaxOverhead = 12 + 19 + 13 + HexLength + 10 + HexLength + 10 + 2;

    /// <summary>Writes a record's line, its line feed included.</summary>
    /// <returns>How many bytes.</returns>
    public static int WriteRecord(Span<byte> line, long sequence, ReadOnlySpan<byte> previous, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> body)
    {
        var at = 0;
        Put(line, ref at, BeforeSequence);
        Utf8Formatter.TryFormat(sequence, line[at..], out var digits);
        at += digits;
        Put(line, ref at, BeforePrevious);
        PutHex(line, ref at, previous);
        Put(line, ref at, BeforeHash);
        PutHex(line, ref at, hash);
        Put(line, ref at, BeforeBody);
        Put(line, ref at, body);
        Put(line, ref at, "}\n"u8);
        return at;
    }

    /// <summary>Takes a line, without its line feed, apart. False when it is no record's.</summary>
    public static bool TryReadRecord(ReadOnlySpan<byte> line, out RecordLine record)
    {
        record = default;
        if (!Take(ref line, BeforeSequence) || !TakeNumber(ref line, out var sequence) || !Take(ref line, BeforePrevious)) return false;
        if (line.Length < HexLength || !Unhex(line[..HexLength], out var previous)) return false;
        line = line[HexLength..];
        if (!Take(ref line, BeforeHash) || line.Length < HexLength || !Unhex(line[..HexLength], out var hash)) return false;
        line = line[HexLength..];

        // What a crash left unwritten in the middle of a record makes no record, whatever is around it; JSON has no such bytes.
        if (!Take(ref line, BeforeBody) || line is not [.., (byte)'}'] || line.ContainsAnyInRange((byte)0, (byte)0x1f)) return false;
        record = new RecordLine(sequence, previous, hash, line[..^1]);
        return true;
    }

    /// <summary>Only the number of a record's line; null when it is no record's.</summary>
    public static long? SequenceOf(ReadOnlySpan<byte> line) => Take(ref line, BeforeSequence) && TakeNumber(ref line, out var sequence) && Take(ref line, BeforePrevious) ? sequence : null;

    public static bool IsHead(ReadOnlySpan<byte> line) => line.StartsWith(BeforeHead);

    public static byte[] Head(LineHead head) => Encoding.UTF8.GetBytes(
        $"{{\"head\":{{\"sequence\":{head.Head.Sequence},\"hash\":\"{Convert.ToHexStringLower(head.Head.Hash)}\",\"peaks\":\"{Convert.ToBase64String(head.Peaks)}\",\"open_floor\":{head.OpenFloor},"
        + $"\"newest\":{head.Newest},\"sealed\":{(head.IsSealed ? "true" : "false")},\"holder\":{(head.Holder is null ? "null" : JsonSerializer.Serialize(head.Holder, Readable))}}}}}\n");

    /// <summary>Takes a head's line, without its line feed, apart; null when it is none, or is spelt otherwise than it is written.</summary>
    public static LineHead? ReadHead(ReadOnlySpan<byte> line) => IsHead(line) && Parsed(line, root =>
    {
        var head = root.GetProperty("head");
        return new LineHead(
            new ChainHead(head.GetProperty("sequence").GetInt64(), Convert.FromHexString(head.GetProperty("hash").GetString()!)),
            head.GetProperty("peaks").GetBytesFromBase64(),
            head.GetProperty("open_floor").GetInt64(),
            head.GetProperty("newest").GetInt64(),
            head.GetProperty("sealed").GetBoolean(),
            head.GetProperty("holder").GetString());
    }) is { Head: { Sequence: >= 0, Hash.Length: Chain.HashSize }, Newest: >= 0 and <= LatestTime } read && Head(read).AsSpan(..^1).SequenceEqual(line) ? read : null;

    public static byte[] Header(LineHeader header) => Encoding.UTF8.GetBytes(
        $"{{\"format\":{Format},\"stream\":\"{header.Stream}\",\"created\":\"{header.Created}\",\"base\":{{\"sequence\":{header.Base.Sequence},\"hash\":\"{Convert.ToHexStringLower(header.Base.Hash)}\","
        + $"\"peaks\":\"{Convert.ToBase64String(header.BasePeaks)}\",\"open_floor\":{header.OpenFloor}}}}}\n");

    /// <summary>Takes the first line, without its line feed, apart; null when it is no header, or is spelt otherwise than it is written.</summary>
    public static LineHeader? ReadHeader(ReadOnlySpan<byte> line) => line.StartsWith(Magic) && Parsed(line, root =>
    {
        var before = root.GetProperty("base");
        return new LineHeader(
            root.GetProperty("stream").GetString()!,
            root.GetProperty("created").GetString()!,
            new ChainHead(before.GetProperty("sequence").GetInt64(), Convert.FromHexString(before.GetProperty("hash").GetString()!)),
            before.GetProperty("peaks").GetBytesFromBase64(),
            before.GetProperty("open_floor").GetInt64());
    }) is { Base: { Sequence: >= 0, Hash.Length: Chain.HashSize } } read && Header(read).AsSpan(..^1).SequenceEqual(line) ? read : null;

    private static T? Parsed<T>(ReadOnlySpan<byte> line, Func<JsonElement, T> read)
        where T : class
    {
        try
        {
            using var document = JsonDocument.Parse(line.ToArray());
            return read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentNullException)
        {
            return null;
        }
    }

    private static void Put(Span<byte> line, ref int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(line[at..]);
        at += bytes.Length;
    }

    private static void PutHex(Span<byte> line, ref int at, ReadOnlySpan<byte> bytes)
    {
        Convert.TryToHexStringLower(bytes, line[at..], out var written);
        at += written;
    }

    private static bool Take(ref ReadOnlySpan<byte> line, ReadOnlySpan<byte> expected)
    {
        if (!line.StartsWith(expected)) return false;
        line = line[expected.Length..];
        return true;
    }

    private static bool TakeNumber(ref ReadOnlySpan<byte> line, out long number)
    {
        if (line is not [>= (byte)'1' and <= (byte)'9', ..] || !Utf8Parser.TryParse(line, out number, out var digits))
        {
            number = 0;
            return false;
        }

        line = line[digits..];
        return true;
    }

    private static bool Unhex(ReadOnlySpan<byte> hex, out Hash32 hash)
    {
        hash = default;
        return !hex.ContainsAnyInRange((byte)'A', (byte)'F') && Convert.FromHexString(hex, hash, out _, out _) == System.Buffers.OperationStatus.Done;
    }
}

/// <summary>A record's line, taken apart. The hashes are fields, so that they can be looked at where they are.</summary>
internal readonly ref struct RecordLine(long sequence, Hash32 previous, Hash32 hash, ReadOnlySpan<byte> body)
{
    public readonly Hash32 Previous = previous;
    public readonly Hash32 Hash = hash;

    public long Sequence { get; } = sequence;

    /// <summary>The bytes that were hashed.</summary>
    public ReadOnlySpan<byte> Body { get; } = body;
}

/// <summary>A hash in place.</summary>
[System.Runtime.CompilerServices.InlineArray(Chain.HashSize)]
internal struct Hash32
{
    private byte _first;

    public readonly byte[] ToArray() => ((ReadOnlySpan<byte>)this).ToArray();
}

/// <summary>The first line of a file.</summary>
/// <param name="Base">The last record of the file before.</param>
/// <param name="BasePeaks">The peaks of the tree there.</param>
/// <param name="OpenFloor">No intent before this number was open then.</param>
internal sealed record LineHeader(string Stream, string Created, ChainHead Base, byte[] BasePeaks, long OpenFloor);

/// <summary>What a file says of the place where it stands.</summary>
/// <param name="Newest">The largest time of the file's records, in microseconds since 1970; 0 for none.</param>
/// <param name="Holder">Who writes the store; null when it was closed.</param>
internal sealed record LineHead(ChainHead Head, byte[] Peaks, long OpenFloor, long Newest, bool IsSealed, string? Holder)
{
    /// <exception cref="AuditStoreException">The peaks are not those of a tree of that size.</exception>
    public MerkleFrontier Tree(string path)
    {
        try
        {
            return MerkleFrontier.Read(Head.Sequence, Peaks);
        }
        catch (FormatException e)
        {
            throw new AuditStoreException($"{path}: the tree noted at record {Head.Sequence} does not hold: {e.Message}; verify the store and restore it, or begin a new one", e);
        }
    }
}
