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
    /// <param name="step">What the call took.</param>
    /// <param name="goesOn">It was accepted, or may have been.</param>
    /// <param name="ago">For how long it has been over.</param>
    /// <returns>False when not all who share the places know of it.</returns>
    ValueTask<bool> ReleaseAsync(BucketStep step, bool goesOn, TimeSpan ago);

    /// <summary>Makes the places of calls last for another lease, and takes them where they are not known.</summary>
    /// <returns>For each, whether all who share its places know of it.</returns>
    ValueTask<bool[]> RenewAsync(IReadOnlyList<BucketStep> steps);
}

/// <summary>Buckets that may be out of reach, all or those of some nodes.</summary>
internal interface IRemoteBuckets : IBucketStore
{
    /// <summary>Where a bucket lies: what may be out of reach by itself. Costs next to nothing.</summary>
    string NodeOf(in BucketAsk ask);

    /// <summary>
    /// Undoes a step that was taken and whose call is refused all the same. Permits that came back by themselves meanwhile are not given a second time.
    /// </summary>
    Task GiveBackAsync(BucketStep step, StepAnswer answer);
}
