using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Gateway.FrontDoor;

namespace Gateway.Identity;

/// <summary>
/// How many tokens that turn out bad one peer may present, so that nobody can make the identity service work for guesses. A token bucket a peer;
/// a permit is taken before a token is verified, and given back once the token is known not to be refused. Tokens already known are not counted.
/// Peers are remembered while their bucket is not full, so that one who is limited is never forgotten; when there are too many of those, all others
/// share one bucket.
/// </summary>
internal sealed class AttemptLimit(FailedAttemptOptions options, TimeProvider time)
{
    /// <summary>A table that is full is searched for buckets that are so too at most this often.</summary>
    private static readonly TimeSpan SearchInterval = TimeSpan.FromSeconds(1);

    // Guards everything below, the buckets too. Only tokens that are not remembered come here.
    private readonly Lock _lock = new();
    private readonly Dictionary<PeerKey, Bucket> _peers = [];
    private readonly Bucket _others = new(options.Burst, time.GetTimestamp());
    private long? _searched;

    /// <summary>How many peers have a bucket of their own now.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _peers.Count;
        }
    }

    /// <summary>Takes a permit, to be given back for a token that was not refused; a refusal when the peer has none left.</summary>
    public Passage<AttemptPermit> Take(PeerKey peer)
    {
        if (options.Burst == 0) return AttemptPermit.Unlimited;
        double missing;
        lock (_lock)
        {
            var bucket = BucketOf(peer);
            Refill(bucket);
            missing = 1 - bucket.Permits;
            if (missing <= 0)
            {
                bucket.Permits--;
                return new AttemptPermit(bucket);
            }
        }

        var wait = (long)Math.Ceiling(missing / options.PerSecond);
        return new Refusal(StatusCodes.Status429TooManyRequests, "authentication_limited", "This request was rate-limited.")
        {
            Explanation = "Too many requests with invalid tokens came from this address.",
            RetryAfterSeconds = Math.Max(1, wait),
        };
    }

    /// <summary>The token taken a permit for was not refused.</summary>
    public void GiveBack(AttemptPermit permit)
    {
        if (permit.From is not { } bucket) return;
        lock (_lock) bucket.Permits = Math.Min(options.Burst, bucket.Permits + 1);
    }

    private Bucket BucketOf(PeerKey peer)
    {
        if (_peers.TryGetValue(peer, out var known)) return known;
        if (_peers.Count >= options.Peers) ForgetFull();
        return _peers.Count >= options.Peers ? _others : _peers[peer] = new Bucket(options.Burst, time.GetTimestamp());
    }

    /// <summary>A full bucket is as good as a new one.</summary>
    private void ForgetFull()
    {
        if (_searched is { } last && time.GetElapsedTime(last) < SearchInterval) return;
        _searched = time.GetTimestamp();
        foreach (var (peer, bucket) in _peers)
        {
            Refill(bucket);
            if (bucket.Permits >= options.Burst) _peers.Remove(peer);
        }
    }

    private void Refill(Bucket bucket)
    {
        var now = time.GetTimestamp();
        bucket.Permits = Math.Min(options.Burst, bucket.Permits + (time.GetElapsedTime(bucket.Filled, now).TotalSeconds * options.PerSecond));
        bucket.Filled = now;
    }

    internal sealed class Bucket(double permits, long filled)
    {
        public double Permits { get; set; } = permits;

        public long Filled { get; set; } = filled;
    }
}

/// <summary>The right to have one token verified.</summary>
/// <param name="From">Where it was taken; null when nothing is limited.</param>
internal sealed record AttemptPermit(AttemptLimit.Bucket? From)
{
    public static AttemptPermit Unlimited { get; } = new(From: null);
}

/// <summary>Who counts as one peer: an IPv4 address, or the /64 that an IPv6 host has to itself.</summary>
internal readonly record struct PeerKey(ulong Network)
{
    private const ulong V4 = 0xFFFF_0000_0000_0000;

    public static PeerKey Of(IPAddress? address)
    {
        if (address is null) return default;
        Span<byte> bytes = stackalloc byte[16];
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        plain.TryWriteBytes(bytes, out _);
        // No IPv6 network begins with sixteen ones and zeros after: those are multicast.
        return plain.AddressFamily == AddressFamily.InterNetwork
            ? new PeerKey(V4 | BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : new PeerKey(BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }
}
