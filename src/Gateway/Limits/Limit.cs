using System.Collections.Frozen;

namespace Gateway.Limits;

/// <summary>
/// One limit, as its file defines it: how many calls (<see cref="Numbers"/>), of which actions, and which of them count together
/// (<see cref="Scope"/>).
/// </summary>
internal sealed record Limit
{
    public required string Name { get; init; }

    public required LimitScope Scope { get; init; }

    /// <summary>Names of the actions it is about; null for every action.</summary>
    public required FrozenSet<string>? Actions { get; init; }

    public required LimitNumbers Numbers { get; init; }

    /// <summary>By project id, for projects that are treated otherwise.</summary>
    public FrozenDictionary<string, LimitNumbers>? Projects { get; init; }

    public LimitCounts Counts { get; init; } = LimitCounts.Calls;

    public LimitCost Cost { get; init; } = LimitCost.One;

    /// <summary>How long a lease lives that nobody renews: after so long, the calls of a gateway that died no longer count.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a call counts after it was accepted, or may have been, for actions that go on in the backend.</summary>
    public TimeSpan Hold { get; init; }

    public LimitExemption? Exempt { get; init; }

    public SourceNetwork Network { get; init; } = SourceNetwork.Customary;

    public LimitMode Mode { get; init; } = LimitMode.Enforce;

    /// <summary>Null: by the action, as <see cref="RedisAbsence"/> says.</summary>
    public WithoutRedis? WithoutRedis { get; init; }

    public bool IsShadow => Mode == LimitMode.Shadow;

    public bool IsConcurrency => Numbers.Concurrent > 0;

    public bool AppliesTo(string action) => Actions is null || Actions.Contains(action);
}
