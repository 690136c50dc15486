namespace Gateway.Limits;

/// <summary>
/// A fixed number of buckets, each holding the theoretical arrival time (TAT) of its next call in microseconds. A bucket whose time is past
/// is as good as none, and its place is taken by another. Not thread-safe: the lock of <see cref="MemoryBuckets"/> guards it.
/// </summary>
internal sealed class BucketTable
{
    // Places looked at in each step, so that places free up faster than calls fill them.
    private const int StepsPerCall = 4;

    // Places looked at when none is free: bounds the step at some microseconds, whatever the size of the table.
    private const int StepsWhenFull = 1024;

    private readonly Dictionary<BucketKey, int> _places;
    private readonly BucketKey[] _keys;
    private readonly long[] _arrivals;
    private readonly Stack<int> _free = new();
    private int _used;
    private int _hand;

    public BucketTable(int capacity)
    {
        _places = [];
        _keys = new BucketKey[capacity];
        _arrivals = new long[capacity];
    }

    /// <summary>Buckets that are held, those in use and those not yet cleared away.</summary>
    public int Count => _places.Count;

    /// <summary>Clears buckets that are past; enough for a call with <paramref name="wanted"/> limits, if there are any.</summary>
    public void Sweep(long now, int wanted)
    {
        var steps = HasRoom(wanted) ? StepsPerCall : StepsWhenFull;
        for (var i = 0; i < steps && i < _used; i++)
        {
            _hand = _hand + 1 < _used ? _hand + 1 : 0;
            if (_arrivals[_hand] > now || _keys[_hand].Limit is null)
                continue;

            _places.Remove(_keys[_hand]);
            _keys[_hand] = default;
            _free.Push(_hand);
        }
    }

    /// <summary>The bucket's place, good until the next sweep; negative when there is none.</summary>
    public int Find(in BucketKey key) => _places.GetValueOrDefault(key, -1);

    public long Arrival(int place) => _arrivals[place];

    public void Set(int place, long arrival) => _arrivals[place] = arrival;

    /// <summary>Adds a bucket that is not there; <see cref="HasRoom"/> must have said that there is room.</summary>
    public void Add(in BucketKey key, long arrival)
    {
        var place = _free.TryPop(out var free) ? free : _used++;
        _keys[place] = key;
        _arrivals[place] = arrival;
        _places.Add(key, place);
    }

    /// <summary>Every bucket that is held.</summary>
    public IEnumerable<(BucketKey Key, long Arrival)> All()
    {
        for (var place = 0; place < _used; place++)
        {
            if (_keys[place].Limit is not null) yield return (_keys[place], _arrivals[place]);
        }
    }

    /// <summary>Whether so many buckets can be added.</summary>
    public bool HasRoom(int wanted) => _free.Count + _keys.Length - _used >= wanted;
}
