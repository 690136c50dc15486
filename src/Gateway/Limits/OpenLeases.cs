using System.Collections.Concurrent;

namespace Gateway.Limits;

/// <summary>
/// The leases of calls that are at work in this gateway, renewed as long as they are. When the gateway dies nobody renews them, and they
/// end by themselves.
/// </summary>
internal sealed class OpenLeases(TimeProvider time)
{
    private readonly ConcurrentDictionary<LimitLease, bool> _open = new();

    public int Count => _open.Count;

    public LimitLease Open(IBucketStore store, BucketStep step)
    {
        var lease = new LimitLease(this, store, step) { RenewedAt = time.GetTimestamp() };
        _open[lease] = true;
        return lease;
    }

    /// <summary>A store that does not take a release frees the places when the lease ends.</summary>
    public void Close(LimitLease lease, ValueTask release)
    {
        _open.TryRemove(lease, out _);
        if (!release.IsCompletedSuccessfully) _ = ForgetAsync(release);
    }

    /// <summary>Renews those that have lived a third of their time; to be called every second or so.</summary>
    public async Task RenewAsync()
    {
        foreach (var lease in _open.Keys)
        {
            if (time.GetElapsedTime(lease.RenewedAt) < lease.RenewEvery) continue;
            lease.RenewedAt = time.GetTimestamp();
            await ForgetAsync(lease.RenewAsync());
        }
    }

    private static async Task ForgetAsync(ValueTask work)
    {
        try
        {
            await work;
        }
        catch (BucketsUnreachableException)
        {
            // The lease ends by itself; the watch on Redis has said that it is gone.
        }
    }
}
