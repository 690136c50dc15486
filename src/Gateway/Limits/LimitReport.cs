namespace Gateway.Limits;

/// <summary>What one limit said to one call.</summary>
internal sealed record LimitReport
{
    /// <summary>The limit's name.</summary>
    public required string Name { get; init; }

    /// <summary>Calls per <see cref="Unit"/> in the long run; 0 for a limit on calls at the same time.</summary>
    public int Limit { get; init; }

    /// <summary>second, minute, hour or day.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Calls allowed at once when nothing was used; for a limit on calls at the same time, all of them.</summary>
    public required int Burst { get; init; }

    /// <summary>What the call counts for.</summary>
    public int Cost { get; init; } = 1;

    /// <summary>Calls that would be allowed at once now.</summary>
    public required long Remaining { get; init; }

    /// <summary>It lets the call pass, or would if it were enforced.</summary>
    public required bool Passed { get; init; }

    /// <summary>How long until it would let the call pass; null when it does, and when no waiting helps.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>How long until one call more is allowed; zero when nothing is used.</summary>
    public TimeSpan NextAfter { get; init; }

    /// <summary>How long until nothing counts as used.</summary>
    public TimeSpan ResetAfter { get; init; }

    /// <summary>It limits calls at the same time, not a rate.</summary>
    public bool IsConcurrency { get; init; }

    /// <summary>It only reports, and never refuses.</summary>
    public bool Shadow { get; init; }

    /// <summary>How it was decided; everything but <see cref="BucketState.Counted"/> is out of the ordinary.</summary>
    public BucketState State { get; init; }

    /// <summary>Redis could not be asked, and this was done instead: <c>deny</c>, <c>local</c> or <c>allow</c>; otherwise null.</summary>
    public string? Degraded => State switch
    {
        BucketState.Denied => "deny",
        BucketState.Local => "local",
        BucketState.Allowed => "allow",
        _ => null,
    };

    public static LimitReport Of(in BucketAsk ask, in BucketAnswer answer) => new()
    {
        Name = ask.Entry.Limit.Name,
        Limit = ask.Entry.Numbers.Count,
        Unit = ask.Entry.Limit.IsConcurrency ? "" : ask.Entry.Numbers.Unit.Word,
        Burst = ask.Entry.Numbers.Most,
        Cost = ask.Cost,
        Remaining = answer.Remaining,
        Passed = answer.Passed,
        RetryAfter = answer.Passed || answer.Retry < 0 ? null : TimeSpan.FromMicroseconds(answer.Retry),
        NextAfter = TimeSpan.FromMicroseconds(answer.Next),
        ResetAfter = TimeSpan.FromMicroseconds(answer.Reset),
        IsConcurrency = ask.Entry.Limit.IsConcurrency,
        Shadow = !ask.IsEnforced,
        State = answer.State,
    };
}
