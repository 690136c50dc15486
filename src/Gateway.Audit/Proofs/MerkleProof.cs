namespace Gateway.Audit;

/// <summary>Checks proofs about a tree from roots alone (RFC 9162, 2.1.3.2 and 2.1.4.2).</summary>
public static class MerkleProof
{
    /// <summary>Whether a record is in the tree with this root.</summary>
    /// <param name="recordHash">The record's hash in its chain.</param>
    /// <param name="sequence">Its number, from 1.</param>
    public static bool IsIncluded(ReadOnlySpan<byte> recordHash, long sequence, long size, IReadOnlyList<byte[]> path, ReadOnlySpan<byte> root)
    {
        if (sequence < 1 || sequence > size) return false;
        var (node, last) = (sequence - 1, size - 1);
        var hash = MerkleTree.Leaf(recordHash);
        foreach (var sibling in path)
        {
            if (last == 0 || sibling.Length != MerkleTree.Size) return false;
            if ((node & 1) == 1 || node == last)
            {
                hash = MerkleTree.Node(sibling, hash);
                while ((node & 1) == 0 && node != 0) (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                hash = MerkleTree.Node(hash, sibling);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 && root.SequenceEqual(hash);
    }

    /// <summary>Whether the larger tree begins with the smaller one.</summary>
    public static bool IsConsistent(long from, ReadOnlySpan<byte> fromRoot, long to, ReadOnlySpan<byte> toRoot, IReadOnlyList<byte[]> path)
    {
        if (from < 1 || from > to || path.Any(hash => hash.Length != MerkleTree.Size)) return false;
        if (from == to) return path.Count == 0 && fromRoot.SequenceEqual(toRoot);
        var hashes = new Queue<byte[]>(path);
        if ((from & (from - 1)) == 0) hashes = new Queue<byte[]>([fromRoot.ToArray(), .. path]);
        var (node, last) = (from - 1, to - 1);
        while ((node & 1) == 1) (node, last) = (node >> 1, last >> 1);
        if (!hashes.TryDequeue(out var first)) return false;
        var (older, newer) = (first, first);
        foreach (var hash in hashes)
        {
            if (last == 0) return false;
            if ((node & 1) == 1 || node == last)
            {
                older = MerkleTree.Node(hash, older);
                newer = MerkleTree.Node(hash, newer);
                while ((node & 1) == 0 && node != 0) (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                newer = MerkleTree.Node(newer, hash);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 && fromRoot.SequenceEqual(older) && toRoot.SequenceEqual(newer);
    }
}
