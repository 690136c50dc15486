namespace Gateway.Audit;

/// <summary>
/// The tamper-evident log of one gateway. An append returns when its record is on the disk; one thread writes all of them, many to a transaction.
/// </summary>
/// <remarks>
/// What a failed append leaves behind, see <see cref="AuditUnavailableException.MayLand"/>: nothing, if the writer had not begun to store it. Otherwise
/// an intent that lands late is closed by a recovery record (outcome <c>failure</c>, code <c>late</c>), since the call it announced was not made;
/// an outcome is kept and stored as soon as the store answers. A process that ends before that leaves an open intent, which the next
/// <c>OpenAsync</c> closes as <c>unknown</c>.
/// </remarks>
public sealed class AuditLog : IAsyncDisposable
{
    private readonly AuditLogOptions _options;
    private readonly TimeProvider _time;
    private readonly AppendQueue _queue;
    private readonly AuditLogWriter _writer;
    private readonly RecordBufferPool _buffers;
    private readonly ITimer _sweep;
    private readonly ITimer _retry;
    private int _disposed;

    private AuditLog(AuditLogOptions options, TimeProvider time, IAuditStoreOpener opener)
    {
        _options = options;
        _time = time;
        _buffers = new RecordBufferPool();
        _queue = new AppendQueue(options.QueueCapacity, options.Deadline, time);
        _writer = new AuditLogWriter(options, time, _queue, _buffers, opener);
        _sweep = time.CreateTimer(_ => FailLate(), state: null, options.Deadline / 10, options.Deadline / 10);
        _retry = time.CreateTimer(_ => _writer.RetryIfFailed(), state: null, options.RetryInterval, options.RetryInterval);
    }

    public AuditLogStatus Status => _writer.Status;

    /// <summary>
    /// Opens the store or creates it, checks that its head holds, and closes the intents that an earlier process left open. All of that is durable when this returns.
    /// </summary>
    /// <exception cref="AuditStoreException">The file is not this stream's audit store, its head does not hold, it cannot be written, or another process writes it.</exception>
    public static async Task<AuditLog> OpenAsync(AuditLogOptions options, TimeProvider time, CancellationToken ct)
    {
        AuditLogOptions.ThrowIfInvalid(options);
        ct.ThrowIfCancellationRequested();
        return await OpenAsync(options, time, StoreKind.IsLines(options.Path) ? new LineStoreOpener(options, time) : new SqliteStoreOpener(options, time));
    }

    internal static async Task<AuditLog> OpenAsync(AuditLogOptions options, TimeProvider time, IAuditStoreOpener opener)
    {
        var log = new AuditLog(options, time, opener);
        try
        {
            await log._writer.StartAsync();
            return log;
        }
        catch
        {
            await log.StopTimersAsync();
            throw;
        }
    }

    /// <summary>How many new files it went on in since it was opened.</summary>
    public int SegmentsBegun => _writer.SegmentsBegun;

    /// <summary>Whether everything was stored and the store let go of. False while it is open, and for good when its store hung as it was closed.</summary>
    public bool HasEnded => _writer.Finished.IsCompleted;

    /// <summary>Name of the chain.</summary>
    public string Stream => _options.StreamId;

    /// <summary>Where the chain stands, and the tree over it: a state that is durable.</summary>
    internal TreeHead TreeHead => _writer.TreeHead;

    /// <summary>The tree as it stood in the store when the log was opened.</summary>
    internal MerkleFrontier OpenedTree => _writer.OpenedTree;

    /// <summary>Who the log's own records name.</summary>
    internal AuditObserver Observer => _options.EffectiveObserver;

    /// <summary>The ids of the newest thousand records when the log was opened.</summary>
    internal IReadOnlySet<string> RecentIds => _writer.RecentIds;

    /// <summary>Appends a record and returns when it is durable, with its place in the chain.</summary>
    /// <param name="e">The event: an intent, an outcome, a refusal or a lifecycle record, already without secrets.</param>
    /// <param name="ct">Looked at before the record is queued, and not after: what may be written is waited for, at most until the deadline.</param>
    /// <exception cref="AuditUnavailableException">The record is not durable: the store failed, too many wait, the deadline passed or the log is closed.</exception>
    /// <exception cref="ArgumentException">The event contradicts itself.</exception>
    /// <exception cref="InvalidOperationException">It is the outcome of an intent that is not open in this log.</exception>
    public ValueTask<AuditReceipt> AppendAsync(AuditEvent e, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return AppendAsync(e, isMoved: false);
    }

