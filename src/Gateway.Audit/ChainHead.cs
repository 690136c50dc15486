namespace Gateway.Audit;

/// <summary>The last record of a chain: its number and its hash. Before the first record: 0 and 32 zero bytes.</summary>
internal sealed record ChainHead(long Sequence, byte[] Hash)
{
    public static ChainHead Start { get; } = new(0, Chain.Genesis);

    public bool Same(ChainHead other) => Sequence == other.Sequence && Hash.AsSpan().SequenceEqual(other.Hash);

    public override string ToString() => $"{Sequence}:{Convert.ToHexStringLower(Hash)[..12]}";
}

/// <summary>A chain's head and the tree over the chain, at one moment.</summary>
internal sealed record TreeHead(ChainHead Head, MerkleFrontier Tree);
