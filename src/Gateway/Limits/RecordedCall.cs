namespace Gateway.Limits;

/// <summary>A call that was made once, as the record tells it.</summary>
/// <param name="Time">When.</param>
/// <param name="Request">Who asked what.</param>
/// <param name="Counts">Whether it was allowed by the rules or denied.</param>
/// <param name="Who">The user's name, for people.</param>
internal sealed record RecordedCall(DateTimeOffset Time, LimitRequest Request, LimitCounts Counts, string Who)
{
    /// <summary>When it was over.</summary>
    public DateTimeOffset End { get; init; } = Time;

    /// <summary>It was answered with success.</summary>
    public bool Succeeded { get; init; }
}
