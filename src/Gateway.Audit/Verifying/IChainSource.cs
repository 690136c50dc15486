namespace Gateway.Audit;

/// <summary>Where a verification reads records from: a segment, a database, a bundle. It gives them as they stand and vouches for nothing.</summary>
internal interface IChainSource : IDisposable
{
    /// <summary>What messages call it.</summary>
    string Name { get; }

    string Stream { get; }

    /// <summary>What it says stands before its first record.</summary>
    ChainHead Base { get; }

    /// <summary>The peaks of the tree that it says stands before its first record.</summary>
    byte[] BasePeaks { get; }

    /// <summary>It is one part of a chain, and another follows.</summary>
    bool IsSealed { get; }

    /// <summary>The records in the order of their numbers, in pages.</summary>
    IEnumerable<IReadOnlyList<ChainRow>> Pages();

    /// <summary>
    /// The same, each examined by itself beside whoever follows the chain; a page is his until he asks for the next. After the last page, <see cref="End"/> says
    /// what should be the end.
    /// </summary>
    IEnumerable<ExaminedPage> Examined(CancellationToken ct);

    /// <summary>What it says its last record is; null when it does not say.</summary>
    ChainEnd? End { get; }

    /// <summary>The row with a number, as it stands.</summary>
    StoredRow? At(long sequence);

    /// <summary>The rows after a number, as they stand.</summary>
    IEnumerable<StoredRow> After(long sequence);

    /// <summary>The newest lifecycle record with this action and a lower number; null when there is none.</summary>
    ChainRow? Newest(string action, long before);

    /// <summary>What is wrong with the container rather than with a record, found before the records are read, and after.</summary>
    VerifyFinding? CheckBefore();

    /// <inheritdoc cref="CheckBefore"/>
    VerifyFinding? CheckAfter();
}

/// <summary>What a source says of its end.</summary>
/// <param name="Peaks">The peaks of the tree there; null when it does not say.</param>
/// <param name="OpenFloor">No intent before this number is open; null when it does not say.</param>
internal sealed record ChainEnd(ChainHead Head, byte[]? Peaks, long? OpenFloor);

/// <summary>A record as it stands.</summary>
/// <param name="Columns">What stands beside it for searching; null where there is nothing.</param>
internal sealed record ChainRow(long Sequence, byte[] Previous, byte[] Hash, byte[] Body, IStoredColumns? Columns)
{
    /// <summary>False when the three are not even of the kind and length that are stored.</summary>
    public bool IsWellFormed { get; init; } = true;
}
