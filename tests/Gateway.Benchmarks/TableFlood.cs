using System.Globalization;
using Gateway.Limits;
using Gateway.Targets;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Benchmarks;

/// <summary>What is left in memory after a great many distinct servers, and after as many callers with buckets of their own; see <see cref="TokenFlood"/> for tokens.</summary>
internal static class TableFlood
{
    private const int Step = 200_000;

    public static int Run()
    {
        Console.WriteLine($"{"",-34}{"distinct",12}{"kept",12}{"heap, MB",12}");
        using var servers = new TargetDirectory(null!, new TargetOptions(), NullLogger<TargetDirectory>.Instance);
        Flood("servers", i => servers.Remember(new ServerTarget(TargetGrowth.Server(i), "project-1", "user-1")), () => servers.Count);
        var buckets = new MemoryBuckets(TimeProvider.System);
        // Nothing that is used comes back within the hour, so no place becomes free.
        var entries = ManyLimits.Wide(4).Select(limit => new LimitEntry(limit, new LimitNumbers { Count = 1, Unit = RateUnit.All[2], Burst = 10 })).ToArray();
        Flood("callers, four buckets each", i => buckets.Decide(StepOf(entries, i), take: true), () => buckets.BucketCount);
        return 0;
    }

    private static void Flood(string what, Action<int> one, Func<int> kept)
    {
        Print(what, 0, kept());
        for (var done = 0; done < 5 * Step;)
        {
            for (var i = 0; i < Step; i++) one(done++);
            Print(what, done, kept());
        }
    }

    private static void Print(string what, int done, int kept) =>
        Console.WriteLine($"{what,-34}{done,12:N0}{kept,12:N0}{GC.GetTotalMemory(forceFullCollection: true) / 1e6,12:F1}");

    private static BucketStep StepOf(LimitEntry[] entries, int caller)
    {
        var request = new LimitRequest(caller.ToString("x32", CultureInfo.InvariantCulture), (~caller).ToString("x32", CultureInfo.InvariantCulture), "createBackup");
        return new BucketStep([.. entries.Select(entry => new BucketAsk(entry, BucketKey.Of(entry, request)!.Value, 1, WithoutRedis.Local))], "");
    }
}
