namespace Gateway.Audit.Tests;

/// <summary>A sink that does as a test says, and remembers what it was sent.</summary>
internal sealed class StubbornSink : IAuditSink
{
    private readonly Lock _gate = new();
    private readonly List<long> _received = [];
    private int _sendings;

    public string Place => "stub";

    /// <summary>What becomes of the n-th sending, from 1: a fault after it was received, or none.</summary>
    public Func<int, SinkException?> Answer { get; set; } = _ => null;

    /// <summary>Whether a sending says by itself that everything arrived.</summary>
    public bool Settles { get; set; } = true;

    public Func<SinkException?> Settling { get; set; } = () => null;

    public IReadOnlyList<long> Received
    {
        get
        {
            lock (_gate) return [.. _received];
        }
    }

    public int Sendings => Volatile.Read(ref _sendings);

    public Task<bool> SendAsync(IReadOnlyList<StoredAuditEvent> records, CancellationToken ct)
    {
        lock (_gate) _received.AddRange(records.Select(stored => stored.Sequence));
        return Answer(Interlocked.Increment(ref _sendings)) is { } fault ? Task.FromException<bool>(fault) : Task.FromResult(Settles);
    }

    public Task SettleAsync(CancellationToken ct) => Settling() is { } fault ? Task.FromException(fault) : Task.CompletedTask;

    public void Dispose()
    {
    }
}

/// <summary>Time that passes as soon as somebody waits for it, and tells how long they wanted to.</summary>
/// <param name="afterTimers">The first so many timers never fire.</param>
internal sealed class HurriedTime(int afterTimers = 0) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<TimeSpan> _waits = [];
    private long _now;

    public IReadOnlyList<TimeSpan> Waits
    {
        get
        {
            lock (_gate) return [.. _waits];
        }
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => Some.Time.AddTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        lock (_gate)
        {
            _waits.Add(dueTime);
            if (_waits.Count <= afterTimers) return System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        Interlocked.Add(ref _now, dueTime.Ticks);
        return System.CreateTimer(callback, state, TimeSpan.FromMilliseconds(1), period);
    }
}
