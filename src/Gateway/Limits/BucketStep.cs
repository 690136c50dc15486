using System.Runtime.InteropServices;

namespace Gateway.Limits;

/// <summary>What a call asks of one bucket.</summary>
/// <param name="Entry">The limit.</param>
/// <param name="Key">The bucket.</param>
/// <param name="Cost">Permits asked for; of a limit on calls at the same time always one.</param>
/// <param name="WithoutRedis">What happens while Redis cannot be asked.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct BucketAsk(LimitEntry Entry, BucketKey Key, int Cost, WithoutRedis WithoutRedis)
{
    public bool IsEnforced => Entry.Limit.Mode == LimitMode.Enforce;
}

/// <summary>Everything a call asks for, decided in one step: all of it is given, or nothing is.</summary>
/// <param name="Asks">At least one; no bucket twice.</param>
/// <param name="Lease">The id under which the call holds its places in limits on calls at the same time; unique among all gateways.</param>
internal sealed record BucketStep(BucketAsk[] Asks, string Lease);

/// <summary>How a bucket was decided.</summary>
internal enum BucketState
{
    /// <summary>By its numbers.</summary>
    Counted,

    /// <summary>There was no room to count it in.</summary>
    Untracked,

    /// <summary>By what was remembered of an earlier refusal.</summary>
    Remembered,

    /// <summary>Not asked at all, because others had refused already; nothing is known of it.</summary>
    Unasked,

    /// <summary>Redis could not be asked: refused for that.</summary>
    Denied,

    /// <summary>Redis could not be asked: counted in this process.</summary>
    Local,

    /// <summary>Redis could not be asked: let pass.</summary>
    Allowed,
}

/// <summary>What a bucket said. Times are in microseconds.</summary>
/// <param name="Passed">It lets the call pass, or would if it were enforced.</param>
/// <param name="Remaining">Permits that could be had at once now.</param>
/// <param name="Retry">How long until it would let the call pass; <see cref="Never"/> when no waiting helps; 0 when it does now.</param>
/// <param name="Next">How long until one permit more than <paramref name="Remaining"/> can be had; 0 when all can.</param>
/// <param name="Reset">How long until nothing counts as used.</param>
/// <param name="State">How it was decided.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct BucketAnswer(bool Passed, long Remaining, long Retry, long Next, long Reset, BucketState State)
{
    /// <summary>The time of the store's clock at which it said so; 0 when it was not asked.</summary>
    public long At { get; init; }

    public const long Never = -1;

    /// <summary>Nobody knows when a call at work ends; asking again after a second costs little.</summary>
    public const long PlaceRetry = 1_000_000;

    public static BucketAnswer Unasked => new(true, 0, 0, 0, 0, BucketState.Unasked);

    /// <summary>The answer of a bucket of the generic cell rate algorithm.</summary>
    /// <param name="entry">The limit.</param>
    /// <param name="ahead">Microseconds for which the bucket is used up, before the call.</param>
    /// <param name="cost">What the call asks for.</param>
    /// <param name="isTaken">The call passed and counts.</param>
    /// <param name="state">How it was decided.</param>
    public static BucketAnswer OfRate(LimitEntry entry, long ahead, int cost, bool isTaken, BucketState state = BucketState.Counted)
    {
        var need = ahead + (cost * entry.Interval) - entry.Tolerance;
        var passed = need <= 0;
        var used = passed && isTaken ? ahead + (cost * entry.Interval) : ahead;
        var remaining = Math.Max(0, (entry.Tolerance - used) / entry.Interval);
        return new BucketAnswer(
            passed,
            remaining,
            passed ? 0 : cost * entry.Interval > entry.Tolerance ? Never : need,
            used == 0 ? 0 : used + ((remaining + 1) * entry.Interval) - entry.Tolerance,
            used,
            state);
    }

    /// <summary>The answer of a limit on calls at the same time.</summary>
    public static BucketAnswer OfPlaces(LimitEntry entry, int used, bool isTaken, BucketState state = BucketState.Counted)
    {
        var passed = used < entry.Concurrent;
        var remaining = Math.Max(0, entry.Concurrent - used - (passed && isTaken ? 1 : 0));
        return new BucketAnswer(passed, remaining, passed ? 0 : PlaceRetry, remaining == 0 ? PlaceRetry : 0, 0, state);
    }
}

/// <summary>The answer to a step.</summary>
/// <param name="Refused">Nothing was given, and nothing was counted.</param>
/// <param name="Answers">One for each ask, in order.</param>
internal sealed record StepAnswer(bool Refused, BucketAnswer[] Answers);
