namespace Gateway.Limits;

/// <summary>The places that a call holds in limits on calls at the same time, until it is over.</summary>
internal sealed class LimitLease(OpenLeases leases, IBucketStore store, BucketStep step) : IDisposable
{
    private const int Open = 0;
    private const int Failed = 1;
    private const int Succeeded = 2;

    private int _state;

    /// <summary>The longest time between two renewals.</summary>
    public TimeSpan RenewEvery { get; } = step.Asks.Where(ask => ask.Entry.Concurrent > 0).Min(ask => ask.Entry.Limit.Lease) / 3;

    public long RenewedAt { get; set; }

    /// <summary>Gives the places back. Safe to call twice; nothing waits for it.</summary>
    /// <param name="succeeded">The call was answered with success, so that limits which hold go on counting it.</param>
    public void Release(bool succeeded)
    {
        if (Interlocked.CompareExchange(ref _state, succeeded ? Succeeded : Failed, Open) == Open) leases.Close(this, store.ReleaseAsync(step, succeeded));
    }

    /// <summary>Gives the places back when nobody did: the call came to nothing.</summary>
    public void Dispose() => Release(succeeded: false);

    /// <summary>Makes the places last, unless they were given back. Those given back meanwhile are given back again, in case the renewal came later.</summary>
    public async ValueTask RenewAsync()
    {
        if (Volatile.Read(ref _state) != Open) return;
        try
        {
            await store.RenewAsync(step);
        }
        finally
        {
            if (Volatile.Read(ref _state) is not Open and var outcome) await store.ReleaseAsync(step, outcome == Succeeded);
        }
    }
}
