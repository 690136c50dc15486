using System.Collections.Concurrent;

namespace Gateway.Limits;

/// <summary>How often each limit was met and refused (or, in shadow mode, would have) since the gateway started. One that is never met is a dead one.</summary>
internal sealed class LimitTally
{
    private readonly ConcurrentDictionary<string, Counts> _limits = new(StringComparer.Ordinal);

    public void Count(LimitDecision decision)
    {
        foreach (var report in decision.Reports)
        {
            var counts = _limits.GetOrAdd(report.Name, _ => new Counts());
            Interlocked.Increment(ref counts.Met);
            if (!report.Passed) Interlocked.Increment(ref counts.Refused);
        }
    }

    public (long Met, long Refused) Of(string limit) =>
        _limits.TryGetValue(limit, out var counts) ? (Interlocked.Read(ref counts.Met), Interlocked.Read(ref counts.Refused)) : default;

    private sealed class Counts
    {
        public long Met;
        public long Refused;
    }
}
