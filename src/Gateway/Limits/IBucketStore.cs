namespace Gateway.Limits;

/// <summary>
/// Holds buckets and leases. Implementations behave the same, exactly, under any number of callers, and have one clock which no gateway's wall clock
/// influences.
/// </summary>
internal interface IBucketStore
{
    /// <summary>Decides all asks in one step: nothing is counted when an enforced one refuses, and a shadow one that would refuse is left as it is.</summary>
    ValueTask<StepAnswer> TakeAsync(BucketStep step);

    /// <summary>What <see cref="TakeAsync"/> would say, without counting anything.</summary>
    ValueTask<StepAnswer> PeekAsync(BucketStep step);

    /// <summary>
    /// The refusal that a step would get, when it is known here without asking anybody; null when it is not known, or the step would pass.
    /// </summary>
    StepAnswer? RefusedBefore(BucketStep step);

    /// <summary>Gives the call's places back; those of limits that hold, only after their time. Places that are not there are no fault.</summary>
    ValueTask ReleaseAsync(BucketStep step, bool succeeded);

    /// <summary>Makes the call's places last for another lease.</summary>
    ValueTask RenewAsync(BucketStep step);
}
