using System.Runtime.InteropServices;

namespace Gateway.Limits;

/// <summary>
/// Permits of fast limits that count everybody together, taken from Redis some at a time and spent here, so that their one bucket is not asked
/// for every call. They are counted when they are taken: what all gateways hand out is exact, and what is spent in any time exceeds
/// burst + rate · t by at most one slice for each gateway.
/// </summary>
internal sealed class GlobalSlices(TimeProvider time)
{
    // A slice is worth so many microseconds of the limit's rate, and is spent within a second or not at all.
    private const long Worth = 50_000;
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);

    // Guards _slices; held for some instructions.
    private readonly Lock _gate = new();
    private readonly Dictionary<BucketKey, Slice> _slices = [];

    /// <summary>Permits taken beyond what a call needs; 0 for limits that are asked for every call.</summary>
    public static int SizeOf(LimitEntry entry)
    {
        if (entry.Limit.Scope != LimitScope.Global || entry.Interval == 0) return 0;
        var size = Math.Min(Worth / entry.Interval, entry.Numbers.Burst / 8);
        return size < 2 ? 0 : (int)size;
    }

    /// <summary>Spends permits that are here.</summary>
    /// <param name="ask">What is asked for.</param>
    /// <param name="ahead">How far the bucket was used up when the slice was taken.</param>
    public bool TrySpend(in BucketAsk ask, out long ahead)
    {
        lock (_gate)
        {
            ahead = 0;
            if (!_slices.TryGetValue(ask.Key, out var slice) || slice.Permits < ask.Cost || IsOver(slice.TakenAt)) return false;
            _slices[ask.Key] = slice with { Permits = slice.Permits - ask.Cost };
            ahead = slice.Ahead;
            return true;
        }
    }

    /// <summary>
    /// Permits that a call which goes to Redis shall bring along: one call at a time brings a slice, the others what they need, so that a gateway never
    /// holds more than one.
    /// </summary>
    public int BeginFetch(in BucketAsk ask)
    {
        var size = SizeOf(ask.Entry);
        if (size == 0) return 0;
        lock (_gate)
        {
            var slice = _slices.GetValueOrDefault(ask.Key);
            if (slice.FetchedAt != 0 && !IsOver(slice.FetchedAt)) return 0;
            _slices[ask.Key] = slice with { FetchedAt = time.GetTimestamp() };
            return size;
        }
    }

    /// <summary>What the call brought; nothing when it was refused.</summary>
    public void EndFetch(in BucketAsk ask, int permits, long ahead)
    {
        lock (_gate) _slices[ask.Key] = new Slice(permits, ahead, time.GetTimestamp(), FetchedAt: 0);
    }

    public void GiveBack(in BucketAsk ask)
    {
        lock (_gate)
        {
            if (_slices.TryGetValue(ask.Key, out var slice)) _slices[ask.Key] = slice with { Permits = slice.Permits + ask.Cost };
        }
    }

    private bool IsOver(long since) => time.GetElapsedTime(since) > Lifetime;

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Slice(int Permits, long Ahead, long TakenAt, long FetchedAt);
}
