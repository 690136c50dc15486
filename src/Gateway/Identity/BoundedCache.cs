using System.Collections.Concurrent;

namespace Gateway.Identity;

/// <summary>
/// A table that never holds more than its capacity: entries live in two generations, a full one pushes the older one out, and what is used moves to
/// the younger. No timer, no scan; whether a value is still good is for the reader to say.
/// </summary>
/// <param name="capacity">Most entries, both generations together.</param>
internal sealed class BoundedCache<TKey, TValue>(int capacity)
    where TKey : notnull
    where TValue : class
{
    private readonly int _half = Math.Max(1, capacity / 2);

    // Guards the change of generations; reading and adding need none.
    private readonly Lock _turn = new();
    private volatile Generation _young = new();
    private volatile Generation _old = new();

    /// <summary>Entries held now.</summary>
    public int Count => _young.Count + _old.Count;

    public TValue? Find(TKey key)
    {
        if (_young.Entries.TryGetValue(key, out var value)) return value;
        if (!_old.Entries.TryRemove(key, out value)) return null;
        Set(key, value);
        return value;
    }

    public void Set(TKey key, TValue value)
    {
        var young = _young;
        if (young.Entries.TryAdd(key, value)) young.Added();
        else young.Entries[key] = value;
        if (young.Count > _half) Turn(young);
    }

    private void Turn(Generation full)
    {
        lock (_turn)
        {
            if (_young != full) return;
            _old = full;
            _young = new Generation();
        }
    }

    private sealed class Generation
    {
        // Counted apart: ConcurrentDictionary.Count takes every lock. It may count a key twice, never too few.
        private int _count;

        public ConcurrentDictionary<TKey, TValue> Entries { get; } = new();

        public int Count => Volatile.Read(ref _count);

        public void Added() => Interlocked.Increment(ref _count);
    }
}
