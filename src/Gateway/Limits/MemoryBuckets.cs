namespace Gateway.Limits;

/// <summary>
/// Buckets in this process, in a bounded table. Exact under any number of threads: a bucket admits at most burst + rate · t calls in any time t.
/// </summary>
/// <remarks>
/// The table holds a fixed number of buckets, and those that are full again make room. When every place is taken by a bucket in use,
/// a caller without one is refused by enforced limits (and told to come back in a second) and passes shadow limits uncounted; callers with
/// buckets notice nothing. The clock is the monotonic one, so that stepping the wall clock has no effect.
/// </remarks>
internal sealed class MemoryBuckets : IBucketStore
{
    /// <summary>Buckets held at most, unless the constructor is told otherwise: about 14 MB.</summary>
    public const int DefaultCapacity = 65_536;

    private const long MicrosecondsPerSecond = 1_000_000;

    private readonly TimeProvider _time;
    private readonly long _start;

    // Guards _table and _leases. One lock is enough: a step takes well under a microsecond, and no step waits for anything inside it.
    private readonly Lock _gate = new();
    private readonly BucketTable _table;
    private readonly LeaseTable _leases;

    public MemoryBuckets(TimeProvider time, int capacity = DefaultCapacity)
    {
        _time = time;
        _start = time.GetTimestamp();
        _table = new BucketTable(capacity);
        _leases = new LeaseTable(capacity);
    }

    /// <summary>Buckets held in memory.</summary>
    public int BucketCount
    {
        get
        {
            lock (_gate) return _table.Count;
        }
    }

    /// <summary>Leases held in memory.</summary>
    public int LeaseCount
    {
        get
        {
            lock (_gate) return _leases.Count;
        }
    }

    public ValueTask<StepAnswer> TakeAsync(BucketStep step) => new(Decide(step, take: true));

    public ValueTask<StepAnswer> PeekAsync(BucketStep step) => new(Decide(step, take: false));

    public StepAnswer? RefusedBefore(BucketStep step) => Decide(step, take: false) is { Refused: true } refused ? refused : null;

    /// <summary>
    /// Undoes a step that was taken and whose call is refused all the same. Permits that came back by themselves meanwhile are not given a second time.
    /// </summary>
    public void GiveBack(BucketStep step, StepAnswer answer)
    {
        lock (_gate)
        {
            var now = Now();
            for (var i = 0; i < step.Asks.Length; i++)
            {
                ref readonly var ask = ref step.Asks[i];
                ref readonly var said = ref answer.Answers[i];
                if (!said.Passed) continue;
                if (ask.Entry.Concurrent > 0) _leases.Remove(ask.Key, step.Lease);
                else if (said.At + said.Reset > now && _table.Find(ask.Key) is >= 0 and var place) _table.Set(place, _table.Arrival(place) - (ask.Cost * ask.Entry.Interval));
            }
        }
    }

    public ValueTask<bool> ReleaseAsync(BucketStep step, bool goesOn, TimeSpan ago)
    {
        lock (_gate)
        {
            var now = Now();
            foreach (var ask in step.Asks)
            {
                if (ask.Entry.Concurrent == 0) continue;
                var hold = goesOn ? ask.Entry.HoldLeft(ago) : 0;
                if (hold > 0) _leases.Set(ask.Key, step.Lease, now + hold);
                else _leases.Remove(ask.Key, step.Lease);
            }
        }

        return new(true);
    }

    public ValueTask<bool[]> RenewAsync(IReadOnlyList<BucketStep> steps)
    {
        // One by one, so that no call waits for all of them.
        foreach (var step in steps)
        {
            lock (_gate)
            {
                var now = Now();
                foreach (var ask in step.Asks)
                {
                    if (ask.Entry.Concurrent > 0) _leases.Extend(ask.Key, step.Lease, now + ask.Entry.Lease);
                }
            }
        }

        var stored = new bool[steps.Count];
        stored.AsSpan().Fill(true);
        return new(stored);
    }

    /// <summary>Decides at once; nothing is waited for.</summary>
    public StepAnswer Decide(BucketStep step, bool take)
    {
        var asks = step.Asks;
        Span<long> ahead = stackalloc long[asks.Length];
        Span<int> places = stackalloc int[asks.Length];
        bool refused;
        long now;
        lock (_gate)
        {
            // The time is read inside, so that steps and their times have the same order.
            now = Now();
            _table.Sweep(now, asks.Length);
            _leases.Sweep(now, asks.Length);
            refused = Look(asks, now, places, ahead);
            if (take && !refused) Count(step, now, places, ahead);
        }

        var answers = new BucketAnswer[asks.Length];
        for (var i = 0; i < asks.Length; i++) answers[i] = Answer(asks[i], ahead[i], take && !refused) with { At = now };
        return new StepAnswer(refused, answers);
    }

