namespace Gateway.Limits;

/// <summary>
/// The calls at work in each bucket of a limit on calls at the same time, with the time until which each counts unless it is renewed. Not thread-safe:
/// the lock of <see cref="MemoryBuckets"/> guards it.
/// </summary>
internal sealed class LeaseTable(int capacity)
{
    private readonly Dictionary<BucketKey, List<(string Id, long Until)>> _held = [];

    /// <summary>Leases that are held, in all buckets.</summary>
    public int Count { get; private set; }

    public bool HasRoom(int wanted) => capacity - Count >= wanted;

    public IEnumerable<BucketKey> Keys => _held.Keys;

    /// <summary>Calls that count now; forgets those whose lease is over.</summary>
    public int Used(in BucketKey key, long now)
    {
        if (!_held.TryGetValue(key, out var leases)) return 0;
        Count -= leases.RemoveAll(lease => lease.Until <= now);
        if (leases.Count == 0) _held.Remove(key);
        return leases.Count;
    }

    /// <summary>Adds a lease, or makes one last until another time.</summary>
    public void Set(in BucketKey key, string id, long until)
    {
        if (!_held.TryGetValue(key, out var leases)) _held[key] = leases = [];
        var index = leases.FindIndex(lease => lease.Id == id);
        if (index >= 0)
        {
            leases[index] = (id, until);
            return;
        }

        leases.Add((id, until));
        Count++;
    }

    public void Remove(in BucketKey key, string id)
    {
        if (!_held.TryGetValue(key, out var leases)) return;
        Count -= leases.RemoveAll(lease => lease.Id == id);
        if (leases.Count == 0) _held.Remove(key);
    }
}
