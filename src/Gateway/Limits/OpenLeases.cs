using System.Collections.Concurrent;

namespace Gateway.Limits;

/// <summary>
/// The leases of calls that are at work in this gateway, renewed as long as they are, and those of calls that were accepted, as long as a limit holds
/// them. A store that was out of reach, or lost what it knew, is told of them again. When the gateway dies nobody renews them, and they end by themselves.
/// </summary>
internal sealed class OpenLeases(TimeProvider time)
{
    // Leases of calls that are over which are kept. One that finds no room is given back once, and when that fails it ends by itself.
    private const int MostReleased = 65_536;

    // Of those that could not be given back everywhere, so many are tried at a time; all of them when the store is back.
    private const int MostOwed = 100;

    private readonly ConcurrentDictionary<LimitLease, bool> _atWork = new();
    private readonly ConcurrentDictionary<LimitLease, bool> _released = new();

    /// <summary>Calls at work.</summary>
    public int Count => _atWork.Count;

    public long Now => time.GetTimestamp();

    /// <param name="store">Where it was taken.</param>
    /// <param name="step">What was taken.</param>
    /// <param name="isStored">Whether the store that all share knows of it.</param>
    public LimitLease Open(IBucketStore store, BucketStep step, bool isStored = true)
    {
        var lease = new LimitLease(this, store, step, isStored) { RenewedAt = Now };
        _atWork[lease] = true;
        return lease;
    }

    /// <summary>Gives the places of a call back that is over.</summary>
    public void Close(LimitLease lease)
    {
        _atWork.TryRemove(lease, out _);
        var release = lease.Store.ReleaseAsync(lease.Step, lease.IsHeld, TimeSpan.Zero);
        if (release.IsCompletedSuccessfully) EndRelease(lease, release.Result);
        else _ = FinishAsync(lease, release);
    }

    /// <summary>Renews those that have lived a third of their time, and tells again of those that are not known everywhere; to be called every second or so.</summary>
    public async Task RenewAsync()
    {
        var owed = new List<LimitLease>();
        foreach (var (lease, _) in _released)
        {
            if (time.GetElapsedTime(lease.ReleasedAt) >= WorthOf(lease)) _released.TryRemove(lease, out _);
            else if (!lease.IsSettled && owed.Count < MostOwed) owed.Add(lease);
        }

        var due = _atWork.Select(pair => pair.Key).Where(lease => !lease.IsStored || time.GetElapsedTime(lease.RenewedAt) >= lease.RenewEvery);
        await Task.WhenAll(owed.Select(ReleaseAsync).Append(RenewAsync([.. due])));
    }

    /// <summary>Tells a store that was out of reach, and may have lost what it knew, of all of them.</summary>
    public Task RestoreAsync()
    {
        var released = _released.Select(pair => pair.Key).Where(lease => time.GetElapsedTime(lease.ReleasedAt) < WorthOf(lease));
        return Task.WhenAll(released.Select(ReleaseAsync).Append(RenewAsync([.. _atWork.Select(pair => pair.Key)])));
    }

    private static TimeSpan WorthOf(LimitLease lease) =>
        lease.IsHeld && lease.LongestHold > lease.LongestLease ? lease.LongestHold : lease.LongestLease;

    private async Task RenewAsync(IReadOnlyList<LimitLease> leases)
    {
        foreach (var some in leases.GroupBy(lease => lease.Store))
        {
            var renewed = some.ToArray();
            var at = Now;
            bool[]? stored = null;
            try
            {
                stored = await some.Key.RenewAsync([.. renewed.Select(lease => lease.Step)]);
            }
            catch (BucketsUnreachableException)
            {
                // They are renewed again soon; the watch on Redis has said that it is gone.
            }

            for (var i = 0; i < renewed.Length; i++)
            {
                // One that was given back meanwhile is given back again, in case the renewal came later.
                if (renewed[i].IsReleased) await ReleaseAsync(renewed[i]);
                else if (stored is not null) (renewed[i].IsStored, renewed[i].RenewedAt) = (stored[i], at);
            }
        }
    }

    private Task ReleaseAsync(LimitLease lease) => FinishAsync(lease, lease.Store.ReleaseAsync(lease.Step, lease.IsHeld, time.GetElapsedTime(lease.ReleasedAt)));

    private async Task FinishAsync(LimitLease lease, ValueTask<bool> release)
    {
        try
        {
            EndRelease(lease, await release);
        }
        catch (BucketsUnreachableException)
        {
            EndRelease(lease, isSettled: false);
        }
    }

    // What is held is remembered until its time, in case the store forgets it; what is over, until the store knows.
    private void EndRelease(LimitLease lease, bool isSettled)
    {
        lease.IsSettled = isSettled;
        if (isSettled && !lease.IsHeld) _released.TryRemove(lease, out _);
        else if (_released.Count < MostReleased) _released[lease] = true;
    }
}
