namespace Gateway.Audit;

/// <summary>
/// What waits for the writer's thread. Callers add, the writer takes, a timer fails what has waited too long.
/// Records that close an intent go first and are never dropped; the rest is bounded, and withdrawn when its deadline passes.
/// </summary>
/// <remarks>
/// Nobody waits for a record that closes an intent, so it wakes nobody: it goes with the next batch that somebody waits for, or after
/// <see cref="Patience"/>. Where calls come one after the other, that is one commit for a call instead of two.
/// </remarks>
internal sealed class AppendQueue(int capacity, TimeSpan deadline, TimeProvider time)
{
    /// <summary>So many of them do not wait any longer.</summary>
    private const int Many = 128;

    /// <summary>How long a record that nobody waits for may wait for company.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(5);

    // Guards every field below. Nothing that waits or calls out happens under it, so callers hold it for nanoseconds.
    private readonly object _gate = new();
    private readonly Queue<PendingAppend> _kept = new();
    private readonly Queue<PendingAppend> _bounded = new();
    private readonly List<PendingAppend> _taken = [];
    private bool _closed;
    private bool _nudged;
    private bool _isUrgent;
    private bool _sleeps;

    public int Count
    {
        get
        {
            lock (_gate) return _kept.Count + _bounded.Count + _taken.Count;
        }
    }

    /// <returns>Null, or why it was not added.</returns>
    public string? TryAdd(PendingAppend append)
    {
        lock (_gate)
        {
            if (_closed) return "the log is closed";
            if (!append.IsKept && _bounded.Count >= capacity) return $"{capacity} appends wait already";
            (append.IsKept ? _kept : _bounded).Enqueue(append);
            if (append is { IsKept: true, IsMoved: false })
            {
                if (_sleeps || _kept.Count >= Many) Monitor.Pulse(_gate);
                return null;
            }

            _isUrgent |= append.IsKept;
            Monitor.Pulse(_gate);
            return null;
        }
    }

    /// <summary>Queues records of the log's own, also while it closes.</summary>
    public void AddOwn(IEnumerable<PendingAppend> appends)
    {
        lock (_gate)
        {
            foreach (var append in appends) _kept.Enqueue(append);
            _isUrgent = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>
    /// Waits until there is something to do. With <paramref name="storeFailed"/>, kept records are no reason to wake: they wait for
    /// <see cref="Nudge"/>, so that a failed store is not tried in a tight loop.
    /// </summary>
    /// <returns>False when the queue is closed and, unless the store failed, empty.</returns>
    public bool Wait(bool storeFailed)
    {
        // By the time that passes here, not by the log's clock: a clock that stands still would keep them for ever.
        var (isLate, isIdle) = (false, false);
        lock (_gate)
        {
            while (true)
            {
                if (_bounded.Count > 0 || (storeFailed ? _nudged : _kept.Count > 0 && (isLate || _isUrgent || _closed || _kept.Count >= Many)))
                {
                    (_nudged, _isUrgent) = (false, false);
                    return true;
                }

                if (_closed) return false;
                if (storeFailed)
                {
                    Monitor.Wait(_gate);
                }
                else if (isIdle && _kept.Count == 0)
                {
                    _sleeps = true;
                    Monitor.Wait(_gate);
                    _sleeps = false;
                }
                else if (!Monitor.Wait(_gate, Patience))
                {
                    // What came meanwhile woke nobody, and has waited for as long at the most.
                    (isLate, isIdle) = (_kept.Count > 0, _kept.Count == 0);
                }
            }
        }
    }

    /// <summary>Wakes the writer to try a failed store again.</summary>
    public void Nudge()
    {
        lock (_gate)
        {
            _nudged = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Takes the next batch. From here on its records may land even if their deadline passes.</summary>
    public void Take(List<PendingAppend> batch, int max)
    {
        lock (_gate)
        {
            while (batch.Count < max && _kept.TryDequeue(out var kept)) batch.Add(kept);
            while (batch.Count < max && _bounded.TryDequeue(out var append)) batch.Add(append);
            _taken.AddRange(batch);
        }
    }

    /// <summary>The batch is settled, or out of anyone's hands.</summary>
    public void Release()
    {
        lock (_gate) _taken.Clear();
    }

    /// <summary>Everything bounded that waits, to be failed.</summary>
    public List<PendingAppend> RemoveBounded()
    {
        lock (_gate)
        {
            var removed = _bounded.ToList();
            _bounded.Clear();
            return removed;
        }
    }

    public List<PendingAppend> RemoveAll()
    {
        lock (_gate)
        {
            var removed = _kept.Concat(_bounded).ToList();
            _kept.Clear();
            _bounded.Clear();
            return removed;
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Fails what has waited longer than the deadline.</summary>
    /// <returns>The records that are withdrawn, and those that may still land.</returns>
    public (List<PendingAppend> Withdrawn, List<PendingAppend> Doubtful) Expire()
    {
        List<PendingAppend> withdrawn = [];
        List<PendingAppend> doubtful = [];
        var now = time.GetTimestamp();
        bool IsLate(PendingAppend a) => time.GetElapsedTime(a.Enqueued, now) >= deadline;
        lock (_gate)
        {
            while (_bounded.TryPeek(out var first) && IsLate(first)) withdrawn.Add(_bounded.Dequeue());
            doubtful.AddRange(_taken.Concat(_kept).Where(a => !a.Task.IsCompleted && IsLate(a)));
        }

        return (withdrawn, doubtful);
    }
}
