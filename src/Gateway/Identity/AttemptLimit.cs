using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Gateway.FrontDoor;

namespace Gateway.Identity;

/// <summary>
/// How many tokens that turn out bad one peer may present, so that nobody can make the identity service work for guesses. A token bucket a peer;
/// a permit is taken before a token is verified, and given back once the token is known not to be refused. Tokens already known are not counted.
/// </summary>
internal sealed class AttemptLimit(FailedAttemptOptions options, TimeProvider time)
{
    private readonly BoundedCache<PeerKey, Bucket> _peers = new(options.Peers);

    /// <summary>Takes a permit; a refusal when the peer has none left.</summary>
    public Refusal? Take(PeerKey peer)
    {
        if (options.Burst == 0) return null;
        var bucket = _peers.FindOrAdd(peer, _ => new Bucket(options.Burst, time.GetTimestamp()));
        double missing;
        lock (bucket)
        {
            Refill(bucket);
            missing = 1 - bucket.Permits;
            if (missing <= 0)
            {
                bucket.Permits--;
                return null;
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
    public void GiveBack(PeerKey peer)
    {
        if (options.Burst == 0 || _peers.Find(peer) is not { } bucket) return;
        lock (bucket) bucket.Permits = Math.Min(options.Burst, bucket.Permits + 1);
    }

    private void Refill(Bucket bucket)
    {
        var now = time.GetTimestamp();
        bucket.Permits = Math.Min(options.Burst, bucket.Permits + (time.GetElapsedTime(bucket.Filled, now).TotalSeconds * options.PerSecond));
        bucket.Filled = now;
    }

    /// <summary>Guarded by a lock on itself.</summary>
    private sealed class Bucket(double permits, long filled)
    {
        public double Permits { get; set; } = permits;

        public long Filled { get; set; } = filled;
    }
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
