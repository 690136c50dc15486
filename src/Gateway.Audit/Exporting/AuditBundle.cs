using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Gateway.Audit;

/// <summary>What an export holds.</summary>
public sealed record BundleOptions
{
    /// <summary>The checkpoints that were published.</summary>
    public required IReadOnlyList<string> Checkpoints { get; init; }

    /// <summary>Folder of the signing keys: the one that signed the last checkpoint signs the bundle, the public halves go with it.</summary>
    public required string KeyDirectory { get; init; }

    /// <summary>The conditions that chose the events, as the one who asked wrote them; none: everything.</summary>
    public IReadOnlyList<string> Conditions { get; init; } = [];
}

/// <summary>What was written.</summary>
/// <param name="Events">How many events.</param>
/// <param name="Left">How many more met the filter but are newer than the last checkpoint.</param>
/// <param name="IsWhole">They are all records from the first to the last of them.</param>
/// <param name="MissingPolicies">Revisions that decided some of them and whose rules the record no longer has, or not yet below the checkpoint.</param>
public sealed record BundleSummary(string Path, long Events, long Left, bool IsWhole, Checkpoint Checkpoint, IReadOnlyList<string> MissingPolicies);

/// <summary>
/// One file that a reviewer can take away and verify without the gateway: events with the proof of each, the checkpoints, the rules that decided, the keys,
/// and a manifest of all of it, signed. A ZIP file; docs/audit-format.md describes every part.
/// </summary>
public static class AuditBundle
{
    internal const string Events = "events.jsonl";
    internal const string Proofs = "proofs.jsonl";
    internal const string Policies = "policies.jsonl";
    internal const string PolicyProofs = "policies.proofs.jsonl";
    internal const string Checkpoints = "checkpoints.txt";
    internal const string Keys = "keys.txt";
    internal const string Manifest = "manifest.json";
    internal const string Signature = "manifest.note";

    /// <summary>Writes a bundle of a store's records, up to the last checkpoint.</summary>
    /// <param name="selected">Which, in the order of their numbers.</param>
    /// <exception cref="AuditStoreException">The store does not hold, has no checkpoint, or there is no key to sign with.</exception>
    public static BundleSummary Write(AuditSource store, string path, IEnumerable<StoredAuditEvent> selected, BundleOptions options, TimeProvider time)
    {
        using var reading = store.OpenReading();
        return Write(reading, store.Name, selected, path, options, time);
    }

