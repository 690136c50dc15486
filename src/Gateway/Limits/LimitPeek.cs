namespace Gateway.Limits;

/// <summary>Looks at every limit that a caller would meet, whatever he asks, without counting anything.</summary>
internal static class LimitPeek
{
    // Limits that count each action for itself are shown action by action when those are few, and otherwise where something is used.
    private const int FewActions = 16;
    private const int BucketsAtOnce = 250;

    /// <param name="set">The limits.</param>
    /// <param name="store">Where is counted.</param>
    /// <param name="request">The caller. Its action is not looked at, unless <paramref name="action"/> is given.</param>
    /// <param name="which">Which limits are wanted.</param>
    /// <param name="action">The one action that is of interest; null for all.</param>
    /// <param name="steps">So many steps of 250 buckets, and no more of them; null for all.</param>
    public static async ValueTask<IReadOnlyList<PeekedLimit>> AtAsync(
        LimitSet set, IBucketStore store, LimitRequest request, Func<Limit, bool> which, string? action = null, int? steps = null)
    {
        var asks = new List<(BucketAsk Ask, LimitableAction? Action, bool OnlyUsed)>();
        foreach (var limit in set.Limits.Where(which))
        {
            var actions = set.Actions.Where(one => limit.AppliesTo(one.Name) && (action is null || one.Name == action)).ToArray();
            var each = limit.Scope.HasFlag(LimitScope.Action);
            foreach (var one in each ? actions : actions.Take(1))
            {
                var met = set.For(one.Name, limit.Counts).First(candidate => candidate.Limit.Name == limit.Name);
                var caller = request with { ActionName = one.Name };
                if (limit.Exempt?.Covers(caller) == true) continue;
                var entry = met.Variants.For(caller.ProjectId);
                if (BucketKey.Of(entry, caller) is not { } key) continue;
                asks.Add((new BucketAsk(entry, key, 1, met.WithoutRedis), each ? one : null, each && actions.Length > FewActions));
            }
        }

        var seen = new List<PeekedLimit>();
        foreach (var some in asks.Chunk(BucketsAtOnce).Take(steps ?? int.MaxValue))
        {
            var answer = await store.PeekAsync(new BucketStep([.. some.Select(one => one.Ask)], ""));
            seen.AddRange(
                some.Zip(answer.Answers, (one, said) => (Peeked: new PeekedLimit(one.Ask, one.Action, said), one.OnlyUsed))
                    .Where(pair => !pair.OnlyUsed || pair.Peeked.Used > 0)
                    .Select(pair => pair.Peeked));
        }

        return seen;
    }
}
