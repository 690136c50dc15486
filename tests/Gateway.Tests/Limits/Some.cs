using Gateway.Actions;
using Gateway.Limits;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Tests.Limits;

/// <summary>Limits and calls as these tests write them.</summary>
internal static class Some
{
    private static readonly Lazy<ApiCatalogue> Shipped = new(ApiCatalogue.LoadEmbedded);

    public static ApiCatalogue Catalogue => Shipped.Value;

    public static LimitRequest Call(string user = "alice", string? project = "demo", string action = "createBackup") => new(user, project, action);

    public static Limit Limit(
        string name = "limit", LimitScope scope = LimitScope.User, int count = 10, string unit = "minute", int? burst = null,
        LimitMode mode = LimitMode.Enforce) => new()
        {
            Name = name,
            Scope = scope,
            Actions = null,
            Count = count,
            Unit = RateUnit.All.Single(candidate => candidate.Word == unit),
            Burst = burst ?? count,
            Mode = mode,
        };

    public static Limiter Limiter(FakeTimeProvider time, params Limit[] limits) => new(new LimitSet(limits, []), time);

    public static LimitSet Loaded(string yaml)
    {
        var result = LimitSet.Load(yaml, "limits.yaml", Catalogue);
        Assert.Empty(result.Problems);
        return result.Limits!;
    }

    public static IReadOnlyList<string> Problems(string yaml)
    {
        var result = LimitSet.Load(yaml, "limits.yaml", Catalogue);
        Assert.Null(result.Limits);
        return result.Problems;
    }
}
