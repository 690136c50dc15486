namespace Gateway.Audit;

/// <summary>A whole log as a chain of parts, opened for reading: a store with its sealed segments, or what else stands for one.</summary>
internal sealed class StoreReading : IDisposable
{
    private StoreReading(IReadOnlyList<IChainSource> parts) => Parts = parts;

    public IReadOnlyList<IChainSource> Parts { get; }

    public string Stream => Parts[0].Stream;

    /// <exception cref="AuditStoreException">A file cannot be read as an audit store at all.</exception>
    public static StoreReading Open(string path)
    {
        var parts = new List<IChainSource>();
        try
        {
            // The active segment first: sealed meanwhile, it is still this file.
            var active = Part(path);
            parts.Add(active);
            foreach (var segment in AuditSegments.Before(path, active.Base.Sequence))
                parts.Insert(parts.Count - 1, Part(segment.Path));
            return new StoreReading(parts);
        }
        catch
        {
            foreach (var part in parts) part.Dispose();
            throw;
        }
    }

    public static StoreReading Of(IChainSource source) => new([source]);

    /// <summary>One file.</summary>
    /// <exception cref="AuditStoreException">It cannot be read as an audit store at all.</exception>
    public static IChainSource Part(string path) => StoreKind.IsLines(path) ? LineSource.Open(path) : SegmentSource.Open(path);

    /// <summary>Every record in order.</summary>
    public IEnumerable<ChainRow> Rows() => Parts.SelectMany(part => part.Pages()).SelectMany(page => page);

    /// <summary>The chain's hash at a record, or where the first record begins; null when that is not there.</summary>
    public byte[]? HashAt(long sequence) => Parts[0].Base is var before && before.Sequence == sequence ? before.Hash : PartOf(sequence)?.At(sequence)?.Hash;

    /// <summary>The rows after a number, as they stand.</summary>
    public IEnumerable<StoredRow> After(long sequence) => Parts.SelectMany(part => part.After(sequence));

    /// <summary>The newest lifecycle record with this action and a lower number; null when there is none.</summary>
    public ChainRow? Newest(string action, long before) => Parts.Reverse().Select(part => part.Newest(action, before)).FirstOrDefault(row => row is not null);

    private IChainSource? PartOf(long sequence) => Parts.LastOrDefault(part => part.Base.Sequence < sequence);

    /// <summary>The hashes of the first <paramref name="size"/> records as far as they are there, ready for proofs.</summary>
    /// <exception cref="AuditStoreException">So many records are not there.</exception>
    public MerkleRange Range(long size)
    {
        var first = Parts[0].Base.Sequence;
        if (size < first) throw new AuditStoreException($"{Parts[0].Name}: the first {first} records were dropped; nothing can be proved about the first {size}");
        MerkleFrontier before;
        try
        {
            before = MerkleFrontier.Read(first, Parts[0].BasePeaks);
        }
        catch (FormatException e)
        {
            throw new AuditStoreException($"{Parts[0].Name}: the tree noted before the first record does not hold: {e.Message}; verify the store", e);
        }

        var range = new MerkleRange(before, Rows().TakeWhile(row => row.Sequence <= size && row.Hash.Length == MerkleTree.Size).Select(row => row.Hash));
        return range.Size == size ? range : throw new AuditStoreException($"{Parts[^1].Name}: {size} records are asked for, it has {range.Size}; verify the store");
    }

    public void Dispose()
    {
        foreach (var part in Parts) part.Dispose();
    }
}
