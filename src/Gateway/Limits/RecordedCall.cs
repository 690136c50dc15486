namespace Gateway.Limits;

/// <summary>Something that limits see, as the record tells it.</summary>
/// <param name="Time">When.</param>
internal abstract record RecordedMoment(DateTimeOffset Time);

/// <summary>A call that was made once.</summary>
/// <param name="Time">When.</param>
/// <param name="Request">Who asked what.</param>
/// <param name="Counts">Whether it was allowed by the rules or denied.</param>
/// <param name="Who">The user's name, for people.</param>
/// <param name="Id">Under which its end is told; null when it was over at once.</param>
internal sealed record RecordedCall(DateTimeOffset Time, LimitRequest Request, LimitCounts Counts, string Who, string? Id = null) : RecordedMoment(Time);

/// <summary>A call was over.</summary>
/// <param name="Time">When.</param>
/// <param name="Id">The call's.</param>
/// <param name="GoesOn">It was accepted, or may have been.</param>
internal sealed record RecordedEnd(DateTimeOffset Time, string Id, bool GoesOn) : RecordedMoment(Time);
