using Microsoft.Extensions.Time.Testing;

namespace Gateway.Audit.Tests.Lines;

/// <summary>A store of lines in a directory of its own, removed at the end.</summary>
internal sealed class LineDirectory : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("lines-").FullName;

    public LineDirectory()
    {
        Path = System.IO.Path.Combine(_directory, "audit.jsonl");
        Options = new AuditLogOptions { Path = Path, StreamId = "gw-1", Observer = Some.Observer() };
    }

    public string Path { get; }

    public AuditLogOptions Options { get; set; }

    /// <summary>Stands still unless a test moves it, so no deadline passes by itself.</summary>
    public FakeTimeProvider Time { get; } = new(Some.Time);

    /// <summary>What a crash left and a start put aside.</summary>
    public IReadOnlyList<string> Unfinished => Directory.GetFiles(_directory, "audit.jsonl.unfinished-*");

    public Task<AuditLog> OpenAsync() => AuditLog.OpenAsync(Options, Time, TestContext.Current.CancellationToken);

    /// <summary>Opens the store without a log, so that each block is a test's own.</summary>
    public BlockWriter Write() => new(Options, Time);

    public IReadOnlyList<StoredAuditEvent> ReadAll() => [.. AuditReader.Read(Path, new AuditFilter { Order = AuditOrder.OldestFirst })];

    public byte[] Bytes() => File.ReadAllBytes(Path);

    public VerifyReport Verify() => AuditVerifier.Verify(Path);

    public void AssertIntact(long records)
    {
        var report = Verify();
        Assert.Equal((null, records), (report.Finding?.Message, report.Records));
    }

    /// <summary>Puts a state of the file back, and nothing beside it.</summary>
    public void Restore(ReadOnlySpan<byte> bytes)
    {
        foreach (var unfinished in Unfinished) File.Delete(unfinished);
        File.WriteAllBytes(Path, bytes);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}

/// <summary>Appends to a store of lines block by block, as the writer's thread does.</summary>
internal sealed class BlockWriter : IDisposable
{
    private readonly LineStore _store;
    private readonly Chain _chain;
    private MerkleFrontier _tree;

    public BlockWriter(AuditLogOptions options, TimeProvider time)
    {
        _chain = new Chain(options.StreamId);
        _store = LineStore.OpenOrCreate(options, _chain, time);
        (Head, _tree) = (_store.Head, _store.Tree);
    }

    public ChainHead Head { get; private set; }

    public void SetHolder(string? holder) => _store.SetHolder(holder);

    public void Append(params AuditEvent[] events)
    {
        _store.ThrowIfMoved();
        _store.Begin();
        var (from, hash) = (Head, Head.Hash);
        var hashes = new List<byte[]>();
        foreach (var e in events)
        {
            var body = AuditJson.ToUtf8(e);
            var next = new byte[Chain.HashSize];
            _chain.Link(from.Sequence + hashes.Count + 1, hash, System.Security.Cryptography.SHA256.HashData(body), next);
            _store.Insert(from.Sequence + hashes.Count + 1, hash, next, body, RecordColumns.Of(e));
            hashes.Add(hash = next);
        }

        (Head, _tree) = (new ChainHead(from.Sequence + hashes.Count, hash), _tree.Append(hashes));
        _store.MoveHead(from, Head, _tree, openFloor: 1);
        _store.Commit();
    }

    public void Dispose() => _store.Dispose();
}

/// <summary>The lines of a file, read the plain way.</summary>
internal static class PlainLines
{
    /// <param name="At">Where it begins.</param>
    /// <param name="Text">Without its line feed.</param>
    /// <param name="IsWhole">It has one.</param>
    internal sealed record Line(int At, byte[] Text, bool IsWhole)
    {
        public int End => At + Text.Length + (IsWhole ? 1 : 0);

        public long? Number => LogLine.TryReadRecord(Text, out var record) ? record.Sequence : null;
    }

    public static List<Line> Of(byte[] bytes)
    {
        var lines = new List<Line>();
        for (var at = 0; at < bytes.Length;)
        {
            var feed = Array.IndexOf(bytes, (byte)'\n', at);
            lines.Add(new Line(at, bytes[at..(feed < 0 ? bytes.Length : feed)], feed >= 0));
            at = lines[^1].End;
        }

        return lines;
    }

    /// <summary>Where each block begins: its empty line.</summary>
    public static List<int> Blocks(byte[] bytes) => [.. Of(bytes).Where(line => line is { IsWhole: true, Text.Length: 0 }).Select(line => line.At)];
}
