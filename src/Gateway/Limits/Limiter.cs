namespace Gateway.Limits;

/// <summary>
/// Decides all limits of a call in one step, by GCRA in integer microseconds: every enforced limit lets the call pass and counts it, or the call is
/// refused and none counts it. Exact under any number of threads: a bucket admits at most burst + rate · t calls in any time t.
/// </summary>
/// <remarks>
/// Memory is bounded: the table holds a fixed number of buckets, and those that are full again make room. When every place is taken by a bucket in use,
/// a caller without one is refused by enforced limits (and told to come back in a second) and passes shadow limits uncounted; callers with
/// buckets notice nothing. The clock is the monotonic one, so that stepping the wall clock has no effect.
/// </remarks>
internal sealed class Limiter
{
    /// <summary>Buckets held at most, unless the constructor is told otherwise: about 10 MB.</summary>
    public const int DefaultCapacity = 65_536;

    private const long MicrosecondsPerSecond = 1_000_000;
    private const string RefusalMessage = "This request was rate-limited.";

    private readonly TimeProvider _time;
    private readonly long _start;

    // Guards _table. One lock is enough: a step takes well under a microsecond, and no step waits for anything inside it.
    private readonly Lock _gate = new();
    private readonly BucketTable _table;
    private volatile LimitSet _limits;

    public Limiter(LimitSet limits, TimeProvider time, int capacity = DefaultCapacity)
    {
        _limits = limits;
        _time = time;
        _start = time.GetTimestamp();
        _table = new BucketTable(capacity);
    }

    /// <summary>The limits in force. Buckets of limits that a new set defines alike are kept.</summary>
    public LimitSet Limits
    {
        get => _limits;
        set => _limits = value;
    }

    /// <summary>Buckets held in memory.</summary>
    public int BucketCount
    {
        get
        {
            lock (_gate)
                return _table.Count;
        }
    }

    /// <summary>Asks for one permit of every limit the call meets, and counts the call if it gets them.</summary>
    public LimitDecision Take(in LimitRequest request) => Decide(request, take: true);

    /// <summary>What <see cref="Take"/> would say, without counting anything.</summary>
    public LimitDecision Peek(in LimitRequest request) => Decide(request, take: false);

    private LimitDecision Decide(in LimitRequest request, bool take)
    {
        var entries = _limits.For(request.ActionName);
        if (entries.Length == 0)
            return LimitDecision.Unlimited;

        Span<int> places = stackalloc int[entries.Length];
        Span<long> arrivals = stackalloc long[entries.Length];
        Span<bool> untracked = stackalloc bool[entries.Length];
        bool refused;
        long now;
        lock (_gate)
        {
            // The time is read inside, so that steps and their times have the same order.
            now = Now();
            _table.Sweep(now, entries.Length);
            refused = Look(entries, request, now, places, arrivals, untracked);
            if (take && !refused)
                Count(entries, request, now, places, arrivals, untracked);
        }

        return Answer(entries, request, now, arrivals, untracked, refused);
    }

    // First pass: nothing is written.
    private bool Look(
        LimitEntry[] entries, in LimitRequest request, long now, Span<int> places, Span<long> arrivals, Span<bool> untracked)
    {
        var refused = false;
        var promised = 0;
        for (var i = 0; i < entries.Length; i++)
        {
            places[i] = _table.Find(Key(entries[i], request));
            var isNew = places[i] < 0;
            arrivals[i] = isNew ? now : Math.Max(_table.Arrival(places[i]), now);
            untracked[i] = isNew && !_table.HasRoom(promised + 1);
            if (isNew && !untracked[i])
                promised++;

            refused |= entries[i].Limit.Mode == LimitMode.Enforce && (untracked[i] || !Passes(entries[i], arrivals[i], now));
        }

        return refused;
    }

    // Second pass: every enforced limit passed. A shadow limit that did not is left as it is.
    private void Count(
        LimitEntry[] entries, in LimitRequest request, long now, Span<int> places, Span<long> arrivals, Span<bool> untracked)
    {
        for (var i = 0; i < entries.Length; i++)
        {
            if (untracked[i] || !Passes(entries[i], arrivals[i], now))
                continue;

            var arrival = arrivals[i] + entries[i].Interval;
            if (places[i] >= 0)
                _table.Set(places[i], arrival);
            else
                _table.Add(Key(entries[i], request), arrival);
        }
    }

    private static LimitDecision Answer(
        LimitEntry[] entries, in LimitRequest request, long now, Span<long> arrivals, Span<bool> untracked, bool refused)
    {
        var reports = new LimitReport[entries.Length];
        var slowest = -1;
        for (var i = 0; i < entries.Length; i++)
        {
            var entry = entries[i];
            var passes = !untracked[i] && Passes(entry, arrivals[i], now);
            var counted = passes && !refused ? arrivals[i] + entry.Interval : arrivals[i];
            long? wait = untracked[i] ? MicrosecondsPerSecond : passes ? null : arrivals[i] + entry.Interval - entry.Tolerance - now;
            var shadow = entry.Limit.Mode == LimitMode.Shadow;
            reports[i] = new LimitReport(
                entry.Limit.Name, entry.Limit.Count, entry.Limit.Unit.Word, entry.Limit.Burst,
                Math.Max(0, (entry.Tolerance - (counted - now)) / entry.Interval),
                wait is { } microseconds ? TimeSpan.FromMicroseconds(microseconds) : null,
                TimeSpan.FromMicroseconds(counted - now),
                shadow,
                untracked[i]);
            if (!shadow && wait is not null && (slowest < 0 || reports[i].RetryAfter > reports[slowest].RetryAfter))
                slowest = i;
        }

        return new LimitDecision(slowest < 0 ? null : Refusal(entries[slowest].Limit, reports[slowest], request), reports);
    }

    private static LimitRefusal Refusal(Limit limit, LimitReport report, in LimitRequest request)
    {
        var seconds = (report.RetryAfter!.Value.Ticks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;
        var what = limit.Scope.HasFlag(LimitScope.Action) || limit.Actions is { Count: 1 } ? $"{request.ActionName} " : "";
        var details = report.Untracked
            ? "Too many callers are being counted at this time."
            : $"Only {limit.Count} {what}request(s) can be made every {limit.Unit.Word}.";
        return new LimitRefusal(limit.Name, Math.Max(1, seconds), RefusalMessage, details);
    }

    private static bool Passes(LimitEntry entry, long arrival, long now) => arrival + entry.Interval - now <= entry.Tolerance;

    private static BucketKey Key(LimitEntry entry, in LimitRequest request)
    {
        var scope = entry.Limit.Scope;
        var byProject = scope.HasFlag(LimitScope.Project);

        // A caller without a project counts as a project of his own.
        var byUser = scope.HasFlag(LimitScope.User) || (byProject && request.ProjectId is null);
        return new BucketKey(
            entry.Identity,
            byUser ? request.UserId : "",
            byProject ? request.ProjectId ?? "" : "",
            scope.HasFlag(LimitScope.Action) ? request.ActionName : "");
    }

    private long Now() => _time.GetElapsedTime(_start).Ticks / TimeSpan.TicksPerMicrosecond;
}
