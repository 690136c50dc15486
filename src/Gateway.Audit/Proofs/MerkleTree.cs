using System.Numerics;
using System.Security.Cryptography;

namespace Gateway.Audit;

/// <summary>The hashing of RFC 6962 and RFC 9162: a leaf is <c>SHA-256(0x00 ‖ record's hash)</c>, a node <c>SHA-256(0x01 ‖ left ‖ right)</c>.</summary>
internal static class MerkleTree
{
    public const int Size = SHA256.HashSizeInBytes;

    /// <summary>The root of no leaves: the hash of nothing.</summary>
    public static byte[] EmptyRoot { get; } = SHA256.HashData([]);

    public static byte[] Leaf(ReadOnlySpan<byte> recordHash)
    {
        var leaf = new byte[Size];
        Leaf(recordHash, leaf);
        return leaf;
    }

    public static void Leaf(ReadOnlySpan<byte> recordHash, Span<byte> leaf)
    {
        Span<byte> message = stackalloc byte[1 + Size];
        message[0] = 0;
        recordHash.CopyTo(message[1..]);
        Sha256.Hash(message, leaf);
    }

    public static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> message = stackalloc byte[1 + (2 * Size)];
        message[0] = 1;
        left.CopyTo(message[1..]);
        right.CopyTo(message[(1 + Size)..]);
        var node = new byte[Size];
        Sha256.Hash(message, node);
        return node;
    }

    /// <summary>The largest power of two below <paramref name="size"/>: where the tree of so many leaves splits.</summary>
    public static long Split(long size) => 1L << (63 - BitOperations.LeadingZeroCount((ulong)(size - 1)));
}

/// <summary>
/// The right edge of a tree: the roots of its perfect subtrees, largest first. Enough to append to the tree and to give its root; immutable.
/// </summary>
internal sealed class MerkleFrontier
{
    private readonly byte[][] _peaks;

    private MerkleFrontier(long size, byte[][] peaks)
    {
        Size = size;
        _peaks = peaks;
    }

    public static MerkleFrontier Empty { get; } = new(0, []);

    /// <summary>How many leaves the tree has.</summary>
    public long Size { get; }

    /// <summary>The subtrees' roots, one for each bit that is set in <see cref="Size"/>, from the highest.</summary>
    public IReadOnlyList<byte[]> Peaks => _peaks;

    public byte[] Root => _peaks.Length == 0 ? MerkleTree.EmptyRoot : _peaks[..^1].Reverse().Aggregate(_peaks[^1], (right, left) => MerkleTree.Node(left, right));

    /// <summary>The tree with more leaves.</summary>
    public MerkleFrontier Append(IEnumerable<byte[]> recordHashes)
    {
        var builder = new Builder(this);
        foreach (var hash in recordHashes) builder.Append(hash);
        return builder.ToFrontier();
    }

    /// <summary>The peaks, one after the other.</summary>
    public byte[] ToBytes() => [.. _peaks.SelectMany(peak => peak)];

    /// <exception cref="FormatException">So many bytes are not the peaks of a tree of this size.</exception>
    public static MerkleFrontier Read(long size, ReadOnlySpan<byte> peaks)
    {
        if (size < 0 || peaks.Length != BitOperations.PopCount((ulong)size) * MerkleTree.Size)
            throw new FormatException($"{peaks.Length} bytes are not the peaks of a tree of {size}");
        var read = new byte[peaks.Length / MerkleTree.Size][];
        for (var i = 0; i < read.Length; i++) read[i] = peaks.Slice(i * MerkleTree.Size, MerkleTree.Size).ToArray();
        return new MerkleFrontier(size, read);
    }

    public bool Same(MerkleFrontier other) => Size == other.Size && ToBytes().AsSpan().SequenceEqual(other.ToBytes());

    /// <summary>A frontier that grows in place. For one thread.</summary>
    internal sealed class Builder(MerkleFrontier from)
    {
        private readonly List<byte[]> _peaks = [.. from._peaks];

        public long Size { get; private set; } = from.Size;

        public void Append(ReadOnlySpan<byte> recordHash) => AppendLeaf(MerkleTree.Leaf(recordHash));

        public void AppendLeaf(byte[] node)
        {
            for (var size = Size; (size & 1) == 1; size >>= 1)
            {
                node = MerkleTree.Node(_peaks[^1], node);
                _peaks.RemoveAt(_peaks.Count - 1);
            }

            _peaks.Add(node);
            Size++;
        }

        public MerkleFrontier ToFrontier() => new(Size, [.. _peaks]);
    }
}
