using Gateway.Identity;
using Gateway.Policies;

namespace Gateway.Benchmarks;

/// <summary>A remembered token among few and among many, one more token where no more are kept, and the caller's object of a remembered subject.</summary>
internal static class IdentityGrowth
{
    private const int Operations = 16_384;

    public static async Task PrintAsync()
    {
        // With room for twice as many, so that all stay.
        var caches = GrowthCurve.Sizes.Select(size => (Size: size, Tokens: Filled(size, capacity: 2 * (size + 1)))).ToArray();
        await GrowthCurve.PrintAsync("a remembered token among so many (its SHA-256 is made before), always the same", Operations, [.. caches.Select(one => Known(one.Size, one.Tokens, Drawn.Same))]);
        await GrowthCurve.PrintAsync("… any of them", Operations, [.. caches.Select(one => Known(one.Size, one.Tokens, Drawn.Any))]);
        await GrowthCurve.PrintAsync("a new token remembered where so many are kept at the most", Operations, [.. GrowthCurve.Sizes.Select(Added)]);
        var callers = GrowthCurve.Sizes.Select(size => (Size: size, Subjects: Enumerable.Range(0, size).Select(i => Token(i).Subject).ToArray())).ToArray();
        await GrowthCurve.PrintAsync("what the rules see of a remembered caller, among so many, always the same", Operations, [.. callers.Select(one => Credentials(one.Size, one.Subjects, Drawn.Same))]);
        await GrowthCurve.PrintAsync("… any of them", Operations, [.. callers.Select(one => Credentials(one.Size, one.Subjects, Drawn.Any))]);
    }

    private static GrowthProbe Known(int size, TokenCache cache, Drawn drawn) => GrowthProbe.Of(size, Operations, drawn, Key, key => cache.Find(key) is not null);

    private static GrowthProbe Added(int size)
    {
        var (cache, token) = (Filled(size, capacity: size), Token(0));
        return GrowthProbe.Of(size, Operations, Drawn.Other, Key, key =>
        {
            cache.Add(key, token);
            return true;
        });
    }

    private static GrowthProbe Credentials(int size, Subject[] subjects, Drawn drawn)
    {
        var credentials = new SubjectCredentials();
        foreach (var subject in subjects) credentials.Of(subject);
        return GrowthProbe.Of(size, Operations, drawn, i => subjects[i], subject => credentials.Of(subject) is not null);
    }

    private static TokenCache Filled(int size, int capacity)
    {
        var cache = new TokenCache(capacity, new Revocations(TimeProvider.System), TimeProvider.System);
        for (var i = 0; i < size; i++) cache.Add(Key(i), Token(i));
        return cache;
    }

    private static TokenKey Key(int i) => TokenKey.Of($"token-{i}");

    private static VerifiedToken Token(int i) =>
        new(new Subject { UserId = $"user-{i}", ProjectId = "project-1", Roles = ["member", "reader"], ExpiresAt = TimeProvider.System.GetUtcNow().AddDays(1) }) { StaleAt = long.MaxValue };
}
