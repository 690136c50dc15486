using System.Collections.Frozen;

namespace Gateway.Limits;

/// <summary>Whose calls a limit counts together. Several may be joined: one bucket for each user and action.</summary>
[Flags]
internal enum LimitScope
{
    /// <summary>Everybody's calls count together.</summary>
    Global = 0,
    User = 1,
    Project = 2,
    Action = 4,
}

/// <summary>Whether a limit refuses, or only reports that it would have.</summary>
internal enum LimitMode
{
    Enforce,
    Shadow,
}

/// <summary>
/// One limit: at most <see cref="Burst"/> calls at once, and in the long run <see cref="Count"/> per <see cref="Unit"/>. Which calls count together
/// is said by <see cref="Scope"/>.
/// </summary>
internal sealed record Limit
{
    public required string Name { get; init; }

    public required LimitScope Scope { get; init; }

    /// <summary>Names of the actions it is about; null for every action.</summary>
    public required FrozenSet<string>? Actions { get; init; }

    public required int Count { get; init; }

    public required RateUnit Unit { get; init; }

    public required int Burst { get; init; }

    public required LimitMode Mode { get; init; }

    /// <summary>
    /// Microseconds after which one call more is allowed, rounded up so that never more than the rate is admitted. This is the emission
    /// interval of GCRA (ITU-T I.371, generic cell rate algorithm).
    /// </summary>
    public long Interval => (Unit.Microseconds + Count - 1) / Count;

    /// <summary>Microseconds of calls that may be ahead of time: the whole burst.</summary>
    public long Tolerance => Interval * Burst;

    /// <summary>Buckets belong to a definition: a limit whose rate, burst or scope is edited starts afresh, any other edit keeps its buckets.</summary>
    public string Identity => $"{Name}\n{(int)Scope}\n{Interval}\n{Burst}";

    public bool AppliesTo(string action) => Actions is null || Actions.Contains(action);
}

/// <summary>The unit of a rate: its word and its length in microseconds.</summary>
internal sealed record RateUnit(string Word, long Microseconds)
{
    private const long Second = 1_000_000;

    public static IReadOnlyList<RateUnit> All { get; } =
    [
        new("second", Second),
        new("minute", 60 * Second),
        new("hour", 3600 * Second),
        new("day", 86_400 * Second),
    ];
}
