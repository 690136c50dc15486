namespace Gateway.Benchmarks;

/// <summary>The yardstick: a text of 36 characters looked up in a plain dictionary.</summary>
internal static class DictionaryGrowth
{
    private const int Operations = 16_384;

    public static async Task PrintAsync()
    {
        await GrowthCurve.PrintAsync("for comparison: a plain `Dictionary` of so many texts, always the same", Operations, [.. GrowthCurve.Sizes.Select(size => Probe(size, Drawn.Same))]);
        await GrowthCurve.PrintAsync("… any of them", Operations, [.. GrowthCurve.Sizes.Select(size => Probe(size, Drawn.Any))]);
    }

    private static GrowthProbe Probe(int size, Drawn drawn)
    {
        var table = Enumerable.Range(0, size).ToDictionary(TargetGrowth.Server, _ => new object(), StringComparer.Ordinal);
        return GrowthProbe.Of(size, Operations, drawn, TargetGrowth.Server, table.ContainsKey);
    }
}