    /// <summary>Appends a record that was durable in a spool before: an intent that lands late was acted on, and is not closed for it.</summary>
    /// <inheritdoc cref="AppendAsync(AuditEvent, CancellationToken)"/>
    internal ValueTask<AuditReceipt> MoveAsync(AuditEvent e) => AppendAsync(e, isMoved: true);

    /// <summary>Opens what is durable for reading.</summary>
    /// <exception cref="AuditStoreException">It cannot be read.</exception>
    internal StoreReading OpenReading() => _writer.OpenReading();

    private ValueTask<AuditReceipt> AppendAsync(AuditEvent e, bool isMoved)
    {
        ThrowIfIncoherent(e);
        var buffer = _buffers.Rent();
        buffer.Fill(e);
        var append = new PendingAppend(e, buffer, _time.GetTimestamp()) { IsMoved = isMoved };
        if (_queue.TryAdd(append) is { } refusal)
        {
            _buffers.Return(buffer);
            _writer.CountFailure();
            throw new AuditUnavailableException($"{_options.Path}: the record was not stored: {refusal}", mayLand: false);
        }

        return new ValueTask<AuditReceipt>(append.Task);
    }

    /// <summary>Stores what is queued, records that the log was closed, and lets go of the file.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _queue.Close();
        try
        {
            await _writer.Finished.WaitAsync(_options.ShutdownTimeout, _time);
        }
        catch (TimeoutException)
        {
            // The store hangs. Its thread keeps the lock on the store, so nobody else writes while it may still land something.
            foreach (var append in _queue.RemoveAll())
                append.Fail(new AuditUnavailableException($"{_options.Path}: the log was closed while its store did not answer", mayLand: false));
        }

        await StopTimersAsync();
    }

    private static void ThrowIfIncoherent(AuditEvent e)
    {
        var problem = e switch
        {
            { Id: "" } => "an event needs an id",
            { Kind: AuditKind.Recovery } => "recovery records are the log's own to write",
            { Kind: AuditKind.Outcome, IntentId: null or "" } => "an outcome names its intent",
            { Kind: not AuditKind.Outcome, IntentId: not null } => "only an outcome names an intent",
            { Kind: AuditKind.Intent, Outcome: not AuditOutcome.Pending } => "an intent is `pending`",
            { Kind: not AuditKind.Intent, Outcome: AuditOutcome.Pending } => "only an intent is `pending`",
            _ => TakenName(e.Attachments) is { } taken ? $"the attachment name `{taken}` is taken" : null,
        };
        if (problem is not null) throw new ArgumentException($"event `{e.Id}`: {problem}", nameof(e));
    }

    private static string? TakenName(IReadOnlyList<AuditAttachment> attachments)
    {
        for (var i = 0; i < attachments.Count; i++)
            if (AuditAttachment.Reserved.Contains(attachments[i].Name)) return attachments[i].Name;
        return null;
    }

    private void FailLate()
    {
        var (withdrawn, doubtful) = _queue.Expire();
        foreach (var append in withdrawn)
        {
            _buffers.Return(append.Buffer);
            Fail(append, "the record was withdrawn", mayLand: false);
        }

        foreach (var append in doubtful)
            Fail(append, append.IsKept ? "the record is kept until it can be stored" : "if the record lands late, the log closes it", mayLand: true);
    }

    private void Fail(PendingAppend append, string consequence, bool mayLand)
    {
        var deadline = _options.Deadline.TotalMilliseconds;
        var error = new AuditUnavailableException($"{_options.Path}: not durable within {deadline:0} ms; {consequence}", mayLand) { Settled = mayLand ? append.Settled : null };
        if (append.Fail(error)) _writer.CountFailure();
    }

    private async ValueTask StopTimersAsync()
    {
        await _sweep.DisposeAsync();
        await _retry.DisposeAsync();
    }
}
