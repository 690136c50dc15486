namespace Gateway.Limits;

/// <summary>
/// The calls at work in each bucket of a limit on calls at the same time, with the time until which each counts unless it is renewed. Not thread-safe:
/// the lock of <see cref="MemoryBuckets"/> guards it.
/// </summary>
internal sealed class LeaseTable(int capacity)
{
    // Buckets looked at in each step, so that leases which are over go faster than calls add others.
    private const int StepsPerCall = 4;

    // Buckets looked at when there is no room: bounds the step at some microseconds, whatever the size of the table.
    private const int StepsWhenFull = 1024;

    private readonly Dictionary<BucketKey, Held> _held = [];

    // Every bucket once, in no order, for the sweep to go round.
    private readonly List<BucketKey> _keys = [];
    private int _hand;

    /// <summary>Leases that are held, in all buckets.</summary>
    public int Count { get; private set; }

    public IReadOnlyList<BucketKey> Keys => _keys;

    public bool HasRoom(int wanted) => capacity - Count >= wanted;

    /// <summary>Forgets leases that are over in buckets which nobody may ask for again; more of them when there is no room for <paramref name="wanted"/>.</summary>
    public void Sweep(long now, int wanted)
    {
        var steps = Math.Min(HasRoom(wanted) ? StepsPerCall : StepsWhenFull, _keys.Count);
        for (var i = 0; i < steps; i++)
        {
            if (_hand >= _keys.Count) _hand = 0;
            // A bucket that goes leaves its place to another, which is looked at next.
            if (Used(_keys[_hand], now) > 0) _hand++;
        }
    }

    /// <summary>Calls that count now; forgets those whose lease is over.</summary>
    public int Used(in BucketKey key, long now)
    {
        if (!_held.TryGetValue(key, out var held)) return 0;
        if (held.Earliest > now) return held.Leases.Count;
        held.Earliest = long.MaxValue;
        foreach (var (id, until) in held.Leases)
        {
            if (until > now) held.Earliest = Math.Min(held.Earliest, until);
            else if (held.Leases.Remove(id)) Count--;
        }

        if (held.Leases.Count == 0) Drop(key, held);
        return held.Leases.Count;
    }

    /// <summary>Adds a lease, or makes one last until that time at least.</summary>
    public void Extend(in BucketKey key, string id, long until)
    {
        var known = _held.TryGetValue(key, out var held) ? held.Leases.GetValueOrDefault(id) : until;
        Set(key, id, Math.Max(known, until));
    }

    /// <summary>Adds a lease, or makes one last until another time.</summary>
    public void Set(in BucketKey key, string id, long until)
    {
        if (!_held.TryGetValue(key, out var held))
        {
            _held[key] = held = new Held { Place = _keys.Count };
            _keys.Add(key);
        }

        if (!held.Leases.ContainsKey(id)) Count++;
        held.Leases[id] = until;
        held.Earliest = Math.Min(held.Earliest, until);
    }

    public void Remove(in BucketKey key, string id)
    {
        if (!_held.TryGetValue(key, out var held)) return;
        if (held.Leases.Remove(id)) Count--;
        if (held.Leases.Count == 0) Drop(key, held);
    }

    private void Drop(in BucketKey key, Held held)
    {
        _held.Remove(key);
        var last = _keys[^1];
        _keys.RemoveAt(_keys.Count - 1);
        if (held.Place == _keys.Count) return;
        _keys[held.Place] = last;
        _held[last].Place = held.Place;
    }

    /// <summary>The leases of a bucket, and where it stands in the list of all.</summary>
    private sealed class Held
    {
        public required int Place { get; set; }

        /// <summary>By id, until when each counts.</summary>
        public Dictionary<string, long> Leases { get; } = new(StringComparer.Ordinal);

        /// <summary>None of them is over before.</summary>
        public long Earliest { get; set; } = long.MaxValue;
    }
}
