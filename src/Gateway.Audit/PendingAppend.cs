namespace Gateway.Audit;

/// <summary>A record on its way to the store, and the caller who waits for it.</summary>
internal sealed class PendingAppend(AuditEvent e, RecordBuffer buffer, long enqueued)
{
    private readonly TaskCompletionSource<AuditReceipt> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AuditEvent Event { get; } = e;

    public RecordBuffer Buffer { get; } = buffer;

    public RecordColumns Columns { get; } = RecordColumns.Of(e);

    /// <summary>When it was queued, as a timestamp of the log's clock.</summary>
    public long Enqueued { get; } = enqueued;

    /// <summary>It closes an intent: kept until it is written, whatever the store does.</summary>
    public bool IsKept => Event.Kind is AuditKind.Outcome or AuditKind.Recovery;

    public Task<AuditReceipt> Task => _completion.Task;

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
