namespace Gateway.Audit;

/// <summary>
/// The leaves of a tree from some number on, and of those before it only the peaks: enough for every proof about the leaves that are there.
/// </summary>
internal sealed class MerkleRange
{
    // Below this size a subtree is hashed again rather than remembered.
    private const long Remembered = 64;

    private readonly MerkleFrontier _before;
    private readonly Dictionary<(long Start, long End), byte[]> _known = [];
    // In blocks: one array ends at 67 million hashes.
    private const int Block = 1 << 16;

    private readonly List<byte[]> _blocks = [];
    private readonly long _count;

    /// <param name="before">The tree of the leaves that are not there.</param>
    /// <param name="recordHashes">The hashes of the records after it.</param>
    public MerkleRange(MerkleFrontier before, IEnumerable<byte[]> recordHashes)
    {
        _before = before;
        foreach (var hash in recordHashes)
        {
            if (_count % Block == 0) _blocks.Add(new byte[Block * MerkleTree.Size]);
            hash.CopyTo(_blocks[^1], (int)(_count++ % Block) * MerkleTree.Size);
        }

        var start = 0L;
        foreach (var (peak, length) in before.Peaks.Zip(Lengths(before.Size)))
        {
            _known[(start, start + length)] = peak;
            start += length;
        }
    }

    /// <summary>How many leaves the tree has in all.</summary>
    public long Size => _before.Size + _count;

    /// <summary>The root of the first <paramref name="size"/> leaves.</summary>
    public byte[] Root(long size) => size == 0 ? MerkleTree.EmptyRoot : Hash(0, size);

    /// <summary>The audit path of a record in the tree of the first <paramref name="size"/> (RFC 6962, 2.1.1).</summary>
    /// <param name="sequence">The record's number, from 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The record is not among those leaves.</exception>
    public IReadOnlyList<byte[]> Inclusion(long sequence, long size)
    {
        if (sequence <= _before.Size || sequence > size || size > Size)
            throw new ArgumentOutOfRangeException(nameof(sequence), sequence, $"must lie between {_before.Size + 1} and {size}, the tree having {Size} leaves");
        var path = new List<byte[]>();
        AddPath(sequence - 1, 0, size, path);
        return path;
    }

    /// <summary>The proof that the tree of <paramref name="to"/> leaves continues that of <paramref name="from"/> (RFC 6962, 2.1.2).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The sizes are not in order, or the smaller tree's records are no longer there.</exception>
    public IReadOnlyList<byte[]> Consistency(long from, long to)
    {
        if (from < Math.Max(1, _before.Size) || from > to || to > Size)
            throw new ArgumentOutOfRangeException(nameof(from), from, $"must lie between {Math.Max(1, _before.Size)} and {to}, the tree having {Size} leaves");
        var path = new List<byte[]>();
        if (from < to) AddSubproof(from, 0, to, whole: true, path);
        return path;
    }

    private void AddPath(long index, long start, long end, List<byte[]> path)
    {
        if (end - start == 1) return;
        var middle = start + MerkleTree.Split(end - start);
        if (index < middle)
        {
            AddPath(index, start, middle, path);
            path.Add(Hash(middle, end));
        }
        else
        {
            AddPath(index, middle, end, path);
            path.Add(Hash(start, middle));
        }
    }

    private void AddSubproof(long from, long start, long end, bool whole, List<byte[]> path)
    {
        if (from == end)
        {
            if (!whole) path.Add(Hash(start, end));
            return;
        }

        var middle = start + MerkleTree.Split(end - start);
        if (from <= middle)
        {
            AddSubproof(from, start, middle, whole, path);
            path.Add(Hash(middle, end));
        }
        else
        {
            AddSubproof(from, middle, end, whole: false, path);
            path.Add(Hash(start, middle));
        }
    }

    private byte[] Hash(long start, long end)
    {
        if (_known.TryGetValue((start, end), out var known)) return known;
        if (end - start == 1)
        {
            if (start < _before.Size) throw new InvalidOperationException($"leaf {start + 1} is not there");
            var at = start - _before.Size;
            return MerkleTree.Leaf(_blocks[(int)(at / Block)].AsSpan((int)(at % Block) * MerkleTree.Size, MerkleTree.Size));
        }

        var middle = start + MerkleTree.Split(end - start);
        var hash = MerkleTree.Node(Hash(start, middle), Hash(middle, end));
        if (end - start >= Remembered) _known[(start, end)] = hash;
        return hash;
    }

    private static IEnumerable<long> Lengths(long size)
    {
        for (var bit = 1L << 62; bit > 0; bit >>= 1)
            if ((size & bit) != 0) yield return bit;
    }
}
