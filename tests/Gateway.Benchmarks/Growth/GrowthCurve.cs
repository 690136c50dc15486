using System.Globalization;

namespace Gateway.Benchmarks;

/// <summary>
/// Times an operation at several sizes in turn, over several rounds, in CPU time of the whole process, which holds on a machine that others use too. Of each
/// size the median; of two sizes the median of the ratios within a round, so that what the machine did meanwhile falls on both alike.
/// </summary>
internal static class GrowthCurve
{
    private const int Rounds = 15;
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(300);

    /// <summary>The sizes: 10², 10⁴, 10⁶.</summary>
    public static IReadOnlyList<int> Sizes { get; } = [100, 10_000, 1_000_000];

    public static void PrintHead()
    {
        Console.WriteLine("| what | 10² | 10⁴ | 10⁶ | 10⁴ : 10² | 10⁶ : 10² | lowest – highest |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
    }

    /// <summary>Measures, and prints a row of the table. A size that is not its column's is written with the figure.</summary>
    /// <param name="what">The operation, in the table's words.</param>
    /// <param name="operations">How often a sample does it.</param>
    /// <param name="probes">One for each size.</param>
    public static async Task PrintAsync(string what, int operations, IReadOnlyList<GrowthProbe> probes)
    {
        foreach (var probe in probes) await WarmUpAsync(probe);
        GC.Collect();
        var times = probes.Select(_ => new double[Rounds]).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            // The same draws for every size.
            for (var i = 0; i < probes.Count; i++) times[i][round] = await SampleAsync(probes[i], new Random(round)) / operations;
        }

        var ratios = times.Skip(1).Select(of => of.Zip(times[0], (large, small) => large / small).Order().ToArray()).ToArray();
        string[] cells =
        [
            what,
            .. probes.Select((probe, i) => Time(Median(times[i])) + (probe.Size == Sizes[i] ? "" : string.Create(CultureInfo.InvariantCulture, $" at {probe.Size:N0}"))),
            .. ratios.Select(ratio => Number(Median(ratio))),
            $"{Number(ratios[^1][0])} – {Number(ratios[^1][^1])}",
        ];
        Console.WriteLine($"| {string.Join(" | ", cells)} |");
    }

    private static async Task WarmUpAsync(GrowthProbe probe)
    {
        // Until the code that runs often has been compiled for that.
        var begun = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 3 || (i < 100 && TimeProvider.System.GetElapsedTime(begun) < WarmUp); i++) await SampleAsync(probe, new Random(-1 - i));
    }

    /// <summary>In nanoseconds.</summary>
    private static async Task<double> SampleAsync(GrowthProbe probe, Random random)
    {
        await probe.DrawAsync(random);
        var before = Environment.CpuUsage.TotalTime;
        await probe.RunAsync();
        return (Environment.CpuUsage.TotalTime - before).TotalNanoseconds;
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private static string Time(double nanoseconds) => nanoseconds < 1000 ? $"{nanoseconds:F0} ns" : $"{nanoseconds / 1000:F1} µs";

    private static string Number(double ratio) => ratio.ToString("F2", CultureInfo.InvariantCulture);
}
