using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Gateway.Audit;

/// <summary>Checks an exported bundle without the gateway and without its store, and names the first thing that is wrong.</summary>
public static class BundleVerifier
{
    /// <summary>Whether a file is a bundle rather than a store: it begins as ZIP files do.</summary>
    public static bool IsBundle(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[4];
        return file.ReadAtLeast(start, 4, throwOnEndOfStream: false) == 4 && start.SequenceEqual("PK\x03\x04"u8);
    }

    /// <param name="path">The bundle.</param>
    /// <param name="options">Keys that count, and more checkpoints to hold it to. Without keys, those of the bundle count, which proves only that it is of one piece: anybody may have made it.</param>
    /// <exception cref="AuditStoreException">The file cannot be read as a bundle at all.</exception>
    public static VerifyReport Verify(string path, VerifyOptions? options = null, CancellationToken ct = default)
    {
        options ??= new VerifyOptions();
        try
        {
            using var zip = ZipFile.OpenRead(path);
            return new Run(path, zip, options).Verify(ct);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException or JsonException or FormatException or KeyNotFoundException or InvalidOperationException or NotSupportedException)
        {
            throw new AuditStoreException($"{path}: cannot be read as a bundle: {e.Message}", e);
        }
    }

    private sealed class Run(string path, ZipArchive zip, VerifyOptions options)
    {
        private static readonly string[] Looked = [AuditBundle.Events, AuditBundle.Proofs];

        private string _stream = "";
        private long _count;
        private long _first = 1;
        private long _last;
        private byte[] _hash = Chain.Genesis;
        private int _checkpoints;
        private Checkpoint? _anchor;

        public VerifyReport Verify(CancellationToken ct)
        {
            var finding = Check(ct);
            return new VerifyReport(path, _stream, _count, _last, _hash, 0, finding)
            {
                First = _first,
                Place = path,
                Checkpoints = _checkpoints,
                LastCheckpoint = _anchor,
                IsHeldToKeys = options.Keys.Count > 0,
                Root = _anchor?.Root ?? default,
            };
        }

