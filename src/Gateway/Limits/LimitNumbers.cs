namespace Gateway.Limits;

/// <summary>
/// How much a limit allows: calls per unit with a burst, or calls at the same time. A limit has one of these, and another for each project
/// that is treated otherwise.
/// </summary>
internal sealed record LimitNumbers
{
    /// <summary>Calls per <see cref="Unit"/> in the long run; 0 when calls at the same time are limited.</summary>
    public int Count { get; init; }

    public RateUnit Unit { get; init; } = RateUnit.All[0];

    /// <summary>Calls at once when nothing was used.</summary>
    public int Burst { get; init; }

    /// <summary>Calls at the same time; 0 when a rate is limited.</summary>
    public int Concurrent { get; init; }

    /// <summary>
    /// Microseconds after which one call more is allowed, rounded up so that never more than the rate is admitted. This is the emission
    /// interval of GCRA (ITU-T I.371, generic cell rate algorithm).
    /// </summary>
    public long Interval => Count == 0 ? 0 : (Unit.Microseconds + Count - 1) / Count;

    /// <summary>Microseconds of calls that may be ahead of time: the whole burst.</summary>
    public long Tolerance => Interval * Burst;

    /// <summary>The most that one call may cost and still ever pass.</summary>
    public int Most => Concurrent > 0 ? Concurrent : Burst;
}
