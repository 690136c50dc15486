using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Gateway.EndToEnd;

/// <summary>One record, as its bytes in the store say.</summary>
internal sealed record RecordedCall(long Sequence, JsonNode Event)
{
    public string Kind => (string)Content("record")!["kind"]!;

    public string Outcome => (string)Event["outcome"]!;

    public string Action => (string)Event["action"]!;

    /// <summary>The stable reason code.</summary>
    public string? ReasonCode => (string?)Event["reason"]?["code"];

    /// <summary>The HTTP status the caller was answered with.</summary>
    public string? Status => (string?)Event["reason"]?["reasonCode"];

    /// <summary>The id the gateway gave the call.</summary>
    public string? RequestId => (string?)Content("request")?["id"];

    /// <summary>The client's own id.</summary>
    public string? GlobalId => (string?)Content("request")?["global_id"];

    public string? Method => (string?)Content("request")?["method"];

    public DateTimeOffset Time => DateTimeOffset.Parse((string)Event["eventTime"]!, CultureInfo.InvariantCulture);

    public string? RequestPath => (string?)Event["requestPath"];

    public JsonNode? Content(string attachment) =>
        Event["attachments"]!.AsArray().FirstOrDefault(one => (string?)one!["name"] == attachment)?["content"];

    public override string ToString() => Event.ToJsonString();
}

/// <summary>Reads a store beside the gateway that writes it, without the gateway's own code.</summary>
internal static class RecordedCalls
{
    private const byte LineFeed = (byte)'\n';

    private static ReadOnlySpan<byte> Intent => "\"typeURI\":\"gateway/audit/record\",\"content\":{\"kind\":\"intent\"}"u8;

    private static ReadOnlySpan<byte> Outcome => "\"typeURI\":\"gateway/audit/record\",\"content\":{\"kind\":\"outcome\","u8;

    public static IReadOnlyList<RecordedCall> All(string store) => Read(store, _ => true);

    public static IReadOnlyList<RecordedCall> Of(string store, string requestId)
    {
        var id = Encoding.UTF8.GetBytes(requestId);
        return [.. Read(store, line => line.IndexOf(id) >= 0).Where(record => record.RequestId == requestId)];
    }

    /// <summary>What was recorded after a record.</summary>
    public static IReadOnlyList<RecordedCall> After(string store, long sequence) => Read(store, line => SequenceOf(line) > sequence);

    /// <summary>The sequence of the newest record.</summary>
    public static long Last(string store)
    {
        var text = Text(store);
        while (true)
        {
            text = text[..^1];
            var line = text[(text.LastIndexOf(LineFeed) + 1)..];
            if (IsRecord(line)) return SequenceOf(line);
            text = text[..^line.Length];
        }
    }

    /// <summary>Calls that were forwarded and have no outcome yet.</summary>
    public static int Open(string store)
    {
        var text = Text(store);
        return text.Count(Intent) - text.Count(Outcome);
    }

    /// <summary>The lines that are complete; behind them may stand what is just being written.</summary>
    public static ReadOnlySpan<byte> Text(string store)
    {
        using var file = new FileStream(store, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var bytes = GC.AllocateUninitializedArray<byte>((int)file.Length);
        var text = bytes.AsSpan(0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        return text[..(text.LastIndexOf(LineFeed) + 1)];
    }

    private static List<RecordedCall> Read(string store, Func<ReadOnlySpan<byte>, bool> isWanted)
    {
        var text = Text(store);
        var records = new List<RecordedCall>();
        foreach (var range in text.Split(LineFeed))
        {
            var line = text[range];
            if (!IsRecord(line) || !isWanted(line)) continue;
            var record = JsonNode.Parse(line)!;
            records.Add(new RecordedCall((long)record["sequence"]!, record["event"]!));
        }

        return records;
    }

    /// <summary>Not the header, nor a head, nor the empty line before a block.</summary>
    private static bool IsRecord(ReadOnlySpan<byte> line) =>
        !line.IsEmpty && !line.StartsWith("{\"format\":"u8) && !line.StartsWith("{\"head\":"u8);

    private static long SequenceOf(ReadOnlySpan<byte> line)
    {
        var before = "{\"sequence\":"u8;
        return line.StartsWith(before) && Utf8Parser.TryParse(line[before.Length..], out long sequence, out _)
            ? sequence
            : throw new InvalidDataException($"no record: {Encoding.UTF8.GetString(line)}");
    }
}
