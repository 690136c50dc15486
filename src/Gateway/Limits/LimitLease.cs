namespace Gateway.Limits;

/// <summary>The places that a call holds in limits on calls at the same time, until it is over.</summary>
internal sealed class LimitLease : IDisposable
{
    private const int AtWork = 0;
    private const int Over = 1;
    private const int GoesOn = 2;

    private readonly OpenLeases _leases;
    private int _state;

    public LimitLease(OpenLeases leases, IBucketStore store, BucketStep step, bool isStored)
    {
        (_leases, Store, Step, IsStored) = (leases, store, step, isStored);
        var (least, longest) = (TimeSpan.MaxValue, TimeSpan.Zero);
        foreach (var ask in step.Asks)
        {
            if (ask.Entry.Concurrent == 0) continue;
            var limit = ask.Entry.Limit;
            if (limit.Lease < least) least = limit.Lease;
            if (limit.Lease > longest) longest = limit.Lease;
            if (limit.Hold > LongestHold) LongestHold = limit.Hold;
        }

        (RenewEvery, LongestLease) = (least / 3, longest);
    }

    public IBucketStore Store { get; }

    public BucketStep Step { get; }

    /// <summary>The longest time between two renewals.</summary>
    public TimeSpan RenewEvery { get; }

    /// <summary>The longest that its places last by themselves.</summary>
    public TimeSpan LongestLease { get; }

    /// <summary>The longest that they are held after the call.</summary>
    public TimeSpan LongestHold { get; }

    /// <summary>Whether its places are known wherever they are shared.</summary>
    public bool IsStored { get; set; }

    /// <summary>When they last were made to last.</summary>
    public long RenewedAt { get; set; }

    /// <summary>Whether it is known there that they are given back, or held.</summary>
    public bool IsSettled { get; set; }

    public long ReleasedAt { get; private set; }

    public bool IsReleased => Volatile.Read(ref _state) != AtWork;

    /// <summary>Given back, and the call may still be at work in the backend.</summary>
    public bool IsHeld => Volatile.Read(ref _state) == GoesOn && LongestHold > TimeSpan.Zero;

    /// <summary>Gives the places back. Safe to call twice; nothing waits for it.</summary>
    /// <param name="goesOn">The call may have been accepted, so that limits which hold go on counting it.</param>
    public void Release(bool goesOn)
    {
        if (IsReleased) return;
        // Before anybody sees that it is released, and asks for how long.
        ReleasedAt = _leases.Now;
        if (Interlocked.CompareExchange(ref _state, goesOn ? GoesOn : Over, AtWork) == AtWork) _leases.Close(this);
    }

    /// <summary>Gives the places back when nobody did: the call came to nothing.</summary>
    public void Dispose() => Release(goesOn: false);
}
