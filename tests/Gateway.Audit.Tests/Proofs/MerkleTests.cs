using System.Security.Cryptography;
using CsCheck;

namespace Gateway.Audit.Tests.Proofs;

/// <summary>The tree and its proofs, held to the definitions of RFC 6962 written down a second time.</summary>
public sealed class MerkleTests
{
    private static readonly byte[][] Hashes = [.. Enumerable.Range(0, 200).Select(i => SHA256.HashData(BitConverter.GetBytes(i)))];

    [Fact]
    public void The_known_roots_of_RFC_6962_come_out()
    {
        // Leaves as in the test vectors of Certificate Transparency, hashed as leaves here as there.
        byte[][] leaves = [[], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31]];
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Convert.ToHexStringLower(MerkleFrontier.Empty.Root));
        Assert.Equal("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", Convert.ToHexStringLower(SHA256.HashData([0, .. leaves[0]])));
        Assert.Equal(
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            Convert.ToHexStringLower(MerkleTree.Node(SHA256.HashData([0]), SHA256.HashData([0, 0x00]))));
    }

    [Fact]
    public void The_frontier_has_the_root_of_the_definition_at_every_size()
    {
        var frontier = MerkleFrontier.Empty;
        for (var size = 1; size <= Hashes.Length; size++)
        {
            frontier = frontier.Append([Hashes[size - 1]]);
            Assert.Equal(Definition(Hashes.AsSpan(0, size)), frontier.Root);
            Assert.True(frontier.Same(MerkleFrontier.Read(size, frontier.ToBytes())));
        }
    }

    [Fact]
    public void Every_inclusion_proof_holds_and_for_no_other_record() => Gen.Select(Gen.Int[1, 200], Gen.Int[1, 200], Gen.Int[0, 199]).Sample((a, b, before) =>
    {
        var (size, sequence) = (Math.Max(a, b), Math.Min(a, b));
        before = Math.Min(before, sequence - 1);
        var range = Range(before);
        var root = Definition(Hashes.AsSpan(0, size));
        var path = range.Inclusion(sequence, size);

        Assert.Equal(root, range.Root(size));
        Assert.True(MerkleProof.IsIncluded(Hashes[sequence - 1], sequence, size, path, root));
        Assert.False(MerkleProof.IsIncluded(Hashes[sequence % 200], sequence, size, path, root));
        if (size > 1) Assert.False(MerkleProof.IsIncluded(Hashes[sequence - 1], (sequence % size) + 1, size, path, root));
        Assert.False(MerkleProof.IsIncluded(Hashes[sequence - 1], sequence, size, [.. path, root], root));
    });

    [Fact]
    public void Every_consistency_proof_holds_and_for_no_other_tree() => Gen.Select(Gen.Int[1, 200], Gen.Int[1, 200], Gen.Int[0, 199]).Sample((a, b, before) =>
    {
        var (to, from) = (Math.Max(a, b), Math.Min(a, b));
        var range = Range(Math.Min(before, from));
        var (older, newer) = (Definition(Hashes.AsSpan(0, from)), Definition(Hashes.AsSpan(0, to)));
        var path = range.Consistency(from, to);

        Assert.True(MerkleProof.IsConsistent(from, older, to, newer, path));
        Assert.False(MerkleProof.IsConsistent(from, newer.Select(x => (byte)(x ^ 1)).ToArray(), to, newer, path));
        if (from < to) Assert.False(MerkleProof.IsConsistent(from, older, to, older, path));
        if (path.Count > 0) Assert.False(MerkleProof.IsConsistent(from, older, to, newer, [.. path.Skip(1)]));
    });

    [Fact]
    public void Says_what_it_cannot_prove()
    {
        var range = Range(before: 100);
        Assert.Contains("must lie between 101 and 150", Assert.Throws<ArgumentOutOfRangeException>(() => range.Inclusion(100, 150)).Message, StringComparison.Ordinal);
        Assert.Contains("must lie between 100 and 150", Assert.Throws<ArgumentOutOfRangeException>(() => range.Consistency(99, 150)).Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => MerkleFrontier.Read(3, new byte[32]));
    }

    private static MerkleRange Range(int before) =>
        new(MerkleFrontier.Empty.Append(Hashes[..before]), Hashes[before..]);

    private static byte[] Definition(ReadOnlySpan<byte[]> hashes)
    {
        if (hashes.Length == 1) return SHA256.HashData([0, .. hashes[0]]);
        var split = 1;
        while (split * 2 < hashes.Length) split *= 2;
        return SHA256.HashData([1, .. Definition(hashes[..split]), .. Definition(hashes[split..])]);
    }
}
