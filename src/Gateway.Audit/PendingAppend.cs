namespace Gateway.Audit;

/// <summary>A record on its way to the store, and the caller who waits for it.</summary>
internal sealed class PendingAppend(AuditEvent e, RecordBuffer buffer, long enqueued)
{
    private const int Unknown = 0;
    private const int Landed = 1;
    private const int NotLanded = 2;

    private readonly TaskCompletionSource<AuditReceipt> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<bool>? _settled;
    private int _landed;

    public AuditEvent Event { get; } = e;

    public RecordBuffer Buffer { get; } = buffer;

    public RecordColumns Columns { get; } = RecordColumns.Of(e);

    /// <summary>When it was queued, as a timestamp of the log's clock.</summary>
    public long Enqueued { get; } = enqueued;

    /// <summary>It closes an intent: kept until it is written, whatever the store does.</summary>
    public bool IsKept => Event.Kind is AuditKind.Outcome or AuditKind.Recovery;

    /// <summary>It was durable elsewhere before: landing late, it is not closed as an intent that nobody acted on.</summary>
    public bool IsMoved { get; init; }

    public Task<AuditReceipt> Task => _completion.Task;

    /// <summary>Whether it landed, once that is known; for callers who were told only that it may.</summary>
    public Task<bool> Settled
    {
        get
        {
            // Made for the few who ask. Both sides write before they read, so that one of them completes it.
            var settled = Volatile.Read(ref _settled) ?? Interlocked.CompareExchange(ref _settled, new(TaskCreationOptions.RunContinuationsAsynchronously), null) ?? _settled;
            if (Volatile.Read(ref _landed) is var landed and not Unknown) settled.TrySetResult(landed == Landed);
            return settled.Task;
        }
    }

    /// <summary>Says whether it is in the log.</summary>
    public void Settle(bool landed)
    {
        Interlocked.Exchange(ref _landed, landed ? Landed : NotLanded);
        Volatile.Read(ref _settled)?.TrySetResult(landed);
    }

    /// <returns>False when the caller has been told before that it failed.</returns>
    public bool Succeed(AuditReceipt receipt) => _completion.TrySetResult(receipt);

    /// <returns>False when the caller knows already what became of it.</returns>
    public bool Fail(Exception error)
    {
        var first = _completion.TrySetException(error);

        // Records of the log's own have no caller; their errors are nobody's unobserved exceptions.
        _ = _completion.Task.Exception;
        return first;
    }
}
