namespace Gateway.Audit;

/// <summary>The checkpoint that a gateway goes on from, and the key that signed it.</summary>
internal sealed record LastCheckpoint(Checkpoint Checkpoint, string Digest, int KeyNumber, NoteSigner Signer);

/// <summary>
/// What was published of a log before, held to the log: one that has fewer records, or others, was cut short, rewritten or rolled back, and is not gone on
/// with. What the record has and the file not yet, because a crash came between, is published now.
/// </summary>
internal static class CheckpointHistory
{
    /// <returns>Null when nothing was published yet.</returns>
    /// <exception cref="AuditStoreException">The log is not the one that was published, or the file or the keys are not.</exception>
    public static LastCheckpoint? Continue(AuditLog log, CheckpointerOptions options)
    {
        var notes = CheckpointFile.Read(options.File);
        var published = notes.Count > 0 ? RecordProof.CheckpointOf(notes[^1]) : null;
        if (published is not null) ThrowIfCut(log, options, published);

        using var reading = log.OpenReading();
        var recorded = Recorded(reading, published?.Number ?? 0);
        if (recorded.Count == 0 || recorded[0].Checkpoint.Number < published?.Number)
        {
            if (published is null)
            {
                // Before the first is recorded: a crash before it is published must not look like a file that was lost.
                CheckpointFile.Begin(options.File);
                return null;
            }

            throw new AuditStoreException(
                $"{options.File}: checkpoint {published.Number} was published, and {(recorded.Count == 0 ? "the record has none" : $"the record's last is {recorded[0].Checkpoint.Number}")}: "
                + "the records that follow it were cut off, or an old copy was put back; restore the store, or keep both as evidence and begin new ones");
        }

        if (!File.Exists(options.File))
        {
            throw new AuditStoreException(
                $"{options.File}: no such file, and the record has checkpoint {recorded[0].Checkpoint.Number}: put the file back. "
                + "If it is lost, verify the store with a copy from elsewhere, then make an empty file there: it is written anew from the record");
        }

        var last = recorded[0];
        var (number, signer) = CheckpointKeys.Signed(options.KeyDirectory, log.Stream, last.Checkpoint, last.Note);
        ThrowIfRewritten(reading, log, options, last);
        Publish(options, notes, [.. recorded.AsEnumerable().Reverse()]);
        return new LastCheckpoint(last.Checkpoint, last.Note.Digest, number, signer);
    }

    /// <summary>The checkpoints in the record, newest first, down to the one with this number or, if that is gone, to the oldest.</summary>
    private static List<Entry> Recorded(StoreReading reading, long downTo)
    {
        var found = new List<Entry>();
        for (var row = reading.Newest(LogActions.Checkpoint, long.MaxValue); row is not null; row = reading.Newest(LogActions.Checkpoint, row.Sequence))
        {
            var record = CheckpointRecord.Of(AuditJson.Parse(row.Body)) ?? throw new FormatException($"record {row.Sequence} should hold a checkpoint and does not");
            var note = SignedNote.Parse(record.Note);
            found.Add(new Entry(record, note, Checkpoint.Parse(note.Text)));
            if (found[^1].Checkpoint.Number <= downTo) break;
        }

        return found;
    }

    private static void ThrowIfCut(AuditLog log, CheckpointerOptions options, Checkpoint published)
    {
        if (published.Stream != log.Stream)
            throw new AuditStoreException($"{options.File}: holds the checkpoints of stream `{published.Stream}`, not of `{log.Stream}`; give each gateway a file of its own");
        if (published.Size > log.OpenedTree.Size)
        {
            throw new AuditStoreException(
                $"{options.File}: checkpoint {published.Number} was signed for {published.Size} records, the store has {log.OpenedTree.Size}: it was cut short, or an old copy was put back; "
                + "restore the store, or keep both as evidence and begin new ones");
        }
    }

    /// <summary>The chain must pass through the checkpoint's head, and its tree, continued by the records since, must be the log's.</summary>
    private static void ThrowIfRewritten(StoreReading reading, AuditLog log, CheckpointerOptions options, Entry last)
    {
        var (head, tree) = (log.TreeHead.Head, log.TreeHead.Tree);
        var checkpoint = last.Checkpoint;
        var then = MerkleFrontier.Read(checkpoint.Size, last.Record.Peaks);
        var hash = checkpoint.Size == 0 ? Chain.Genesis : reading.HashAt(checkpoint.Size) ?? [];
        var holds = then.Root.AsSpan().SequenceEqual(checkpoint.Root.Span) && checkpoint.Head.Span.SequenceEqual(hash);
        var (now, chain, sequence, computed) = (new MerkleFrontier.Builder(then), new Chain(log.Stream), checkpoint.Size, new byte[Chain.HashSize]);
        foreach (var row in holds ? reading.After(checkpoint.Size).TakeWhile(row => row.Sequence <= head.Sequence) : [])
        {
            if (row.Hash.Length != Chain.HashSize || row.Sequence != sequence + 1) break;
            chain.Link(row.Sequence, hash, row.Digest, computed);
            if (!computed.AsSpan().SequenceEqual(row.Hash)) break;
            now.Append(row.Hash);
            (sequence, hash) = (row.Sequence, row.Hash);
        }

        if (!holds || !now.ToFrontier().Same(tree))
        {
            throw new AuditStoreException(
                $"{options.File}: checkpoint {checkpoint.Number} was signed for other records than the store has: they were rewritten; verify the store, and restore it, or keep both as evidence and begin new ones");
        }
    }

    private static void Publish(CheckpointerOptions options, IReadOnlyList<string> notes, IReadOnlyList<Entry> recorded)
    {
        var (before, digest) = notes.Count > 0 ? (RecordProof.CheckpointOf(notes[^1]).Number, SignedNote.Parse(notes[^1]).Digest) : (0L, null);
        foreach (var entry in recorded)
        {
            var note = entry.Record.Note;
            var number = entry.Checkpoint.Number;
            if (notes.Count > 0 && number == before && note != notes[^1])
                throw new AuditStoreException($"{options.File}: checkpoint {number} is not the one that the record has: one of the two was replaced; verify the store, and restore it, or keep both as evidence and begin new ones");
            if (notes.Count > 0 && number <= before) continue;
            if (digest is not null && (number != before + 1 || entry.Checkpoint.Previous != digest))
                throw new AuditStoreException($"{options.File}: checkpoint {number}, which the record has, does not follow checkpoint {before}, the last that was published; verify the store, and restore it, or keep both as evidence and begin new ones");
            CheckpointFile.Append(options.File, note, -1);
            (before, digest) = (number, entry.Note.Digest);
        }
    }

    private sealed record Entry(CheckpointRecord Record, SignedNote Note, Checkpoint Checkpoint);
}
