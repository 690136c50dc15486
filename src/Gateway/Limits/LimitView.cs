namespace Gateway.Limits;

/// <summary>What operators see of limits: a caller's, and who uses most.</summary>
internal sealed class LimitView(LimitStore limits, IBucketStore store, MemoryBuckets local, Census census, LimitTally tally, Breaker? breaker = null)
{
    private const int MostConsumers = 10;

    /// <summary>Every limit that would apply to a caller, as far as what is said of him tells its bucket.</summary>
    /// <param name="request">The caller.</param>
    /// <param name="known">The parts of a scope that the request has.</param>
    /// <param name="action">The one action that is of interest; null for all.</param>
    public async Task<LimitsSeen> SeeAsync(LimitRequest request, LimitScope known, string? action)
    {
        var set = limits.Current;
        var peeked = await LimitPeek.AtAsync(set, store, request, limit => IsKnown(limit, known), action);
        return new LimitsSeen(
            breaker is null ? "memory" : "redis",
            breaker?.Problem,
            breaker is null ? null : census.Gateways,
            [.. peeked.Select(See)],
            [
                .. set.Limits.Where(limit => !IsKnown(limit, known))
                    .Select(limit => new LimitUnseen(limit.Name, string.Join(", ", BucketKey.Order.Where(part => limit.Scope.HasFlag(part) && !(known | LimitScope.Action).HasFlag(part)).Select(Word)))),
            ]);
    }

    /// <summary>For each limit the buckets that are fullest in this gateway's own count, and what the limit did since the start.</summary>
    public IReadOnlyList<LimitUse> Top()
    {
        var used = local.Used().ToLookup(bucket => bucket.Key.Limit, StringComparer.Ordinal);
        return
        [
            .. limits.Current.Limits.Select(limit =>
            {
                var entries = (limit.Projects?.Values ?? []).Prepend(limit.Numbers).Select(numbers => new LimitEntry(limit, numbers));
                var consumers = entries.SelectMany(entry => used[entry.Identity].Select(bucket => Consumer(entry.ShareOf(census.Gateways), bucket.Key, bucket.Ahead, bucket.Leases)));
                var (met, refused) = tally.Of(limit.Name);
                return new LimitUse(limit.Name, limit.IsShadow, met, refused, [.. consumers.OrderByDescending(one => one.UsedPercent).Take(MostConsumers)]);
            }),
        ];
    }

    private static bool IsKnown(Limit limit, LimitScope known) => (limit.Scope & ~(known | LimitScope.Action)) == LimitScope.Global;

    private static LimitSeen See(PeekedLimit peeked)
    {
        var (entry, answer, limit) = (peeked.Ask.Entry, peeked.Answer, peeked.Limit);
        return new LimitSeen(
            limit.Name, peeked.Action?.Name, limit.Counts.ToString().ToLowerInvariant(), limit.IsConcurrency ? null : $"{entry.Numbers.Count}/{entry.Numbers.Unit.Word}",
            entry.Numbers.Most, peeked.Used, answer.Remaining, Seconds(answer.Remaining > 0 ? 0 : answer.Next), Seconds(answer.Reset), limit.IsShadow,
            LimitReport.Of(peeked.Ask, answer).Degraded);
    }

    private static LimitConsumer Consumer(LimitEntry entry, BucketKey key, long ahead, int leases)
    {
        var parts = BucketKey.Order.Where(part => entry.Limit.Scope.HasFlag(part)).ToArray();
        var who = parts.Select((part, i) => $"{Word(part)} {key[i].Replace(BucketKey.UserAsProject, "(none) user ", StringComparison.Ordinal)}");
        var percent = entry.Concurrent > 0 ? 100.0 * leases / entry.Concurrent : 100.0 * Math.Min(ahead, entry.Tolerance) / entry.Tolerance;
        return new LimitConsumer(parts.Length == 0 ? "everybody" : string.Join(", ", who), Math.Round(percent, 1));
    }

    private static double Seconds(long microseconds) => Math.Round(microseconds / 1_000_000.0, 3);

    private static string Word(LimitScope part) => part.ToString().ToLowerInvariant();
}

/// <summary>The limits of a caller.</summary>
/// <param name="Store"><c>memory</c> or <c>redis</c>.</param>
/// <param name="Degraded">Why Redis cannot be asked; null when it can.</param>
/// <param name="Gateways">How many gateways share the limits; null when this one counts for itself.</param>
/// <param name="Limits">Those whose bucket is known.</param>
/// <param name="Unknown">Those that need to be told more.</param>
internal sealed record LimitsSeen(string Store, string? Degraded, int? Gateways, IReadOnlyList<LimitSeen> Limits, IReadOnlyList<LimitUnseen> Unknown);

/// <summary>One limit of a caller.</summary>
internal sealed record LimitSeen(
    string Name, string? Action, string Counts, string? Rate, int Quota, long Used, long Remaining, double NextSeconds, double ResetSeconds, bool Shadow, string? Degraded);

/// <summary>A limit whose bucket needs more to be known.</summary>
internal sealed record LimitUnseen(string Name, string Needs);

/// <summary>What a limit did since the gateway started, and who uses most of it.</summary>
internal sealed record LimitUse(string Name, bool Shadow, long Met, long Refused, IReadOnlyList<LimitConsumer> Consumers);

/// <summary>Whose bucket, and how much of it is used.</summary>
internal sealed record LimitConsumer(string Who, double UsedPercent);
