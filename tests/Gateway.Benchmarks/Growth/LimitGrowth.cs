using System.Collections.Frozen;
using System.Globalization;
using Gateway.Actions;
using Gateway.Limits;

namespace Gateway.Benchmarks;

/// <summary>Four limits in one step, with few limits defined and many, with few buckets in memory and many.</summary>
internal static class LimitGrowth
{
    private const int Operations = 8_192;

    public static async Task PrintAsync()
    {
        var actions = LimitableAction.Of(ApiCatalogue.LoadEmbedded());
        await GrowthCurve.PrintAsync("four limits in one step, so many limits defined", Operations, [.. GrowthCurve.Sizes.Select(size => Defined(size, actions))]);
        var held = GrowthCurve.Sizes.Select(size => (Size: size, Limiter: Filled(size, capacity: 2 * size, actions))).ToArray();
        await GrowthCurve.PrintAsync("four limits in one step, so many buckets in memory, always the same four", Operations, [.. held.Select(one => Held(one.Size, one.Limiter, Drawn.Same))]);
        await GrowthCurve.PrintAsync("… any four of them", Operations, [.. held.Select(one => Held(one.Size, one.Limiter, Drawn.Any))]);
        await GrowthCurve.PrintAsync("… a new caller, refused because every place is taken", Operations, [.. GrowthCurve.Sizes.Select(size => Held(size, Filled(size, capacity: size, actions), Drawn.Other))]);
    }

    private static GrowthProbe Defined(int size, IReadOnlyList<LimitableAction> actions)
    {
        // Those that are not met are each about one other action.
        var others = actions.Where(action => action.Name != ManyLimits.Call.ActionName).Select(action => FrozenSet.ToFrozenSet([action.Name], StringComparer.Ordinal)).ToArray();
        var four = ManyLimits.Wide(4);
        Limit[] limits = [.. four, .. Enumerable.Range(4, size - 4).Select(i => four[0] with { Name = $"other-{i}", Actions = others[i % others.Length] })];
        var limiter = new Limiter(new LimitSet(limits, actions), new MemoryBuckets(TimeProvider.System), new OpenLeases(TimeProvider.System));
        return GrowthProbe.Of(size, () =>
        {
            for (var i = 0; i < Operations; i++)
                if (!Take(limiter, ManyLimits.Call).Allowed) throw new InvalidOperationException("the call is refused");
        });
    }

    private static GrowthProbe Held(int size, Limiter limiter, Drawn drawn) =>
        GrowthProbe.Of(size, Operations, drawn, i => Call(drawn == Drawn.Other ? i : i / 4), call => Take(limiter, call).Allowed == (drawn != Drawn.Other));

    /// <summary>With so many buckets, all of them in use.</summary>
    private static Limiter Filled(int size, int capacity, IReadOnlyList<LimitableAction> actions)
    {
        // A bucket that is used for an hour by each call, and full after a million of them.
        var limits = ManyLimits.Wide(4).Select(limit => limit with { Numbers = new LimitNumbers { Count = 1, Unit = RateUnit.All[2], Burst = 1_000_000 } }).ToArray();
        var buckets = new MemoryBuckets(TimeProvider.System, capacity);
        var limiter = new Limiter(new LimitSet(limits, actions), buckets, new OpenLeases(TimeProvider.System));
        for (var i = 0; i < size / 4; i++) Take(limiter, Call(i));
        return buckets.BucketCount == size ? limiter : throw new InvalidOperationException($"{buckets.BucketCount} buckets are held, not {size}");
    }

    private static LimitRequest Call(int i) => new(i.ToString("x32", CultureInfo.InvariantCulture), (~i).ToString("x32", CultureInfo.InvariantCulture), "createBackup");

    // In memory nothing is waited for.
    private static LimitDecision Take(Limiter limiter, LimitRequest call)
    {
        var decision = limiter.TakeAsync(call);
        return decision.IsCompletedSuccessfully ? decision.Result : throw new InvalidOperationException("the limits wait for something");
    }
}
