namespace Gateway.Audit;

/// <summary>The thread that writes: takes what waits, chains it, commits it in one transaction, tells the callers.</summary>
/// <remarks>
/// One batch, in order:
/// <list type="number">
/// <item>check that the files are still where they were, and begin the transaction; a store that fails or hangs up to here has taken nothing;</item>
/// <item>take the batch; from now on its records may land;</item>
/// <item>chain and insert each record, move the head;</item>
/// <item>commit, and check again that the files are where they were. If either fails, the batch is in doubt: the store is opened anew, and its head says
/// whether the batch landed;</item>
/// <item>tell the callers. An intent whose caller had already given up is closed by a record of our own.</item>
/// </list>
/// </remarks>
internal sealed class AuditLogWriter
{
    private readonly AuditLogOptions _options;
    private readonly TimeProvider _time;
    private readonly AppendQueue _queue;
    private readonly RecordBufferPool _buffers;
    private readonly IAuditStoreOpener _opener;
    private readonly Chain _chain;
    private readonly OpenIntents _open = new();
    private readonly List<PendingAppend> _batch = [];
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The writer's thread alone uses these.
    private IAuditStore? _store;
    private ChainHead _head = ChainHead.Start;
    private MerkleFrontier _tree = MerkleFrontier.Empty;
    private Written? _inDoubt;

    // Written by the writer's thread (the failures by all), read by anyone.
    private volatile TreeHead _treeHead = new(ChainHead.Start, MerkleFrontier.Empty);
    private volatile string? _fault = "the log is not open yet";
    private long _sequence;
    private long _committed;
    private long _batches;
    private long _failed;
    private long _lastCommitTicks;
    private long _openFloor;
    private long _writingSince;
    private int _openIntents;
    private int _segments;

    public AuditLogWriter(AuditLogOptions options, TimeProvider time, AppendQueue queue, RecordBufferPool buffers, IAuditStoreOpener opener)
    {
        _options = options;
        _time = time;
        _queue = queue;
        _buffers = buffers;
        _opener = opener;
        _chain = new Chain(options.StreamId);
    }

    /// <summary>Ends when the thread has stored what it could and has let go of the store.</summary>
    public Task Finished => _finished.Task;

    public AuditLogStatus Status => StatusWith(_fault ?? Hang());

    private AuditLogStatus StatusWith(string? fault) => new(
        fault is null,
        fault,
        Interlocked.Read(ref _sequence),
        _queue.Count,
        Volatile.Read(ref _openIntents),
        Interlocked.Read(ref _committed),
        Interlocked.Read(ref _batches),
        Interlocked.Read(ref _failed),
        new TimeSpan(Interlocked.Read(ref _lastCommitTicks)),
        Interlocked.Read(ref _openFloor));

    /// <summary>Starts the thread; ends when the store is open and the intents left open are closed.</summary>
    public Task StartAsync()
    {
        new Thread(Run) { IsBackground = true, Name = "audit-writer" }.Start();
        return _started.Task;
    }

    /// <inheritdoc cref="AuditLog.TreeHead"/>
    public TreeHead TreeHead => _treeHead;

    /// <inheritdoc cref="AuditLog.OpenedTree"/>
    public MerkleFrontier OpenedTree { get; private set; } = MerkleFrontier.Empty;

    /// <inheritdoc cref="AuditLog.RecentIds"/>
    public IReadOnlySet<string> RecentIds { get; private set; } = new HashSet<string>(StringComparer.Ordinal);

    /// <inheritdoc cref="AuditLog.SegmentsBegun"/>
    public int SegmentsBegun => Volatile.Read(ref _segments);

    /// <inheritdoc cref="AuditLog.OpenReading"/>
    public StoreReading OpenReading() => _opener.OpenReading();

    public void CountFailure() => Interlocked.Increment(ref _failed);

    public void RetryIfFailed()
    {
        if (_fault is not null) _queue.Nudge();
    }

    /// <summary>A store that holds a batch for longer than an append may take has failed, whatever comes of it.</summary>
    private string? Hang() =>
        Volatile.Read(ref _writingSince) is > 0 and var since && _time.GetElapsedTime(since) is var held && held >= _options.Deadline
            ? $"{_options.Path}: the store has not answered for {held.TotalMilliseconds:0} ms"
            : null;

    private void Run()
    {
        try
        {
            OpenFirst();
            _started.SetResult();
            while (_queue.Wait(storeFailed: _store is null))
            {
                Volatile.Write(ref _writingSince, Math.Max(1, _time.GetTimestamp()));
                WriteBatch();
                Volatile.Write(ref _writingSince, 0);
            }

            Finish();
        }
        catch (Exception e) when (!_started.Task.IsCompleted)
        {
            _started.SetException(_opener.Explain(e));
        }
        catch (Exception e)
        {
            // The edge of the thread: a bug of ours. The log stays closed, and everybody is told.
            Unavailable($"the writer ended: {e.Message}");
            _queue.Close();
        }
        finally
        {
            foreach (var append in _queue.RemoveAll()) Fail(append, "the log is closed", mayLand: false);
            DropStore();
            _opener.Dispose();
            _fault ??= "the log is closed";
            _finished.SetResult();
        }
    }

