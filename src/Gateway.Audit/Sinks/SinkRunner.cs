namespace Gateway.Audit;

/// <summary>How a <see cref="SinkRunner"/> works.</summary>
public sealed record SinkRunnerOptions
{
    /// <summary>What the operator calls the sink.</summary>
    public required string Name { get; init; }

    /// <summary>The log's stream.</summary>
    public required string Stream { get; init; }

    /// <summary>The file that notes where the sink stands.</summary>
    public required string CursorFile { get; init; }

    public SinkFilter Filter { get; init; } = new();

    /// <summary>Most records in one sending.</summary>
    public int BatchSize { get; init; } = 500;

    /// <summary>Told once of what somebody should know. Must neither block nor throw.</summary>
    public Action<SinkNotice>? Notify { get; init; }
}

/// <summary>Something to be said of a sink.</summary>
/// <param name="IsProblem">False when it is that a problem is over.</param>
public sealed record SinkNotice(string Sink, bool IsProblem, string Text);

/// <summary>A sink's condition at one moment.</summary>
/// <param name="Delivered">The last record that it has, or that its filter passed over.</param>
/// <param name="Lag">How many records it has not.</param>
/// <param name="Fault">Why it takes nothing at this time; null when it does.</param>
/// <param name="IsStopped">It is not tried again before the next start.</param>
/// <param name="Failures">How many sendings have failed.</param>
/// <param name="Missed">How many records were dropped from the store before it had them.</param>
public sealed record SinkStatus(string Name, long Delivered, long Lag, string? Fault, bool IsStopped, long Failures, long Missed);

