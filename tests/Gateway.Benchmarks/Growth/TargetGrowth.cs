using Gateway.Targets;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Benchmarks;

/// <summary>A server's owner among few that are known and among many, and one more where no more are kept.</summary>
internal static class TargetGrowth
{
    private const int Operations = 16_384;

    public static string Server(int i) => $"11111111-2222-3333-4444-{i:x12}";

    public static async Task PrintAsync()
    {
        var directories = GrowthCurve.Sizes.Select(size => (Size: size, Servers: Filled(size))).ToArray();
        await GrowthCurve.PrintAsync("a server's owner among so many known, always the same", Operations, [.. directories.Select(one => Known(one.Size, one.Servers, Drawn.Same))]);
        await GrowthCurve.PrintAsync("… any of them", Operations, [.. directories.Select(one => Known(one.Size, one.Servers, Drawn.Any))]);
        await GrowthCurve.PrintAsync("a new owner remembered where so many are kept at the most", Operations, [.. directories.Select(one => Added(one.Size, one.Servers))]);
    }

    private static GrowthProbe Known(int size, TargetDirectory directory, Drawn drawn) => GrowthProbe.Of(size, Operations, drawn, Server, server => directory.Known(server) is not null);

    private static GrowthProbe Added(int size, TargetDirectory directory) => GrowthProbe.Of(size, Operations, Drawn.Other, Server, server =>
    {
        directory.Remember(new ServerTarget(server, "project-1", "user-1"));
        return true;
    });

    private static TargetDirectory Filled(int size)
    {
        // No backend is asked.
        var directory = new TargetDirectory(null!, new TargetOptions { CachedServers = size }, NullLogger<TargetDirectory>.Instance);
        for (var i = 0; i < size; i++) directory.Remember(new ServerTarget(Server(i), "project-1", "user-1"));
        return directory;
    }
}
