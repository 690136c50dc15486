namespace Gateway.Limits;

/// <summary>Puts recorded traffic to a set of limits, by the same code that limits live, on the record's own clock.</summary>
internal sealed class LimitSimulation
{
    private const int MostNamed = 5;

    private readonly RecordedClock _clock = new();
    private readonly MemoryBuckets _store;
    private readonly Limiter _limiter;
    private readonly LimitSet _set;
    private readonly PriorityQueue<(LimitLease Lease, bool Succeeded), DateTimeOffset> _atWork = new();
    private readonly Dictionary<string, Tally> _limits;
    private long _calls;
    private long _refused;

    public LimitSimulation(LimitSet set)
    {
        _set = set;
        _store = new MemoryBuckets(_clock, capacity: 1 << 20);
        _limiter = new Limiter(set, _store, new OpenLeases(_clock));
        _limits = set.Limits.ToDictionary(limit => limit.Name, _ => new Tally(), StringComparer.Ordinal);
    }

    /// <param name="calls">In the order of their times.</param>
    /// <param name="cancel">Ends it early.</param>
    public async Task<SimulatedLimits> RunAsync(IEnumerable<RecordedCall> calls, CancellationToken cancel)
    {
        DateTimeOffset? first = null, last = null;
        foreach (var call in calls)
        {
            cancel.ThrowIfCancellationRequested();
            first ??= call.Time;
            last = call.Time;
            while (_atWork.TryPeek(out var done, out var end) && end <= call.Time)
            {
                _clock.AdvanceTo(end);
                done.Lease.Release(done.Succeeded);
                _atWork.Dequeue();
            }

            _clock.AdvanceTo(call.Time);
            Count(call, await _limiter.TakeAsync(call.Request, call.Counts));
        }

        return new SimulatedLimits(_calls, _refused, first, last, [.. _set.Limits.Select(limit => _limits[limit.Name].Of(limit))]);
    }

    private void Count(RecordedCall call, LimitDecision decision)
    {
        _calls++;
        if (!decision.Allowed) _refused++;
        if (decision.Lease is { } lease) _atWork.Enqueue((lease, call.Succeeded), call.End);
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
