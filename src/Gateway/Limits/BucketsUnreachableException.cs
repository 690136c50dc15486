namespace Gateway.Limits;

/// <summary>The store of the buckets did not answer, or not in time, or answered that it cannot serve.</summary>
internal sealed class BucketsUnreachableException(string problem, Exception? inner = null) : Exception(problem, inner)
{
    /// <summary>The hash tag of the buckets that were asked for; null when it is not known.</summary>
    public string? Tag { get; init; }
}
