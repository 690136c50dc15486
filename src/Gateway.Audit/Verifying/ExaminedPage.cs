namespace Gateway.Audit;

/// <summary>Some records in the order of their numbers, each examined by itself; what is left is to follow the chain through them.</summary>
internal sealed class ExaminedPage(int capacity)
{
    private readonly long[] _sequences = new long[capacity];
    private readonly RecordVerdict[] _verdicts = new RecordVerdict[capacity];
    private readonly byte[] _previous = new byte[capacity * Chain.HashSize];
    private readonly byte[] _hashes = new byte[capacity * Chain.HashSize];
    private readonly byte[] _leaves = new byte[capacity * Chain.HashSize];

    public int Count { get; private set; }

    /// <summary>Why there are not more, when they could not be read.</summary>
    public Exception? Fault { get; set; }

    public long Sequence(int at) => _sequences[at];

    public ref readonly RecordVerdict Verdict(int at) => ref _verdicts[at];

    public ReadOnlySpan<byte> Previous(int at) => Part(_previous, at);

    public ReadOnlySpan<byte> Hash(int at) => Part(_hashes, at);

    /// <summary>Its leaf in the tree.</summary>
    public ReadOnlySpan<byte> Leaf(int at) => Part(_leaves, at);

    public void Add<T>(RecordExaminer examiner, long sequence, ReadOnlySpan<byte> previous, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> body, bool isWellFormed, T columns)
        where T : IStoredColumns
    {
        var at = Count++;
        _sequences[at] = sequence;
        if (!isWellFormed)
        {
            _verdicts[at] = default;
            return;
        }

        _verdicts[at] = examiner.Examine(sequence, previous, hash, body, columns);
        previous.CopyTo(Part(_previous, at));
        hash.CopyTo(Part(_hashes, at));
        MerkleTree.Leaf(hash, Part(_leaves, at));
    }

    public void Clear() => (Count, Fault) = (0, null);

    private static Span<byte> Part(byte[] all, int at) => all.AsSpan(at * Chain.HashSize, Chain.HashSize);
}
