using BenchmarkDotNet.Attributes;
using Gateway.Limits;

namespace Gateway.Benchmarks;

/// <summary>Limits in memory: a call decided by one, by four in one step, and refused.</summary>
public class LimitBenchmarks
{
    private readonly LimitRequest _call = ManyLimits.Call;
    private Limiter _one = null!;
    private Limiter _four = null!;
    private Limiter _usedUp = null!;

    [GlobalSetup]
    public void Load()
    {
        (_one, _four, _usedUp) = (Of(ManyLimits.Wide(1)), Of(ManyLimits.Wide(4)), Of([.. ManyLimits.Wide(3), ManyLimits.UsedUp]));
        if (!OneLimit() || !FourLimits() || !Allows(_usedUp) || Refused()) throw new InvalidOperationException("the decisions to be timed are not the expected ones");
    }

    [Benchmark]
    public bool OneLimit() => Allows(_one);

    [Benchmark]
    public bool FourLimits() => Allows(_four);

    [Benchmark]
    public bool Refused() => Allows(_usedUp);

    // In memory nothing is waited for.
    private bool Allows(Limiter limiter)
    {
        var decision = limiter.TakeAsync(_call);
        return decision.IsCompletedSuccessfully && decision.Result.Allowed;
    }

    private static Limiter Of(IReadOnlyList<Limit> limits) => new(new LimitSet(limits, []), new MemoryBuckets(TimeProvider.System), new OpenLeases(TimeProvider.System));
}

/// <summary>Limits as these benchmarks use them.</summary>
internal static class ManyLimits
{
    private static readonly LimitScope[] Scopes = [LimitScope.Project, LimitScope.User | LimitScope.Project, LimitScope.User | LimitScope.Project | LimitScope.Action, LimitScope.Project | LimitScope.Action];

    public static LimitRequest Call { get; } = new("e2eb87225491f0cf3e9c3812d5d337ee", "d799dd2d294cd5344e7bdd6ee4c62554", "createBackup");

    public static Limit UsedUp { get; } = Limit("used-up", LimitScope.Project, count: 1, RateUnit.All[3]);

    /// <summary>So many that never refuse.</summary>
    public static Limit[] Wide(int count) => [.. Scopes.Take(count).Select((scope, i) => Limit($"limit-{i}", scope, 1_000_000, RateUnit.All[0]))];

    private static Limit Limit(string name, LimitScope scope, int count, RateUnit unit) => new()
    {
        Name = name,
        Scope = scope,
        Actions = null,
        Numbers = new LimitNumbers { Count = count, Unit = unit, Burst = count },
    };
}