    /// <summary>Counts what another store has admitted, whether there is room in the buckets or not, so that they are right when it is gone.</summary>
    /// <param name="step">What was admitted.</param>
    /// <param name="gateways">Among how many the limits are shared.</param>
    public void Follow(BucketStep step, int gateways)
    {
        lock (_gate)
        {
            var now = Now();
            _table.Sweep(now, step.Asks.Length);
            _leases.Sweep(now, step.Asks.Length);
            foreach (var ask in step.Asks)
            {
                if (ask.Entry.Concurrent > 0)
                {
                    if (_leases.HasRoom(1)) _leases.Set(ask.Key, step.Lease, now + ask.Entry.Lease);
                    continue;
                }

                var share = ask.Entry.ShareOf(gateways);
                var place = _table.Find(ask.Key);
                var arrival = place < 0 ? now : Math.Max(_table.Arrival(place), now);
                arrival = Math.Min(arrival + (ask.Cost * share.Interval), now + share.Tolerance);
                if (place >= 0) _table.Set(place, arrival);
                else if (_table.HasRoom(1)) _table.Add(ask.Key, arrival);
            }
        }
    }

    /// <summary>For how long a bucket is used up, in microseconds; 0 when nothing is known of it.</summary>
    public long Ahead(in BucketKey key)
    {
        lock (_gate)
        {
            var place = _table.Find(key);
            return place < 0 ? 0 : Math.Max(0, _table.Arrival(place) - Now());
        }
    }

    /// <summary>Every bucket in use: for a rate, the microseconds for which it is used up; for calls at the same time, their number.</summary>
    public IReadOnlyList<(BucketKey Key, long Ahead, int Leases)> Used()
    {
        lock (_gate)
        {
            var now = Now();
            return
            [
                .. _table.All().Where(bucket => bucket.Arrival > now).Select(bucket => (bucket.Key, bucket.Arrival - now, 0)),
                .. _leases.Keys.ToArray().Select(key => (key, 0L, _leases.Used(key, now))).Where(bucket => bucket.Item3 > 0),
            ];
        }
    }

    // First pass: nothing is written. For a limit on calls at the same time, `ahead` is how many there are; negative is a bucket that cannot be counted.
    private bool Look(BucketAsk[] asks, long now, Span<int> places, Span<long> ahead)
    {
        var refused = false;
        var (promised, leases) = (0, 0);
        for (var i = 0; i < asks.Length; i++)
        {
            ref readonly var ask = ref asks[i];
            if (ask.Entry.Concurrent > 0)
            {
                ahead[i] = _leases.HasRoom(++leases) ? _leases.Used(ask.Key, now) : -1;
            }
            else
            {
                places[i] = _table.Find(ask.Key);
                var isNew = places[i] < 0;
                ahead[i] = !isNew ? Math.Clamp(_table.Arrival(places[i]) - now, 0, ask.Entry.Tolerance) : _table.HasRoom(++promised) ? 0 : -1;
            }

            refused |= ask.IsEnforced && !Passes(ask, ahead[i]);
        }

        return refused;
    }

    // Second pass: every enforced limit passed. A shadow limit that did not is left as it is.
    private void Count(BucketStep step, long now, Span<int> places, Span<long> ahead)
    {
        for (var i = 0; i < step.Asks.Length; i++)
        {
            ref readonly var ask = ref step.Asks[i];
            if (!Passes(ask, ahead[i])) continue;
            if (ask.Entry.Concurrent > 0)
            {
                _leases.Set(ask.Key, step.Lease, now + ask.Entry.Lease);
                continue;
            }

            var arrival = now + ahead[i] + (ask.Cost * ask.Entry.Interval);
            if (places[i] >= 0) _table.Set(places[i], arrival);
            else _table.Add(ask.Key, arrival);
        }
    }

    private static bool Passes(in BucketAsk ask, long ahead) => ahead >= 0
        && (ask.Entry.Concurrent > 0 ? ahead < ask.Entry.Concurrent : ahead + (ask.Cost * ask.Entry.Interval) <= ask.Entry.Tolerance);

    private static BucketAnswer Answer(in BucketAsk ask, long ahead, bool isTaken) =>
        ahead < 0 ? new BucketAnswer(false, 0, MicrosecondsPerSecond, MicrosecondsPerSecond, 0, BucketState.Untracked)
        : ask.Entry.Concurrent > 0 ? BucketAnswer.OfPlaces(ask.Entry, (int)ahead, isTaken)
        : BucketAnswer.OfRate(ask.Entry, ahead, ask.Cost, isTaken);

    private long Now() => _time.GetElapsedTime(_start).Ticks / TimeSpan.TicksPerMicrosecond;
}
