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

    public static LimitNumbers Rate(int count = 10, string unit = "minute", int? burst = null) =>
        new() { Count = count, Unit = RateUnit.All.Single(candidate => candidate.Word == unit), Burst = burst ?? count };

    public static Limit Limit(
        string name = "limit", LimitScope scope = LimitScope.User, int count = 10, string unit = "minute", int? burst = null,
        LimitMode mode = LimitMode.Enforce) => new()
        {
            Name = name,
            Scope = scope,
            Actions = null,
            Numbers = Rate(count, unit, burst),
            Mode = mode,
        };

    public static Limit Places(string name = "places", LimitScope scope = LimitScope.User, int concurrent = 2, int leaseSeconds = 30, int holdSeconds = 0) => new()
    {
        Name = name,
        Scope = scope,
        Actions = null,
        Numbers = new LimitNumbers { Concurrent = concurrent },
        Lease = TimeSpan.FromSeconds(leaseSeconds),
        Hold = TimeSpan.FromSeconds(holdSeconds),
    };

    public static Limiter Limiter(FakeTimeProvider time, params Limit[] limits) => LimiterOn(new MemoryBuckets(time), time, limits);

    public static Limiter LimiterOn(IBucketStore store, TimeProvider time, params Limit[] limits) =>
        LimiterOn(store, time, out _, limits);

    /// <param name="store">Where is counted.</param>
    /// <param name="time">The time.</param>
    /// <param name="leases">The leases that it opens.</param>
    /// <param name="limits">What is limited.</param>
    public static Limiter LimiterOn(IBucketStore store, TimeProvider time, out OpenLeases leases, params Limit[] limits) =>
        new(new LimitSet(limits, []), store, leases = new OpenLeases(time));

    /// <summary>In memory nothing is waited for.</summary>
    public static LimitDecision Take(this Limiter limiter, LimitRequest request) => Now(limiter.TakeAsync(request));

    /// <inheritdoc cref="Take(Limiter, LimitRequest)"/>
    public static LimitDecision Peek(this Limiter limiter, LimitRequest request) => Now(limiter.PeekAsync(request));

    /// <summary>A step as a call of these limits makes it.</summary>
    public static BucketStep Step(string lease, LimitRequest request, params Limit[] limits) => new(
        [
            .. limits.Select(limit =>
            {
                var entry = new LimitEntry(limit, limit.Numbers);
                var cost = limit.IsConcurrency ? 1 : limit.Cost.Fixed;
                return new BucketAsk(entry, BucketKey.Of(entry, request)!.Value, cost, limit.WithoutRedis ?? WithoutRedis.Local);
            }),
        ],
        lease);

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

    private static LimitDecision Now(ValueTask<LimitDecision> decision)
    {
        Assert.True(decision.IsCompletedSuccessfully);
        return decision.Result;
    }
}