    private void OpenFirst()
    {
        _store = _opener.Open();
        (_head, _tree) = (_store.Head, _store.Tree);
        _treeHead = new TreeHead(_head, _tree);
        Interlocked.Exchange(ref _sequence, _head.Sequence);
        _store.SetHolder(Holder());
        OpenedTree = _tree;
        RecentIds = _store.RecentIds(1000);
        var left = _store.FindOpenIntents();
        foreach (var (sequence, intent) in left) _open.Opened(intent.Id, sequence);

        var factory = new OwnRecords(_options.EffectiveObserver, _time);
        Own([factory.Opened(_options.StreamId, Holder(), left.Count), .. left.Where(intent => !_options.Concluded.Contains(intent.Event.Id)).Select(intent => factory.Unknown(intent.Event))]);
        _fault = null;
        while (_queue.Count > 0)
        {
            WriteBatch();
            if (_fault is { } fault) throw new AuditStoreException(fault);
        }
    }

    private void Finish()
    {
        var factory = new OwnRecords(_options.EffectiveObserver, _time);
        Own([factory.Closed(_options.StreamId, _open.Count)]);

        // A store that has failed gets this one chance to take what was kept for it.
        do WriteBatch();
        while (_fault is null && _queue.Count > 0);

        try
        {
            if (_fault is null) _store?.SetHolder(null);
        }
        catch (Exception e) when (_opener.IsFault(e))
        {
            // Only the note of who held it; the records are stored.
            StoreFailed(e);
        }
    }

    private void WriteBatch()
    {
        if (!EnsureStore()) return;
        var store = _store!;
        var took = _time.GetTimestamp();

        // 1.
        try
        {
            store.ThrowIfMoved();
            store.Begin();
        }
        catch (Exception e) when (_opener.IsFault(e))
        {
            StoreFailed(e);
            return;
        }

        // 2. Where the processor is busy, whoever is about to append comes first, so that more records share the sync; where it is not, this returns at once.
        Thread.Yield();
        _batch.Clear();
        _queue.Take(_batch, _options.MaxBatch);

        // 3.
        Written written;
        try
        {
            written = Insert(store);
            if (written.Records.Count == 0)
            {
                store.Rollback();
                _queue.Release();
                return;
            }
        }
        catch (Exception e) when (_opener.IsFault(e))
        {
            // Closing the connection rolls back; nothing of the batch is in the store.
            StoreFailed(e);
            NotLanded(_batch, e);
            return;
        }

        // 4.
        try
        {
            _options.BeforeCommit?.Invoke();
            store.Commit();
            store.ThrowIfMoved();
        }
        catch (Exception e) when (_opener.IsFault(e))
        {
            _inDoubt = written with { Doubt = e };
            StoreFailed(e);
            if (!EnsureStore() && _inDoubt is not null)
            {
                foreach (var (append, _) in written.Records) Fail(append, _opener.Explain(e).Message, mayLand: true);
                _queue.Release();
            }

            return;
        }

        // 5.
        Landed(written);
        Interlocked.Exchange(ref _lastCommitTicks, _time.GetElapsedTime(took).Ticks);
        Continue(store);
    }

    /// <summary>Goes on in a new segment when the store has become large.</summary>
    private void Continue(IAuditStore store)
    {
        try
        {
            if (_opener.Continue(store) is not { } next) return;
            _store = next;
            Interlocked.Increment(ref _segments);
            next.SetHolder(Holder());
        }
        catch (Exception e) when (_opener.IsFault(e))
        {
            StoreFailed(e);
        }
    }

    private Written Insert(IAuditStore store)
    {
        var records = new List<(PendingAppend Append, byte[] Hash)>(_batch.Count);
        var closing = new HashSet<string>(StringComparer.Ordinal);
        _batch.RemoveAll(append => Reject(append, closing));
        var previous = _head.Hash;
        var sequence = _head.Sequence;
        foreach (var append in _batch)
        {
            var hash = new byte[Chain.HashSize];
            _chain.Link(++sequence, previous, append.Buffer.Digest, hash);
            store.Insert(sequence, previous, hash, append.Buffer.Body, append.Columns);
            records.Add((append, hash));
            previous = hash;
        }

        var after = new ChainHead(sequence, previous);
        var tree = _tree.Append(records.Select(record => record.Hash));

        // The floor from before the batch is a lower bound after it too.
        if (records.Count > 0) store.MoveHead(_head, after, tree, _open.Floor(_head.Sequence));
        return new Written(records, after, tree);
    }

    /// <summary>Keeps out of the log what would contradict it: a second outcome, or one without its intent.</summary>
    private bool Reject(PendingAppend append, HashSet<string> closing)
    {
        if (append.Event.IntentId is not { } intent || (_open.Contains(intent) && closing.Add(intent))) return false;
        if (append.Fail(new InvalidOperationException($"event `{append.Event.Id}`: the intent `{intent}` is not open in this log"))) CountFailure();
        _buffers.Return(append.Buffer);
        return true;
    }

