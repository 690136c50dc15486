namespace Gateway.Audit;

/// <summary>
/// Where a log's records are kept. One thread writes; a batch is <see cref="Begin"/>, an <see cref="Insert"/> for each record, <see cref="MoveHead"/>,
/// <see cref="Commit"/>. When <see cref="Commit"/> returns, the batch is durable; when it throws, nobody can tell until the store is opened anew.
/// </summary>
internal interface IAuditStore : IDisposable
{
    /// <summary>The last record when the store was opened.</summary>
    ChainHead Head { get; }

    /// <summary>The tree over the records up to there.</summary>
    MerkleFrontier Tree { get; }

    /// <summary>The ids of the newest records.</summary>
    HashSet<string> RecentIds(int count);

    /// <summary>The intents that nothing closes, oldest first, read from the records' bytes.</summary>
    IReadOnlyList<(long Sequence, AuditEvent Event)> FindOpenIntents();

    /// <summary>Notes who writes, for people; also how a store that opens is tried for whether it takes anything.</summary>
    void SetHolder(string? holder);

    /// <exception cref="AuditStoreException">The store is no longer where it was.</exception>
    void ThrowIfMoved();

    void Begin();

    void Insert(long sequence, ReadOnlySpan<byte> previous, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> body, in RecordColumns columns);

    /// <summary>Records the new head, provided that the old one is still what this writer left.</summary>
    void MoveHead(ChainHead from, ChainHead to, MerkleFrontier tree, long openFloor);

    void Commit();

    void Rollback();
}

/// <summary>Opens stores of one kind for one log, and explains their faults.</summary>
internal interface IAuditStoreOpener : IDisposable
{
    /// <summary>Opens the store for the first time, creating it if need be, and checks that its head holds.</summary>
    IAuditStore Open();

    /// <summary>Opens it again after a failure, if it is the same store still.</summary>
    IAuditStore Reopen();

    /// <summary>Goes on in a new segment if the store has become large; null when it goes on as it is.</summary>
    IAuditStore? Continue(IAuditStore store);

    /// <summary>Opens the whole log for reading, beside the writer.</summary>
    /// <exception cref="AuditStoreException">It cannot be read.</exception>
    StoreReading OpenReading();

    bool IsFault(Exception e);

    AuditStoreException Explain(Exception e);
}
