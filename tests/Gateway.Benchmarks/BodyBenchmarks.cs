using System.Text;
using BenchmarkDotNet.Attributes;
using Gateway.Actions;
using Gateway.FrontDoor;

namespace Gateway.Benchmarks;

/// <summary>Reading a body into the action it asks for: the scan, the one meaning, the schema of its microversion.</summary>
public class BodyBenchmarks
{
    private readonly OperationMatch _match =
        ApiCatalogue.LoadEmbedded().Match("POST", "/v2.1/servers/11111111-2222-3333-4444-555555555555/action")!;

    private readonly byte[] _backup = Encoding.UTF8.GetBytes("""{"createBackup": {"name": "monday", "backup_type": "daily", "rotation": 2}}""");
    private readonly byte[] _manyKeys = Encoding.UTF8.GetBytes($"{{\"migrate\": {{{string.Join(',', Enumerable.Range(0, 6000).Select(i => $"\"key-{i:D5}\":1"))}}}}}");
    private readonly byte[] _largest = Largest();
    private readonly byte[] _metadata = MetadataOf("\"short\"");
    private readonly byte[] _badMetadata = MetadataOf("7");

    [Benchmark(Description = "createBackup")]
    public bool Backup() => Read(_backup);

    [Benchmark(Description = "6,000 keys, refused")]
    public bool ManyKeys() => Read(_manyKeys);

    [Benchmark(Description = "112 KiB of nested objects, escapes and 1,020 keys, accepted")]
    public bool LargestBody() => Read(_largest);

    [Benchmark(Description = "112 KiB of metadata, 1,000 keys, held to a schema, accepted")]
    public bool Metadata() => Read(_metadata);

    [Benchmark(Description = "… refused at its last value")]
    public bool BadMetadata() => Read(_badMetadata);

    private bool Read(byte[] body)
    {
        var reading = ActionReader.Read(_match, body, new Microversion(2, 1));
        using var document = reading.Action?.Document;
        return reading.Succeeded;
    }

    /// <summary>A value that any action takes, as large as a body may be, and as laborious: deep, escaped throughout, as many keys as are allowed.</summary>
    private static byte[] Largest()
    {
        const int Keys = 1_023 - 30;
        var value = new StringBuilder();
        for (var depth = 0; depth < 30; depth++) value.Append("{\"n\":");
        var each = (RequestInspector.LargestBody - 400) / Keys;
        value.Append('{');
        for (var i = 0; i < Keys; i++)
        {
            var escapes = (each - 16) / 6;
            value.Append(i == 0 ? "" : ",").Append($"\"\\u006bey{i:D4}\":\"").Insert(value.Length, "\\u00e9", escapes).Append('"');
        }

        value.Append('}').Append('}', 30);
        return Encoding.UTF8.GetBytes($"{{\"migrate\": {value}}}");
    }

    /// <summary>A backup with as much metadata as a body may hold: each name is held to a pattern, each value to a length.</summary>
    private static byte[] MetadataOf(string last)
    {
        const int Keys = 1_000;
        var value = new string('v', ((RequestInspector.LargestBody - 300) / Keys) - 16);
        var members = Enumerable.Range(0, Keys - 1).Select(i => $"\"key-{i:D4}\":\"{value}\"").Append($"\"last\":{last}");
        return Encoding.UTF8.GetBytes($"{{\"createBackup\": {{\"name\": \"b\", \"backup_type\": \"daily\", \"rotation\": 1, \"metadata\": {{{string.Join(',', members)}}}}}}}");
    }
}