        private VerifyFinding? Check(CancellationToken ct)
        {
            // Which of two a reader takes is the reader's affair.
            if (zip.Entries.GroupBy(entry => entry.FullName, StringComparer.Ordinal).FirstOrDefault(name => name.Count() > 1) is { } twice)
                return new VerifyFinding(VerifyProblem.Inserted, Sequence: null, $"`{twice.Key}` stands in the bundle twice");
            var manifest = Bytes(AuditBundle.Manifest);
            using var document = JsonDocument.Parse(manifest);
            var root = document.RootElement;
            _stream = root.GetProperty("stream").GetString()!;
            if (!Chain.IsStream(_stream) || (options.Stream is { } expected && expected != _stream))
                return new VerifyFinding(VerifyProblem.WrongStream, Sequence: null, $"the bundle is of stream `{_stream}`{(options.Stream is null ? ", which is not a stream's name" : $", not `{options.Stream}`")}");

            if ((options.Keys.Count > 0 ? options.Keys : OwnKeys()) is not { Count: > 0 } keys)
                return new VerifyFinding(VerifyProblem.WrongKey, Sequence: null, $"`{AuditBundle.Keys}` does not hold keys");
            var (notes, rest) = CheckpointFile.Split(Text(AuditBundle.Checkpoints));
            if (rest.Length > 0) return new VerifyFinding(VerifyProblem.CheckpointUnreadable, Sequence: null, $"`{AuditBundle.Checkpoints}` holds something that is no checkpoint");
            if (PublishedCheckpoints.Check(_stream, notes, keys, out var finding) is not { } published) return finding;
            if (published.Last is not { } last) return new VerifyFinding(VerifyProblem.CheckpointMissing, Sequence: null, "the bundle has no checkpoint");
            (_checkpoints, _anchor) = (published.Count, last);
            if (options.Checkpoints.Count > 0 && !options.Checkpoints.Contains(notes[^1]))
                return new VerifyFinding(VerifyProblem.CheckpointMismatch, last.Size, $"checkpoint {last.Number} of the bundle is not among those that were published");
            return CheckManifest(root, manifest, published.Trust.Trusted, last) ?? CheckEvents(root, last, ct) ?? CheckPolicies(last);
        }

        private VerifyFinding? CheckManifest(JsonElement root, byte[] manifest, IReadOnlyList<NoteKey> counting, Checkpoint anchor)
        {
            SignedNote note;
            try
            {
                note = SignedNote.Parse(Text(AuditBundle.Signature));
            }
            catch (FormatException e)
            {
                return new VerifyFinding(VerifyProblem.WrongKey, Sequence: null, $"the manifest is not signed: {e.Message}");
            }

            if (note.Text != AuditBundle.TextFor(_stream, manifest)) return new VerifyFinding(VerifyProblem.Edited, Sequence: null, "the manifest is not the one that was signed");
            if (!note.IsSignedBy(counting)) return new VerifyFinding(VerifyProblem.WrongKey, Sequence: null, $"the manifest is not signed by a key that counts after checkpoint {anchor.Number}");

            var files = root.GetProperty("files").EnumerateObject().ToDictionary(file => file.Name, file => file.Value.GetString(), StringComparer.Ordinal);
            foreach (var extra in zip.Entries.Select(entry => entry.FullName).Where(name => name is not (AuditBundle.Manifest or AuditBundle.Signature) && !files.ContainsKey(name)))
                return new VerifyFinding(VerifyProblem.Inserted, Sequence: null, $"`{extra}` is not in the manifest");
            foreach (var (name, digest) in files)
            {
                if (zip.GetEntry(name) is not { } entry) return new VerifyFinding(VerifyProblem.Removed, Sequence: null, $"`{name}` is missing");
                // The events are looked at one by one, so that the one that was changed is named.
                if (Looked.Contains(name)) continue;
                using var part = entry.Open();
                if (Convert.ToHexStringLower(SHA256.HashData(part)) != digest) return new VerifyFinding(VerifyProblem.Edited, Sequence: null, $"`{name}` was edited");
            }

            return null;
        }

        private VerifyFinding? CheckEvents(JsonElement root, Checkpoint anchor, CancellationToken ct)
        {
            var chain = new Chain(_stream);
            var computed = new byte[Chain.HashSize];
            var whole = root.GetProperty("whole").GetBoolean();
            using var events = new StreamReader(Entry(AuditBundle.Events), Encoding.UTF8);
            using var proofs = new StreamReader(Entry(AuditBundle.Proofs), Encoding.UTF8);
            while (events.ReadLine() is { } line)
            {
                ct.ThrowIfCancellationRequested();
                var expected = _count == 0 ? root.GetProperty("first").GetInt64() : _last + 1;
                if (EventLine.Parse(line) is not { } e) return new VerifyFinding(VerifyProblem.Unreadable, expected, $"the line after event {_last} is not an event");
                if (e.Sequence <= _last) return new VerifyFinding(VerifyProblem.Reordered, e.Sequence, $"event {e.Sequence} stands after event {_last}");
                if (whole && e.Sequence != expected) return new VerifyFinding(VerifyProblem.Removed, expected, $"event {expected} was removed");
                chain.Link(e.Sequence, e.Previous, SHA256.HashData(e.Body), computed);
                if (!computed.AsSpan().SequenceEqual(e.Hash)) return new VerifyFinding(VerifyProblem.Edited, e.Sequence, $"event {e.Sequence} was edited: its bytes do not give its hash");
                if (e.Sequence == _last + 1 && _count > 0 && !e.Previous.AsSpan().SequenceEqual(_hash))
                    return new VerifyFinding(VerifyProblem.BrokenLink, e.Sequence, $"event {e.Sequence} does not follow event {_last}");
                if (PathOf(proofs.ReadLine(), e.Sequence) is not { } proof || !MerkleProof.IsIncluded(e.Hash, e.Sequence, anchor.Size, proof, anchor.Root.Span))
                    return new VerifyFinding(VerifyProblem.CheckpointMismatch, e.Sequence, $"event {e.Sequence} is not among the records that checkpoint {anchor.Number} was signed for");

                if (_count++ == 0) _first = e.Sequence;
                (_last, _hash) = (e.Sequence, e.Hash);
                if (_count % 5000 == 0) options.Progress?.Report(_count);
            }

            var promised = root.GetProperty("events").GetInt64();
            if (_count != promised) return new VerifyFinding(VerifyProblem.Truncated, _last + 1, $"the manifest promises {promised} events, there are {_count}");
            foreach (var name in Looked)
            {
                using var part = Entry(name);
                if (Convert.ToHexStringLower(SHA256.HashData(part)) != root.GetProperty("files").GetProperty(name).GetString())
                    return new VerifyFinding(VerifyProblem.Edited, Sequence: null, $"every event holds, but `{name}` is not as it was written: an event was taken out or its line respelt");
            }

            return null;
        }

        private static List<byte[]>? PathOf(string? line, long sequence)
        {
            try
            {
                using var proof = JsonDocument.Parse(line ?? "");
                return proof.RootElement.GetProperty("sequence").GetInt64() == sequence
                    ? [.. proof.RootElement.GetProperty("path").EnumerateArray().Select(hash => hash.GetBytesFromBase64())]
                    : null;
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                return null;
            }
        }

        /// <summary>The rules are those of a record that is proved as the events are.</summary>
        private VerifyFinding? CheckPolicies(Checkpoint anchor)
        {
            var (chain, computed, brought) = (new Chain(_stream), new byte[Chain.HashSize], new HashSet<string>(StringComparer.Ordinal));
            var proofs = Text(AuditBundle.PolicyProofs).Split('\n');
            var lines = Text(AuditBundle.Policies).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            for (var i = 0; i < lines.Length; i++)
            {
                if (EventLine.Parse(lines[i]) is not { } e || Policy(e) is not { } policy) return new VerifyFinding(VerifyProblem.Unreadable, Sequence: null, $"line {i + 1} of `{AuditBundle.Policies}` is no record of rules");
                chain.Link(e.Sequence, e.Previous, SHA256.HashData(e.Body), computed);
                if (!computed.AsSpan().SequenceEqual(e.Hash)) return new VerifyFinding(VerifyProblem.Edited, e.Sequence, $"record {e.Sequence} of the rules was edited: its bytes do not give its hash");
                if (PathOf(proofs.ElementAtOrDefault(i), e.Sequence) is not { } proof || !MerkleProof.IsIncluded(e.Hash, e.Sequence, anchor.Size, proof, anchor.Root.Span))
                    return new VerifyFinding(VerifyProblem.CheckpointMismatch, e.Sequence, $"record {e.Sequence} of the rules is not among the records that checkpoint {anchor.Number} was signed for");
                var name = AuditBundle.PolicyName(policy.Revision);
                if (!brought.Add(name) || zip.GetEntry(name) is null || Text(name) != policy.Rules)
                    return new VerifyFinding(VerifyProblem.Edited, e.Sequence, $"`{name}` is not what record {e.Sequence} says");
            }

            return zip.Entries.FirstOrDefault(entry => entry.FullName.StartsWith("policies/", StringComparison.Ordinal) && !brought.Contains(entry.FullName)) is { } unproved
                ? new VerifyFinding(VerifyProblem.Inserted, Sequence: null, $"`{unproved.FullName}` is in no record")
                : null;
        }

        private static (string Revision, string Rules)? Policy(EventLine e)
        {
            try
            {
                return AuditBundle.PolicyIn(AuditJson.Parse(e.Body));
            }
            catch (Exception fault) when (fault is JsonException or FormatException or InvalidOperationException)
            {
                return null;
            }
        }

        private List<NoteKey> OwnKeys()
        {
            try
            {
                return [.. Text(AuditBundle.Keys).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(NoteKey.Parse)];
            }
            catch (FormatException)
            {
                return [];
            }
        }

        private Stream Entry(string name) => (zip.GetEntry(name) ?? throw new InvalidDataException($"`{name}` is missing")).Open();

        private byte[] Bytes(string name)
        {
            using var part = Entry(name);
            using var bytes = new MemoryStream();
            part.CopyTo(bytes);
            return bytes.ToArray();
        }

        private string Text(string name) => Encoding.UTF8.GetString(Bytes(name));
    }
}

/// <summary>An event's line of a bundle, taken apart without touching the event's bytes.</summary>
internal sealed record EventLine(long Sequence, byte[] Previous, byte[] Hash, byte[] Body)
{
    private const string Before = ",\"event\":";

    public static EventLine? Parse(string line)
    {
        var at = line.IndexOf(Before, StringComparison.Ordinal);
        if (at < 0 || !line.EndsWith('}')) return null;
        try
        {
            using var head = JsonDocument.Parse(line[..at] + "}");
            var e = new EventLine(
                head.RootElement.GetProperty("sequence").GetInt64(),
                Convert.FromHexString(head.RootElement.GetProperty("previous").GetString()!),
                Convert.FromHexString(head.RootElement.GetProperty("hash").GetString()!),
                Encoding.UTF8.GetBytes(line[(at + Before.Length)..^1]));
            return e.Previous.Length == Chain.HashSize && e.Hash.Length == Chain.HashSize ? e : null;
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
