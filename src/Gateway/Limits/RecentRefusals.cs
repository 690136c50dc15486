namespace Gateway.Limits;

/// <summary>
/// What another store refused a moment ago: how far each bucket was used up. It is believed for a second and no longer, because a bucket may be given
/// back meanwhile, or flushed.
/// </summary>
internal sealed class RecentRefusals(TimeProvider time, int capacity = MemoryBuckets.DefaultCapacity)
{
    /// <summary>For how long a refusal is believed: a bucket in a flood of calls is asked for once in that time.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);

    /// <summary>The same for a refusal for want of a place, in microseconds: one may be free at any time.</summary>
    public const long PlaceLifetime = 50_000;

    // Guards what follows; held for some instructions.
    private readonly Lock _gate = new();
    private readonly Dictionary<BucketKey, (long Ahead, long At)> _known = [];

    // In the order in which they end, since all live equally long.
    private readonly Queue<(BucketKey Key, long At)> _order = new();

    /// <summary>Keeps how far a bucket is used up, in microseconds; when there is no room it is not kept, and the next call asks again.</summary>
    public void Learn(in BucketKey key, long ahead)
    {
        lock (_gate)
        {
            while (_order.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) >= Lifetime)
            {
                _order.Dequeue();
                if (_known.TryGetValue(oldest.Key, out var known) && known.At == oldest.At) _known.Remove(oldest.Key);
            }

            if (_order.Count >= capacity) return;
            var now = time.GetTimestamp();
            _known[key] = (ahead, now);
            _order.Enqueue((key, now));
        }
    }

    /// <summary>A place became free.</summary>
    public void Forget(in BucketKey key)
    {
        lock (_gate) _known.Remove(key);
    }

    /// <summary>For how long a bucket is used up, in microseconds; 0 when nothing recent is known of it.</summary>
    public long Ahead(in BucketKey key)
    {
        lock (_gate)
        {
            if (!_known.TryGetValue(key, out var known)) return 0;
            var age = time.GetElapsedTime(known.At);
            return age >= Lifetime ? 0 : Math.Max(0, known.Ahead - (age.Ticks / TimeSpan.TicksPerMicrosecond));
        }
    }
}