/// <summary>
/// Sends a log's records to one sink, in their order, from where the sink stood, beside everything else. What fails is tried again, later each time, for as long
/// as it takes.
/// </summary>
/// <remarks>INVARIANT: the cursor is written after the sink has the records, so that a crash in between repeats some and leaves out none.</remarks>
public sealed class SinkRunner : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan SettleAfter = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly IAuditSink _sink;
    private readonly SinkRunnerOptions _options;
    private readonly Func<long> _head;
    private readonly Func<IAuditRecords> _open;
    private readonly TimeProvider _time;
    private readonly SinkCursor _cursor;

    // The loop alone uses these.
    private ChainHead? _sent;
    private long? _unsettledSince;
    private int _inARow;

    // Written by the loop, read by anyone.
    private long _delivered;
    private long _failures;
    private long _missed;
    private volatile string? _fault;
    private volatile bool _stopped;

    /// <param name="head">The log's last durable record.</param>
    /// <param name="open">Opens the store for reading.</param>
    public SinkRunner(IAuditSink sink, SinkRunnerOptions options, Func<long> head, Func<IAuditRecords> open, TimeProvider time)
    {
        (_sink, _options, _head, _open, _time) = (sink, options, head, open, time);
        _cursor = new SinkCursor(options.CursorFile, options.Stream);
        try
        {
            _delivered = _cursor.Read(out _).Sequence;
        }
        catch (SinkException e)
        {
            _fault = e.Message;
        }
    }

    public SinkStatus Status
    {
        get
        {
            var delivered = Interlocked.Read(ref _delivered);
            return new(_options.Name, delivered, Math.Max(0, _head() - delivered), _fault, _stopped, Interlocked.Read(ref _failures), Interlocked.Read(ref _missed));
        }
    }

    /// <summary>Runs until it is cancelled, or the sink can never take a record.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (!_stopped)
        {
            TimeSpan wait;
            try
            {
                if (await StepAsync(ct)) continue;
                wait = Pace;
            }
            catch (SinkException e)
            {
                wait = e.RetryAfter ?? Backoff();
                Failed(e.Message, e.IsFinal);
            }
            catch (AuditStoreException e)
            {
                wait = Backoff();
                Failed($"the record cannot be read: {e.Message}", isFinal: false);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The edge of the loop: a bug of ours ends this sink, and nothing else.
                wait = TimeSpan.Zero;
                Failed($"{_sink.Place}: {e.GetType().Name}: {e.Message}", isFinal: true);
            }

            await Task.Delay(wait, _time, ct);
        }
    }

    public void Dispose() => _sink.Dispose();

    /// <returns>True when there may be more to do at once.</returns>
    private async Task<bool> StepAsync(CancellationToken ct)
    {
        _sent ??= Begin();
        if (_head() > _sent.Sequence) return await SendAsync(_sent, ct);
        if (_unsettledSince is not { } since)
        {
            Recovered();
        }
        else if (_time.GetElapsedTime(since) >= SettleAfter)
        {
            await _sink.SettleAsync(ct);
            Delivered(_sent);
        }

        return false;
    }

    private async Task<bool> SendAsync(ChainHead after, CancellationToken ct)
    {
        // No further than what is durable: a file shows what was written, and what was not synced then may be another record later.
        IReadOnlyList<StoredAuditEvent> page;
        var head = _head();
        using (var records = _open()) page = [.. records.After(after.Sequence, _options.BatchSize).TakeWhile(record => record.Sequence <= head)];
        if (page.Count == 0) return false;
        if (page[0].Sequence != after.Sequence + 1) Missed(after.Sequence + 1, page[0].Sequence - 1);

        var wanted = page.Where(stored => _options.Filter.Takes(stored.Event)).ToList();
        var settled = wanted.Count == 0 ? _unsettledSince is null : await _sink.SendAsync(wanted, ct);
        _sent = new ChainHead(page[^1].Sequence, page[^1].Hash.ToArray());
        if (settled) Delivered(_sent);
        else _unsettledSince ??= _time.GetTimestamp();
        return true;
    }

    /// <summary>Where to go on: at the cursor, if it is this store's.</summary>
    private ChainHead Begin()
    {
        var noted = _cursor.Read(out var problem);
        if (problem is null && noted.Sequence > 0)
        {
            using var records = _open();
            problem = records.Find(noted.Sequence) is { } there
                ? there.Hash.Span.SequenceEqual(noted.Hash) ? null : $"record {noted.Sequence} of the store is another"
                : _head() < noted.Sequence ? $"the store ends at record {_head()}, before record {noted.Sequence}" : null;
        }

        if (problem is null) return noted;
        Notify(isProblem: true, $"its cursor {_options.CursorFile} does not count ({problem}); it gets every record from the first");
        Interlocked.Exchange(ref _delivered, 0);
        return ChainHead.Start;
    }

    private void Delivered(ChainHead head)
    {
        _cursor.Write(head);
        _unsettledSince = null;
        Interlocked.Exchange(ref _delivered, head.Sequence);
        Recovered();
    }

    private void Missed(long first, long last)
    {
        Interlocked.Add(ref _missed, last - first + 1);
        Notify(isProblem: true, $"records {first} to {last} are not in the store any more; it does not get them");
    }

    private void Failed(string fault, bool isFinal)
    {
        // From the cursor again; what was sent and not settled may not have arrived.
        (_sent, _unsettledSince) = (null, null);
        Interlocked.Increment(ref _failures);
        var said = _fault is not null && !isFinal;
        _fault = fault;
        _stopped = isFinal;
        if (!said) Notify(isProblem: true, isFinal ? $"stopped at record {Interlocked.Read(ref _delivered)}: {fault}" : $"takes no records and is tried again: {fault}");
    }

    private void Recovered()
    {
        _inARow = 0;
        if (_fault is null) return;
        _fault = null;
        Notify(isProblem: false, "takes records again");
    }

    private TimeSpan Backoff()
    {
        var wait = FirstWait * Math.Pow(2, Math.Min(_inARow++, 10));
        return wait < LongestWait ? wait : LongestWait;
    }

    private void Notify(bool isProblem, string text) => _options.Notify?.Invoke(new SinkNotice(_options.Name, isProblem, text));
}
