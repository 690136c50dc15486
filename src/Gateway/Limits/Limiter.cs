namespace Gateway.Limits;

/// <summary>
/// Decides all limits of a call in one step, by GCRA in integer microseconds: every enforced limit lets the call pass and counts it, or the call is
/// refused and none counts it. Where buckets are kept, and whether other gateways see them, is the store's matter.
/// </summary>
internal sealed class Limiter(LimitSet limits, IBucketStore store, OpenLeases leases)
{
    private const string RefusalMessage = "This request was rate-limited.";

    // Leases of two gateways must not meet: a random part of this process, and a number.
    private readonly string _leasePrefix = Guid.NewGuid().ToString("N")[..16];
    private volatile LimitSet _limits = limits;
    private long _leaseNumber;

    /// <summary>The limits in force. Buckets of limits that a new set defines alike are kept.</summary>
    public LimitSet Limits
    {
        get => _limits;
        set => _limits = value;
    }

    /// <summary>Asks for the permits of every limit the call meets, and counts the call if it gets them.</summary>
    public async ValueTask<LimitDecision> TakeAsync(LimitRequest request, LimitCounts counts = LimitCounts.Calls)
    {
        var asks = Asks(request, counts);
        if (asks.Length == 0) return LimitDecision.Unlimited;

        var step = new BucketStep(asks, NeedsLease(asks) ? $"{_leasePrefix}-{Interlocked.Increment(ref _leaseNumber)}" : "");
        var answer = await store.TakeAsync(step);
        var decision = Decision(request, asks, answer.Answers);
        return decision.Allowed && step.Lease.Length > 0 ? decision with { Lease = leases.Open(store, step, IsStored(answer)) } : decision;
    }

    /// <summary>What <see cref="TakeAsync"/> would say, without counting anything.</summary>
    public async ValueTask<LimitDecision> PeekAsync(LimitRequest request, LimitCounts counts = LimitCounts.Calls)
    {
        var asks = Asks(request, counts);
        return asks.Length == 0 ? LimitDecision.Unlimited : Decision(request, asks, (await store.PeekAsync(new BucketStep(asks, ""))).Answers);
    }

    /// <summary>The refusal of a call that is known to have used up a limit, without asking anybody; otherwise null.</summary>
    public LimitDecision? RefusedBefore(LimitRequest request, LimitCounts counts)
    {
        var asks = Asks(request, counts);
        return asks.Length > 0 && store.RefusedBefore(new BucketStep(asks, "")) is { } refused ? Decision(request, asks, refused.Answers) : null;
    }

    /// <summary>The buckets that a call meets.</summary>
    public BucketAsk[] Asks(LimitRequest request, LimitCounts counts)
    {
        var met = _limits.For(request.ActionName, counts);
        if (met.Length == 0) return [];

        var asks = new BucketAsk[met.Length];
        var count = 0;
        foreach (var one in met)
        {
            if (one.Limit.Exempt is { } exempt && exempt.Covers(request)) continue;
            var entry = one.Variants.For(request.ProjectId);
            if (BucketKey.Of(entry, request) is not { } key) continue;
            var cost = entry.Concurrent > 0 ? 1 : one.Limit.Cost.Fields.Count == 0 ? one.Weight : one.Limit.Cost.Of(one.Weight, request.Body);
            asks[count++] = new BucketAsk(entry, key, cost, one.WithoutRedis);
        }

        return count == asks.Length ? asks : asks[..count];
    }

    private static bool NeedsLease(BucketAsk[] asks)
    {
        foreach (ref readonly var ask in asks.AsSpan())
        {
            if (ask.Entry.Concurrent > 0) return true;
        }

        return false;
    }

    /// <summary>What was decided without Redis is to be made known there when it is back.</summary>
    private static bool IsStored(StepAnswer answer)
    {
        foreach (ref readonly var one in answer.Answers.AsSpan())
        {
            if (one.State is BucketState.Local or BucketState.Allowed) return false;
        }

        return true;
    }

    private static LimitDecision Decision(LimitRequest request, BucketAsk[] asks, BucketAnswer[] answers)
    {
        var reports = new List<LimitReport>(asks.Length);
        var slowest = -1;
        for (var i = 0; i < asks.Length; i++)
        {
            if (answers[i].State == BucketState.Unasked) continue;
            reports.Add(LimitReport.Of(asks[i], answers[i]));
            if (asks[i].IsEnforced && !answers[i].Passed && (slowest < 0 || Slowness(answers[i]) > Slowness(answers[slowest]))) slowest = i;
        }

        return new LimitDecision(slowest < 0 ? null : Refusal(asks[slowest], answers[slowest], request), reports);
    }

    // One that could not be asked says nothing of the caller, so that it is named only when no other refuses.
    private static long Slowness(in BucketAnswer answer) =>
        answer.State == BucketState.Denied || IsTooDearHere(answer) ? -1 : answer.Retry == BucketAnswer.Never ? long.MaxValue : answer.Retry;

    /// <summary>More than a gateway's share of the burst, which is all there is while Redis cannot be asked. What is more than the whole is refused before.</summary>
    private static bool IsTooDearHere(in BucketAnswer answer) => answer is { State: BucketState.Local, Passed: false, Retry: BucketAnswer.Never };

    private static LimitRefusal Refusal(in BucketAsk ask, in BucketAnswer answer, LimitRequest request)
    {
        var limit = ask.Entry.Limit;
        if (answer.State == BucketState.Denied)
            return new LimitRefusal(limit.Name, 1, "Service is unavailable at this time.", "The limits of this action cannot be counted at this time.") { IsUnavailable = true };

        if (IsTooDearHere(answer))
        {
            return new LimitRefusal(
                limit.Name, 1, "Service is unavailable at this time.",
                $"This request counts for {ask.Cost}, and while limits cannot be counted together this gateway's share of {ask.Entry.Numbers.Burst} is less.")
            {
                IsUnavailable = true,
            };
        }

        long? seconds = answer.Retry < 0 ? null : Math.Max(1, (answer.Retry + 999_999) / 1_000_000);
        return new LimitRefusal(limit.Name, seconds, RefusalMessage, Details(ask, answer, request));
    }

    private static string Details(in BucketAsk ask, in BucketAnswer answer, LimitRequest request)
    {
        var (limit, numbers) = (ask.Entry.Limit, ask.Entry.Numbers);
        var what = limit.Scope.HasFlag(LimitScope.Action) || limit.Actions is { Count: 1 } ? $"{request.ActionName} " : "";
        if (answer.State == BucketState.Untracked) return "Too many callers are being counted at this time.";
        if (limit.IsConcurrency) return $"Only {numbers.Concurrent} {what}request(s) can be made at the same time.";
        if (answer.Retry < 0) return $"This request counts for {ask.Cost}, and no more than {numbers.Burst} can be made at once.";
        var counted = limit.Counts == LimitCounts.Denials ? "refused " : what;
        return $"Only {numbers.Count} {counted}request(s) can be made every {numbers.Unit.Word}.";
    }
}
