namespace Gateway.Audit;

/// <summary>That a record is among those that a checkpoint was signed for.</summary>
/// <param name="Hash">The record's hash in its chain.</param>
/// <param name="Path">The audit path, from the leaf up.</param>
/// <param name="Note">The checkpoint, signed.</param>
public sealed record RecordProof(string Stream, long Sequence, byte[] Previous, byte[] Hash, byte[] Body, long Size, byte[] Root, IReadOnlyList<byte[]> Path, string Note)
{
    /// <summary>Proves a record of a store.</summary>
    /// <param name="store">The store.</param>
    /// <param name="sequence">The record.</param>
    /// <param name="notes">The published checkpoints; the newest that covers the record is used.</param>
    /// <exception cref="AuditStoreException">The store does not have it, no checkpoint covers it, or the store is not what was signed.</exception>
    public static RecordProof Of(AuditSource store, long sequence, IReadOnlyList<string> notes)
    {
        using var reading = store.OpenReading();
        return Of(reading, store.Name, sequence, notes);
    }

    private static RecordProof Of(StoreReading reading, string store, long sequence, IReadOnlyList<string> notes)
    {
        var row = reading.Rows().FirstOrDefault(row => row.Sequence == sequence) ?? throw new AuditStoreException($"{store}: no record {sequence}");
        if (notes.Count == 0) throw new AuditStoreException($"{store}: no checkpoint was published: name the file with `--checkpoints`");
        var note = notes[^1];
        var checkpoint = CheckpointOf(note);
        if (checkpoint.Size < sequence)
            throw new AuditStoreException($"{store}: record {sequence} is newer than the last checkpoint, which covers {checkpoint.Size}; ask again after the next");
        var range = reading.Range(checkpoint.Size);
        var proof = new RecordProof(reading.Stream, sequence, row.Previous, row.Hash, row.Body, checkpoint.Size, checkpoint.Root.ToArray(), range.Inclusion(sequence, checkpoint.Size), note);
        return proof.Holds ? proof : throw new AuditStoreException($"{store}: its records are not those that checkpoint {checkpoint.Number} was signed for; verify the store");
    }

    /// <summary>Whether the path leads from the record's bytes to the checkpoint's root.</summary>
    public bool Holds
    {
        get
        {
            var computed = new byte[Chain.HashSize];
            new Chain(Stream).Link(Sequence, Previous, System.Security.Cryptography.SHA256.HashData(Body), computed);
            return computed.AsSpan().SequenceEqual(Hash) && MerkleProof.IsIncluded(Hash, Sequence, Size, Path, Root);
        }
    }

    internal static Checkpoint CheckpointOf(string note) => Checkpoint.Parse(SignedNote.Parse(note).Text);
}

/// <summary>That the records of one checkpoint are the first of another's.</summary>
public sealed record ConsistencyProof(string Stream, Checkpoint From, Checkpoint To, IReadOnlyList<byte[]> Path)
{
    /// <summary>Proves it from a store.</summary>
    /// <param name="from">Number of the earlier checkpoint.</param>
    /// <param name="to">Number of the later one.</param>
    /// <exception cref="AuditStoreException">There is no such checkpoint, or the store is not what was signed.</exception>
    public static ConsistencyProof Of(AuditSource store, long from, long to, IReadOnlyList<string> notes)
    {
        using var reading = store.OpenReading();
        var checkpoints = notes.Select(RecordProof.CheckpointOf).ToDictionary(checkpoint => checkpoint.Number);
        Checkpoint Find(long number) => checkpoints.GetValueOrDefault(number)
            ?? throw new AuditStoreException($"{store.Name}: no checkpoint {number}: there are {(checkpoints.Count == 0 ? "none" : $"{checkpoints.Keys.Min()} to {checkpoints.Keys.Max()}")}");
        var (older, newer) = (Find(from), Find(to));
        if (older.Size == 0 || older.Size > newer.Size) throw new AuditStoreException($"{store.Name}: checkpoint {from} covers {older.Size} records, checkpoint {to} {newer.Size}: name an earlier and a later one");
        var first = reading.Parts[0].Base.Sequence;
        if (older.Size < first) throw new AuditStoreException($"{store.Name}: the first {first} records were dropped; nothing can be proved about the first {older.Size}");
        var path = reading.Range(newer.Size).Consistency(older.Size, newer.Size);
        return MerkleProof.IsConsistent(older.Size, older.Root.Span, newer.Size, newer.Root.Span, path)
            ? new ConsistencyProof(reading.Stream, older, newer, path)
            : throw new AuditStoreException($"{store.Name}: its records are not those that checkpoints {from} and {to} were signed for; verify the store");
    }
}
