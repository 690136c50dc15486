namespace Gateway.Benchmarks;

/// <summary>
/// <c>growth [ROOM...]</c>: what the hot path costs with 10², 10⁴ and 10⁶ rules, limits, buckets, tokens, servers, operations and records present. Nothing on it
/// may grow with them, beyond what the processor's caches explain; a plain dictionary of as many keys shows how much that is.
/// </summary>
internal static class GrowthBenchmark
{
    private static readonly (string Room, Func<Task> PrintAsync)[] Rooms =
    [
        ("dictionary", DictionaryGrowth.PrintAsync),
        ("policy", PolicyGrowth.PrintAsync),
        ("limits", LimitGrowth.PrintAsync),
        ("identity", IdentityGrowth.PrintAsync),
        ("targets", TargetGrowth.PrintAsync),
        ("actions", CatalogueGrowth.PrintAsync),
        ("audit", AuditGrowth.PrintAsync),
        ("search", AuditGrowth.PrintIndexAsync),
    ];

    public static async Task<int> RunAsync(string[] rooms)
    {
        if (rooms.FirstOrDefault(room => Rooms.All(one => one.Room != room)) is { } unknown)
        {
            Console.WriteLine($"`{unknown}` is none of {string.Join(", ", Rooms.Select(one => one.Room))}");
            return 2;
        }

        GrowthCurve.PrintHead();
        foreach (var (room, printAsync) in Rooms)
        {
            if (rooms.Length > 0 && !rooms.Contains(room)) continue;
            await printAsync();
            // What a room held is not to lie in the next one's way.
            GC.Collect();
        }

        return 0;
    }
}