    private void Landed(Written written)
    {
        var sequence = written.After.Sequence - written.Records.Count;
        List<AuditEvent> late = [];
        (_head, _tree) = (written.After, written.Tree);
        _treeHead = new TreeHead(_head, _tree);
        Interlocked.Exchange(ref _sequence, _head.Sequence);
        Interlocked.Add(ref _committed, written.Records.Count);
        Interlocked.Increment(ref _batches);
        foreach (var (append, _) in written.Records)
        {
            sequence++;
            if (append.Event.Kind == AuditKind.Intent) _open.Opened(append.Event.Id, sequence);
            else if (append.Event.IntentId is { } intent) _open.Closed(intent);
        }

        Volatile.Write(ref _openIntents, _open.Count);
        Interlocked.Exchange(ref _openFloor, _open.Floor(_head.Sequence));
        _queue.Release();
        sequence = written.After.Sequence - written.Records.Count;
        foreach (var (append, hash) in written.Records)
        {
            _buffers.Return(append.Buffer);
            append.Settle(landed: true);
            if (!append.Succeed(new AuditReceipt(++sequence, hash)) && append is { Event.Kind: AuditKind.Intent, IsMoved: false }) late.Add(append.Event);
        }

        if (late.Count > 0) Own(late.Select(new OwnRecords(_options.EffectiveObserver, _time).Late));
    }

    /// <summary>None of these is in the store: what closes an intent waits for the store to come back, the rest fails.</summary>
    private void NotLanded(IEnumerable<PendingAppend> batch, Exception cause)
    {
        _queue.Release();
        var kept = new List<PendingAppend>();
        foreach (var append in batch)
        {
            if (append.IsKept)
            {
                kept.Add(append);
            }
            else
            {
                Fail(append, _opener.Explain(cause).Message, mayLand: false, cause);
                _buffers.Return(append.Buffer);
            }
        }

        _queue.AddOwn(kept);
    }

    private bool EnsureStore()
    {
        if (_store is not null) return true;
        IAuditStore? store = null;
        try
        {
            store = _opener.Reopen();
            Reconcile(store.Head);

            // A write, small as it is: a store that opens may be full or read-only still.
            store.SetHolder(Holder());
            _store = store;
            _fault = null;
            _options.StatusChanged?.Invoke(Status);
            return true;
        }
        catch (Exception e) when (_opener.IsFault(e))
        {
            store?.Dispose();
            StoreFailed(e);
            return false;
        }
    }

    /// <summary>The file has a head, we know ours: they are the same, or the batch in doubt lies between them.</summary>
    private void Reconcile(ChainHead stored)
    {
        if (_inDoubt is { } written && stored.Same(written.After))
        {
            _inDoubt = null;
            Landed(written);
        }
        else if (!stored.Same(_head))
        {
            throw new AuditStoreException($"{_options.Path}: the store ends at {stored}, this log at {_head}; put the right file back");
        }
        else if (_inDoubt is { } lost)
        {
            _inDoubt = null;
            NotLanded(lost.Records.Select(r => r.Append), lost.Doubt!);
        }
    }

    private void StoreFailed(Exception e)
    {
        DropStore();
        Unavailable(_opener.Explain(e).Message);
        foreach (var append in _queue.RemoveBounded())
        {
            Fail(append, _opener.Explain(e).Message, mayLand: false, e);
            _buffers.Return(append.Buffer);
        }
    }

    private void Unavailable(string fault)
    {
        var known = _fault == fault;
        _fault = fault;
        if (!known) _options.StatusChanged?.Invoke(Status);
    }

    private void DropStore()
    {
        _store?.Dispose();
        _store = null;
    }

    private void Fail(PendingAppend append, string why, bool mayLand, Exception? cause = null)
    {
        if (!mayLand) append.Settle(landed: false);
        if (append.Fail(new AuditUnavailableException($"the record was not stored: {why}", mayLand, cause) { Settled = mayLand ? append.Settled : null })) CountFailure();
    }

    private void Own(IEnumerable<AuditEvent> events)
    {
        _queue.AddOwn(events.Select(e =>
        {
            var buffer = _buffers.Rent();
            buffer.Fill(e);
            return new PendingAppend(e, buffer, _time.GetTimestamp());
        }).ToList());
    }

    private string Holder() =>
        $"gateway `{_options.StreamId}`, process {Environment.ProcessId} on `{Environment.MachineName}` since {_time.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss'Z'}";

    /// <param name="Records">What was inserted.</param>
    /// <param name="After">The head that the transaction leaves.</param>
    /// <param name="Tree">The tree that it leaves.</param>
    /// <param name="Doubt">Why nobody can tell whether it was committed.</param>
    private sealed record Written(IReadOnlyList<(PendingAppend Append, byte[] Hash)> Records, ChainHead After, MerkleFrontier Tree, Exception? Doubt = null);
}
