using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Gateway.FrontDoor;

namespace Gateway.Identity;

/// <summary>
/// How many tokens that turn out bad one peer may present, so that nobody can make the identity service work for guesses. A token bucket a peer;
/// a permit is taken before a token is verified, and given back once the token is known not to be refused. Who finds none left while tokens of the same peer are
/// still being verified waits for what becomes of them, since many good callers may come at once. Tokens already known are not counted.
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

    /// <summary>Takes a permit, to be settled once the token was verified; a refusal when the peer's are used up by bad tokens.</summary>
    /// <exception cref="OperationCanceledException">The caller left while it waited.</exception>
    public async ValueTask<Passage<AttemptPermit>> TakeAsync(PeerKey peer, CancellationToken cancel)
    {
        if (options.Burst == 0) return AttemptPermit.Unlimited;
        while (true)
        {
            TaskCompletionSource turn;
            lock (_lock)
            {
                var bucket = BucketOf(peer);
                Refill(bucket);
                if (bucket.Permits >= 1)
                {
                    bucket.Permits--;
                    bucket.Out++;
                    return new AttemptPermit(bucket);
                }

                if (bucket.Out == 0) return TooMany(1 - bucket.Permits);
                bucket.Waiting.Enqueue(turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            }

            await turn.Task.WaitAsync(cancel);
        }
    }

    /// <summary>A token was verified, or nothing can be said of it any more. Every permit is settled once.</summary>
    /// <param name="permit">What was taken for it.</param>
    /// <param name="isBad">It was refused, or is not known not to be.</param>
    public void Settle(AttemptPermit permit, bool isBad)
    {
        if (permit.From is not { } bucket) return;
        lock (_lock)
        {
            bucket.Out--;
            if (!isBad) bucket.Permits = Math.Min(options.Burst, bucket.Permits + 1);
            // INVARIANT: nobody waits when no token is being verified. One who left takes nobody's turn for longer than until the next is settled.
            for (var turns = bucket.Out == 0 ? int.MaxValue : (int)bucket.Permits; turns > 0 && bucket.Waiting.TryDequeue(out var next); turns--) next.TrySetResult();
        }
    }

    private Refusal TooMany(double missing) => new(StatusCodes.Status429TooManyRequests, "authentication_limited", "This request was rate-limited.")
    {
        Explanation = "Too many requests with invalid tokens came from this address.",
        RetryAfterSeconds = Math.Max(1, (long)Math.Ceiling(missing / options.PerSecond)),
    };

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

        /// <summary>Permits whose tokens are being verified.</summary>
        public int Out { get; set; }

        /// <summary>Those who wait for one of them to be settled, the first to come first.</summary>
        public Queue<TaskCompletionSource> Waiting { get; } = new();
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
