namespace Gateway.Audit;

/// <summary>Some records in the order of their numbers, each examined by itself; what is left is to follow the chain through them.</summary>
internal sealed class ExaminedPage(int capacity)
{
    /// <summary>Stands for the number of a record that cannot be read any more.</summary>
    public const long UnknownNumber = -1;

    private readonly List<(int At, ChainEnd Head)> _heads = [];
    private long[] _sequences = new long[capacity];
    private RecordVerdict[] _verdicts = new RecordVerdict[capacity];
    private byte[] _previous = new byte[capacity * Chain.HashSize];
    private byte[] _hashes = new byte[capacity * Chain.HashSize];
    private byte[] _leaves = new byte[capacity * Chain.HashSize];

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
        if (Count == _sequences.Length) Grow();
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

    /// <summary>What is said between the records about the place where it is said.</summary>
    public IReadOnlyList<(int At, ChainEnd Head)> Heads => _heads;

    public void Add(ChainEnd head) => _heads.Add((Count, head));

    public void Clear()
    {
        (Count, Fault) = (0, null);
        _heads.Clear();
    }

    private void Grow()
    {
        var size = _sequences.Length * 2;
        Array.Resize(ref _sequences, size);
        Array.Resize(ref _verdicts, size);
        Array.Resize(ref _previous, size * Chain.HashSize);
        Array.Resize(ref _hashes, size * Chain.HashSize);
        Array.Resize(ref _leaves, size * Chain.HashSize);
    }

    private static Span<byte> Part(byte[] all, int at) => all.AsSpan(at * Chain.HashSize, Chain.HashSize);
}
