namespace Gateway.Limits;

/// <summary>What one limit said to one call.</summary>
/// <param name="Name">The limit's name.</param>
/// <param name="Limit">Calls per <paramref name="Unit"/> in the long run.</param>
/// <param name="Unit">second, minute, hour or day.</param>
/// <param name="Burst">Calls allowed at once when nothing was used.</param>
/// <param name="Remaining">Calls that would be allowed at once now.</param>
/// <param name="RetryAfter">How long until this limit would let the call pass; null when it does.</param>
/// <param name="ResetAfter">How long until nothing counts as used.</param>
/// <param name="Shadow">It only reports, and never refuses.</param>
/// <param name="Untracked">The table of buckets was full, so that the call could not be counted.</param>
internal sealed record LimitReport(
    string Name, int Limit, string Unit, int Burst, long Remaining, TimeSpan? RetryAfter, TimeSpan ResetAfter, bool Shadow, bool Untracked)
{
    /// <summary>The limit lets the call pass, or would if it were enforced.</summary>
    public bool Passed => RetryAfter is null;
}

/// <summary>A refusal by limits, in the numbers and words of the answer: status 429, Nova's `overLimit`.</summary>
/// <param name="LimitName">The limit that takes longest to let the call pass.</param>
/// <param name="RetryAfterSeconds">Whole seconds, rounded up, never 0: a call made then passes if nothing else was used.</param>
/// <param name="Message">For the client.</param>
/// <param name="Details">For the client: the rule that was broken.</param>
internal sealed record LimitRefusal(string LimitName, long RetryAfterSeconds, string Message, string Details);

/// <summary>The answer of all limits that a call meets, taken in one step.</summary>
/// <param name="Refusal">Null when the call may proceed.</param>
/// <param name="Reports">One for each limit the call meets, in the file's order.</param>
internal sealed record LimitDecision(LimitRefusal? Refusal, IReadOnlyList<LimitReport> Reports)
{
    public static LimitDecision Unlimited { get; } = new(null, []);

    public bool Allowed => Refusal is null;
}
