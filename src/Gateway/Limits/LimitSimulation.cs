namespace Gateway.Limits;

/// <summary>Puts recorded traffic to a set of limits, by the same code that limits live, on the record's own clock.</summary>
internal sealed class LimitSimulation
{
    private const int MostNamed = 5;

    // A call whose end is in no record is taken to have been at work for so long.
    private static readonly TimeSpan LongestCall = TimeSpan.FromMinutes(10);

    private readonly RecordedClock _clock = new();
    private readonly Limiter _limiter;
    private readonly LimitSet _set;
    private readonly OpenLeases _leases;
    private readonly TimeSpan _renewal;
    private readonly Dictionary<string, LimitLease> _atWork = new(StringComparer.Ordinal);
    private readonly Queue<(string Id, DateTimeOffset Since)> _begun = new();
    private readonly Dictionary<string, Tally> _limits;
    private long _calls;
    private long _refused;

    public LimitSimulation(LimitSet set)
    {
        _set = set;
        _leases = new OpenLeases(_clock);
        _limiter = new Limiter(set, new MemoryBuckets(_clock, capacity: 1 << 20), _leases);
        _limits = set.Limits.ToDictionary(limit => limit.Name, _ => new Tally(), StringComparer.Ordinal);
        _renewal = set.Limits.Where(limit => limit.IsConcurrency).Select(limit => limit.Lease).DefaultIfEmpty(TimeSpan.FromDays(1)).Min() / 3;
    }

    /// <param name="moments">In the order in which they were recorded; read once, and not kept.</param>
    /// <param name="cancel">Ends it early.</param>
    public async Task<SimulatedLimits> RunAsync(IEnumerable<RecordedMoment> moments, CancellationToken cancel)
    {
        DateTimeOffset? first = null, last = null;
        foreach (var moment in moments)
        {
            cancel.ThrowIfCancellationRequested();
            await AdvanceAsync(moment.Time);
            if (moment is RecordedEnd end) End(end.Id, end.GoesOn);
            if (moment is not RecordedCall call) continue;
            first ??= call.Time;
            last = call.Time;
            Count(call, await _limiter.TakeAsync(call.Request, call.Counts));
        }

        return new SimulatedLimits(_calls, _refused, first, last, [.. _set.Limits.Select(limit => _limits[limit.Name].Of(limit))]);
    }

    /// <summary>Time goes by, in which the leases of calls at work are renewed as they are live.</summary>
    private async Task AdvanceAsync(DateTimeOffset time)
    {
        while (_leases.Count > 0 && _clock.Now + _renewal < time)
        {
            _clock.AdvanceTo(_clock.Now + _renewal);
            EndForgotten();
            await _leases.RenewAsync();
        }

        _clock.AdvanceTo(time);
        EndForgotten();
    }

    private void EndForgotten()
    {
        while (_begun.TryPeek(out var oldest) && _clock.Now - oldest.Since >= LongestCall) End(_begun.Dequeue().Id, goesOn: false);
    }

    private void End(string id, bool goesOn)
    {
        if (_atWork.Remove(id, out var lease)) lease.Release(goesOn);
    }

    private void Count(RecordedCall call, LimitDecision decision)
    {
        _calls++;
        if (!decision.Allowed) _refused++;
        if (decision.Lease is { } lease)
        {
            if (call.Id is { } id && _atWork.TryAdd(id, lease)) _begun.Enqueue((id, call.Time));
            else lease.Release(goesOn: false);
        }

        foreach (var report in decision.Reports)
        {
            var tally = _limits[report.Name];
            tally.Met++;
            if (!report.Passed) tally.Refused[call.Who] = tally.Refused.GetValueOrDefault(call.Who) + 1;
        }
    }

    private sealed class Tally
    {
        public long Met { get; set; }

        public Dictionary<string, long> Refused { get; } = new(StringComparer.Ordinal);

        public SimulatedLimit Of(Limit limit) => new(
            limit.Name, limit.IsShadow, Met, Refused.Values.Sum(),
            [.. Refused.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Take(MostNamed).Select(pair => new SimulatedRefusals(pair.Key, pair.Value))]);
    }

    /// <summary>Time as the record tells it. A gateway whose clock was set back then did not live backwards.</summary>
    private sealed class RecordedClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public DateTimeOffset Now => new(_ticks, TimeSpan.Zero);

        public override long GetTimestamp() => _ticks;

        public void AdvanceTo(DateTimeOffset time) => _ticks = Math.Max(_ticks, time.UtcTicks);
    }
}

/// <summary>What limits would have done to recorded traffic.</summary>
/// <param name="Calls">Calls in the record.</param>
/// <param name="Refused">Those that an enforced limit would have refused.</param>
/// <param name="From">Time of the first.</param>
/// <param name="To">Time of the last.</param>
/// <param name="Limits">Each limit; one that met nothing may never do.</param>
internal sealed record SimulatedLimits(long Calls, long Refused, DateTimeOffset? From, DateTimeOffset? To, IReadOnlyList<SimulatedLimit> Limits);

/// <summary>What one limit would have done.</summary>
internal sealed record SimulatedLimit(string Name, bool Shadow, long Met, long Refused, IReadOnlyList<SimulatedRefusals> Whose);

/// <summary>Whose calls would have been refused, and how many.</summary>
internal sealed record SimulatedRefusals(string Who, long Calls);
