namespace Gateway.Limits;

/// <summary>A refusal by limits, in the numbers and words of the answer: status 429, Nova's `overLimit`.</summary>
/// <param name="LimitName">The limit that takes longest to let the call pass.</param>
/// <param name="RetryAfterSeconds">Whole seconds, rounded up, never 0: a call made then passes if nothing else was used. Null when no waiting helps.</param>
/// <param name="Message">For the client.</param>
/// <param name="Details">For the client: the rule that was broken.</param>
internal sealed record LimitRefusal(string LimitName, long? RetryAfterSeconds, string Message, string Details)
{
    /// <summary>The caller did nothing too often: the limits could not be asked, and one of them would rather refuse. Answered 503.</summary>
    public bool IsUnavailable { get; init; }
}

/// <summary>The answer of all limits that a call meets, taken in one step.</summary>
/// <param name="Refusal">Null when the call may proceed.</param>
/// <param name="Reports">One for each limit the call meets, in the file's order.</param>
internal sealed record LimitDecision(LimitRefusal? Refusal, IReadOnlyList<LimitReport> Reports)
{
    public static LimitDecision Unlimited { get; } = new(null, []);

    public bool Allowed => Refusal is null;

    /// <summary>Places that the call holds until it is over; null when it holds none.</summary>
    public LimitLease? Lease { get; init; }
}
