using System.Security.Cryptography;
using System.Text;

namespace Gateway.Limits;

/// <summary>A limit with the numbers of one decision, worked out beforehand.</summary>
internal sealed class LimitEntry
{
    private Share _share;

    public LimitEntry(Limit limit, LimitNumbers numbers)
    {
        (Limit, Numbers) = (limit, numbers);
        (Interval, Tolerance, Concurrent) = (numbers.Interval, numbers.Tolerance, numbers.Concurrent);
        Identity = limit.IsConcurrency
            ? $"{limit.Name}\n{(int)limit.Scope}\n{numbers.Concurrent} at once"
            : $"{limit.Name}\n{(int)limit.Scope}\n{Interval}\n{numbers.Burst}";
        Definition = $"{limit.Name}.{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Identity)).AsSpan(0, 4))}";
        _share = new Share(1, this);
    }

    private LimitEntry(LimitEntry whole, int gateways)
        : this(whole.Limit, whole.Numbers)
    {
        Interval = whole.Interval * gateways;
        Tolerance = Interval * Math.Max(1, whole.Numbers.Burst / gateways);
        Concurrent = whole.Concurrent == 0 ? 0 : Math.Max(1, whole.Concurrent / gateways);
    }

    public Limit Limit { get; }

    public LimitNumbers Numbers { get; }

    public long Interval { get; }

    public long Tolerance { get; }

    /// <summary>Calls at the same time; 0 for a rate.</summary>
    public int Concurrent { get; }

    /// <summary>Buckets belong to a definition: a limit whose numbers or scope are edited starts afresh, any other edit keeps its buckets.</summary>
    public string Identity { get; }

    /// <summary>The same for a key: the name and a hash of the identity.</summary>
    public string Definition { get; }

    public long Lease => Limit.Lease.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>The longest that a place can last from now, by a lease or held.</summary>
    public long Longest => Math.Max(Lease, HoldLeft(TimeSpan.Zero));

    /// <summary>For how long a place is still held after a call that was accepted so long ago; 0 or less when it is not.</summary>
    public long HoldLeft(TimeSpan ago) => (Limit.Hold - ago).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>What one of so many gateways may admit by itself, so that all together admit no more than the whole (and at least one each).</summary>
    public LimitEntry ShareOf(int gateways)
    {
        if (gateways <= 1) return this;
        var share = Volatile.Read(ref _share);
        if (share.Gateways == gateways) return share.Entry;
        Volatile.Write(ref _share, share = new Share(gateways, new LimitEntry(this, gateways)));
        return share.Entry;
    }

    private sealed record Share(int Gateways, LimitEntry Entry);
}