    internal static BundleSummary Write(StoreReading reading, string store, IEnumerable<StoredAuditEvent> selected, string path, BundleOptions options, TimeProvider time)
    {
        if (options.Checkpoints.Count == 0) throw new AuditStoreException($"{store}: no checkpoint was published, so that nothing could be proved: name the file with `--checkpoints`");
        var checkpoint = RecordProof.CheckpointOf(options.Checkpoints[^1]);
        if (!Directory.Exists(options.KeyDirectory)) throw new AuditStoreException($"{options.KeyDirectory}: no such folder: name the folder of the signing keys with `--keys`");
        var signer = CheckpointKeys.Signed(options.KeyDirectory, reading.Stream, checkpoint, SignedNote.Parse(options.Checkpoints[^1])).Signer;
        var range = reading.Range(checkpoint.Size);
        if (!range.Root(checkpoint.Size).AsSpan().SequenceEqual(checkpoint.Root.Span))
            throw new AuditStoreException($"{store}: its records are not those that checkpoint {checkpoint.Number} was signed for; verify the store");

        using (var file = new FileStream(path, FileMode.Create))
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create))
        {
            var writer = new PartWriter(zip);
            var (summary, revisions) = WriteEvents(writer, reading, range, selected, checkpoint, path);
            WritePolicies(writer, reading, range, checkpoint, revisions);
            writer.Add(Checkpoints, string.Concat(options.Checkpoints.Select(note => note + "\n")));
            writer.Add(Keys, string.Concat(CheckpointKeys.ReadPublic(options.KeyDirectory).Select(key => key + "\n")));
            var manifest = JsonSerializer.SerializeToUtf8Bytes(new
            {
                format = 1,
                stream = reading.Stream,
                created = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
                events = summary.Events,
                first = summary.First,
                last = summary.Last,
                whole = summary.IsWhole,
                checkpoint = checkpoint.Number,
                size = checkpoint.Size,
                conditions = options.Conditions,
                missing_policies = revisions.Order(StringComparer.Ordinal),
                files = writer.Digests,
            });
            writer.Add(Manifest, manifest);
            writer.Add(Signature, SignedNote.Sign(TextFor(reading.Stream, manifest), signer).ToString());
            return new BundleSummary(path, summary.Events, summary.Left, summary.IsWhole, checkpoint, [.. revisions.Order(StringComparer.Ordinal)]);
        }
    }

    /// <summary>The text that is signed for a manifest.</summary>
    internal static string TextFor(string stream, ReadOnlySpan<byte> manifest) =>
        $"{Checkpoint.OriginOf(stream)}/export\nmanifest sha256 {Convert.ToHexStringLower(SHA256.HashData(manifest))}\n";

    /// <summary>An event's line: its place in the chain, and its exact bytes as the value of the last member.</summary>
    internal static byte[] Line(long sequence, ReadOnlySpan<byte> previous, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> body) =>
        [.. Encoding.ASCII.GetBytes($"{{\"sequence\":{sequence},\"previous\":\"{Convert.ToHexStringLower(previous)}\",\"hash\":\"{Convert.ToHexStringLower(hash)}\",\"event\":"), .. body, (byte)'}', (byte)'\n'];

    private static (Selected Summary, HashSet<string> Revisions) WriteEvents(
        PartWriter writer, StoreReading reading, MerkleRange range, IEnumerable<StoredAuditEvent> selected, Checkpoint checkpoint, string path)
    {
        var summary = new Selected();
        var revisions = new HashSet<string>(StringComparer.Ordinal);
        var proofs = Path.GetTempFileName();
        try
        {
            using (var lines = new StreamWriter(proofs))
            using (var part = writer.Open(Events))
            {
                foreach (var stored in selected)
                {
                    if (stored.Sequence > checkpoint.Size)
                    {
                        summary.Left++;
                        continue;
                    }

                    part.Write(Line(stored.Sequence, stored.Previous.Span, stored.Hash.Span, stored.Bytes.Span));
                    lines.Write(ProofLine(range, stored.Sequence, checkpoint.Size));
                    if (stored.Event.Decision?.Revision is { } revision) revisions.Add(revision);
                    summary.Add(stored.Sequence);
                }
            }

            using var copy = writer.Open(Proofs);
            using var from = File.OpenRead(proofs);
            from.CopyTo(copy);
        }
        finally
        {
            File.Delete(proofs);
        }

        return (summary, revisions);
    }

    /// <summary>The rules of each revision, as the record keeps them, and the record itself with its proof. What is found is taken from the set.</summary>
    private static void WritePolicies(PartWriter writer, StoreReading reading, MerkleRange range, Checkpoint checkpoint, HashSet<string> revisions)
    {
        var (records, proofs) = (new List<byte>(), new StringBuilder());
        foreach (var row in revisions.Count == 0 ? [] : reading.Rows().TakeWhile(row => revisions.Count > 0 && row.Sequence <= checkpoint.Size))
        {
            if (row.Body.AsSpan().IndexOf("\"gateway/audit/policy\""u8) < 0 || PolicyIn(AuditJson.Parse(row.Body)) is not { } policy || !revisions.Remove(policy.Revision)) continue;
            writer.Add(PolicyName(policy.Revision), policy.Rules);
            records.AddRange(Line(row.Sequence, row.Previous, row.Hash, row.Body));
            proofs.Append(ProofLine(range, row.Sequence, checkpoint.Size));
        }

        writer.Add(Policies, [.. records]);
        writer.Add(PolicyProofs, proofs.ToString());
    }

    /// <summary>The revision that a record brings into force, and its rules; null when it is another record.</summary>
    internal static (string Revision, string Rules)? PolicyIn(AuditEvent e) =>
        e.Kind == AuditKind.Lifecycle && e.Attachments.FirstOrDefault(attachment => attachment.Name == "policy") is { } policy ? (e.Target.Id, policy.Content.ToString()) : null;

    internal static string PolicyName(string revision) => $"policies/{revision.Replace(':', '-')}.json";

    private static string ProofLine(MerkleRange range, long sequence, long size) =>
        JsonSerializer.Serialize(new { sequence, path = range.Inclusion(sequence, size).Select(Convert.ToBase64String) }) + "\n";

    private sealed class Selected
    {
        public long Events { get; private set; }

        public long Left { get; set; }

        public long First { get; private set; }

        public long Last { get; private set; }

        public bool IsWhole => Events > 0 && Last - First + 1 == Events;

        public void Add(long sequence)
        {
            if (Events++ == 0) First = sequence;
            Last = sequence;
        }
    }

    /// <summary>Writes the parts of the file and notes the digest of each.</summary>
    private sealed class PartWriter(ZipArchive zip)
    {
        public SortedDictionary<string, string> Digests { get; } = new(StringComparer.Ordinal);

        public void Add(string name, string text) => Add(name, Encoding.UTF8.GetBytes(text));

        public void Add(string name, byte[] bytes)
        {
            using var part = Open(name);
            part.Write(bytes);
        }

        public Stream Open(string name) => new Part(this, name, zip.CreateEntry(name, CompressionLevel.Fastest).Open());

        private sealed class Part(PartWriter owner, string name, Stream inner) : Stream
        {
            private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

            public override bool CanRead => false;

            public override bool CanSeek => false;

            public override bool CanWrite => true;

            public override long Length => throw new NotSupportedException();

            public override long Position
            {
                get => throw new NotSupportedException();
                set => throw new NotSupportedException();
            }

            public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

            public override void Write(ReadOnlySpan<byte> buffer)
            {
                _hash.AppendData(buffer);
                inner.Write(buffer);
            }

            public override void Flush() => inner.Flush();

            public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

            public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

            public override void SetLength(long value) => throw new NotSupportedException();

            protected override void Dispose(bool disposing)
            {
                if (disposing)
                {
                    owner.Digests[name] = Convert.ToHexStringLower(_hash.GetHashAndReset());
                    _hash.Dispose();
                    inner.Dispose();
                }

                base.Dispose(disposing);
            }
        }
    }
}
