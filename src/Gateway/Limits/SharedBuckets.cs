using System.Collections.Concurrent;

namespace Gateway.Limits;

/// <summary>
/// Buckets in Redis, and what is done when it does not answer: each limit refuses, counts here, or lets pass, as it says. This process keeps
/// count of what it admits all the while, so that the local buckets are right when they are needed; and it remembers for a moment what
/// was refused, so that a flood of refused calls does not reach Redis.
/// </summary>
internal sealed class SharedBuckets(IRemoteBuckets redis, MemoryBuckets local, RecentRefusals refusals, Breaker breaker, Census census, RedisOptions options, TimeProvider time)
    : IBucketStore
{
    private readonly TimeSpan _wait = TimeSpan.FromMilliseconds(options.WaitMilliseconds);

    // By node, when it last answered.
    private readonly ConcurrentDictionary<string, long> _answeredAt = new(StringComparer.Ordinal);

    public ValueTask<StepAnswer> TakeAsync(BucketStep step) => RefusedHere(step) is { } refused ? new(refused) : DecideAsync(step, take: true);

    public ValueTask<StepAnswer> PeekAsync(BucketStep step) => DecideAsync(step, take: false);

    // What cannot be asked is not known to be used up, so that `deny` refuses nobody here.
    public StepAnswer? RefusedBefore(BucketStep step)
    {
        if (RefusedHere(step) is { } refused) return refused;
        if (!breaker.IsOpen) return null;
        var gone = Indexes(step, ask => breaker.Stops(redis.NodeOf(ask)));
        return gone.Length > 0 && Without(Part(step, gone), take: false, denies: false) is { Refused: true } without
            ? Whole(step, (gone, without))
            : null;
    }

    public async ValueTask<bool> ReleaseAsync(BucketStep step, bool goesOn, TimeSpan ago)
    {
        foreach (var ask in step.Asks)
        {
            if (ask.Entry.Concurrent > 0) refusals.Forget(ask.Key);
        }

        await local.ReleaseAsync(step, goesOn, ago);
        var (reached, all) = Reached(step);
        if (reached is null) return false;
        try
        {
            return await redis.ReleaseAsync(reached, goesOn, ago) && all;
        }
        catch (BucketsUnreachableException e)
        {
            Open(e.Message, reached, e.Tag);
            return false;
        }
    }

    public async ValueTask<bool[]> RenewAsync(IReadOnlyList<BucketStep> steps)
    {
        await local.RenewAsync(steps);
        var told = steps.Select(Reached).ToArray();
        var reached = told.Select(one => one.Step).OfType<BucketStep>().ToArray();
        try
        {
            if (reached.Length > 0) await redis.RenewAsync(reached);
            return [.. told.Select(one => one.IsWhole)];
        }
        catch (BucketsUnreachableException e)
        {
            foreach (var step in reached.Where(step => e.Tag is null || step.Asks.Any(ask => RedisKeys.TagOf(ask) == e.Tag)).Take(1)) Open(e.Message, step, e.Tag);
            return new bool[steps.Count];
        }
    }

    /// <summary>The places of a step of which Redis can be told now; null when it is none. And whether those are all.</summary>
    private (BucketStep? Step, bool IsWhole) Reached(BucketStep step)
    {
        if (!breaker.IsOpen) return (step, true);
        var reached = Indexes(step, ask => ask.Entry.Concurrent > 0 && !breaker.StopsLeases(redis.NodeOf(ask)));
        var places = step.Asks.Count(ask => ask.Entry.Concurrent > 0);
        return (reached.Length == 0 ? null : Part(step, reached), reached.Length == places);
    }

    /// <summary>What lies where Redis cannot be asked is decided here first; then Redis is asked for the rest, and what was counted here is undone when it refuses.</summary>
    private async ValueTask<StepAnswer> DecideAsync(BucketStep step, bool take)
    {
        if (!breaker.IsOpen) return await AskAsync(step, take);
        var gone = Indexes(step, ask => breaker.Stops(redis.NodeOf(ask)));
        if (gone.Length == 0) return await AskAsync(step, take);
        var here = Part(step, gone);
        var without = Without(here, take);
        if (gone.Length == step.Asks.Length) return without;
        if (without.Refused) return Whole(step, (gone, without));

        var there = Indexes(step, ask => !breaker.Stops(redis.NodeOf(ask)));
        var asked = await AskAsync(Part(step, there), take);
        if (take && asked.Refused) local.GiveBack(Shares(here, out _), without);
        return Whole(step, (gone, without), (there, asked));
    }

    private async ValueTask<StepAnswer> AskAsync(BucketStep step, bool take)
    {
        var asked = take ? redis.TakeAsync(step).AsTask() : redis.PeekAsync(step).AsTask();
        if (await AnsweredAsync(asked, step) is not { } answer)
        {
            answer = Without(step, take);
            // What Redis does late for a call that went on counts; of one that was refused it is undone.
            if (take && answer.Refused) _ = GiveBackLateAsync(asked, step);
            return answer;
        }

        if (!take) return answer;
        if (answer.Refused) Remember(step, answer);
        else local.Follow(step, census.Gateways);
        return answer;
    }

    /// <summary>Null when no answer came in time. The breaker is then open, unless others were answered meanwhile.</summary>
    private async ValueTask<StepAnswer?> AnsweredAsync(Task<StepAnswer> asked, BucketStep step)
    {
        try
        {
            var answer = await asked.WaitAsync(_wait, time);
            NoteAnswer(step, answer);
            return answer;
        }
        catch (TimeoutException)
        {
            if (asked.IsCompletedSuccessfully) return await asked;
            // While others are answered it is this call that is late, on a busy machine, and not Redis that is gone.
            foreach (var ask in step.Asks)
            {
                var node = redis.NodeOf(ask);
                if (!_answeredAt.TryGetValue(node, out var answered) || time.GetElapsedTime(answered) >= _wait)
                    breaker.Open($"no answer within {options.WaitMilliseconds} ms", RedisKeys.TagOf(ask), node);
            }
        }
        catch (BucketsUnreachableException e)
        {
            Open(e.Message, step, e.Tag);
        }

        return null;
    }

    // Permits that were here already say nothing of Redis.
    private void NoteAnswer(BucketStep step, StepAnswer answer)
    {
        var now = time.GetTimestamp();
        string? last = null;
        for (var i = 0; i < step.Asks.Length; i++)
        {
            if (answer.Answers[i].At == 0) continue;
            var node = redis.NodeOf(step.Asks[i]);
            if (node != last) _answeredAt[node] = now;
            last = node;
        }
    }

    private void Open(string problem, BucketStep step, string? tag)
    {
        foreach (var ask in step.Asks)
        {
            if (RedisKeys.TagOf(ask) is var own && (tag is null || own == tag)) breaker.Open(problem, own, redis.NodeOf(ask));
        }
    }

    private async Task GiveBackLateAsync(Task<StepAnswer> asked, BucketStep step)
    {
        try
        {
            if (await asked is { Refused: false } taken) await redis.GiveBackAsync(step, taken);
        }
        catch (BucketsUnreachableException)
        {
            // It never came. If it was counted all the same, places end with their lease, and permits come back in their time.
        }
    }

    private StepAnswer? RefusedHere(BucketStep step)
    {
        BucketAnswer[]? answers = null;
        for (var i = 0; i < step.Asks.Length; i++)
        {
            ref readonly var ask = ref step.Asks[i];
            if (!ask.IsEnforced) continue;
            var answer = ask.Entry.Concurrent > 0 ? PlacesHere(ask) : PermitsHere(ask);
            if (answer.Passed) continue;
            answers ??= [.. step.Asks.Select(_ => BucketAnswer.Unasked)];
            answers[i] = answer;
        }

        return answers is null ? null : new StepAnswer(true, answers);
    }

    private BucketAnswer PlacesHere(in BucketAsk ask) =>
        refusals.Ahead(ask.Key) > 0 ? BucketAnswer.OfPlaces(ask.Entry, ask.Entry.Concurrent, isTaken: false, BucketState.Remembered) : BucketAnswer.Unasked;

    // What costs more than the burst passes never, whatever Redis would say; how much is left is then told by what is known here.
    private BucketAnswer PermitsHere(in BucketAsk ask)
    {
        var ahead = refusals.Ahead(ask.Key);
        var isTooDear = ask.Cost * ask.Entry.Interval > ask.Entry.Tolerance;
        if (ahead == 0 && !isTooDear) return BucketAnswer.Unasked;
        if (isTooDear) ahead = Math.Max(ahead, local.Ahead(ask.Key));
        return BucketAnswer.OfRate(ask.Entry, Math.Min(ahead, ask.Entry.Tolerance), ask.Cost, isTaken: false, BucketState.Remembered);
    }

    // A bucket only fills up further, unless it is given back or flushed: what it refused now it refuses for a moment. Of a place nobody knows when it is
    // free, so that its moment is a short one.
    private void Remember(BucketStep step, StepAnswer answer)
    {
        for (var i = 0; i < step.Asks.Length; i++)
        {
            ref readonly var ask = ref step.Asks[i];
            if (!ask.IsEnforced || answer.Answers[i] is not { Passed: false, Retry: > 0 } refused) continue;
            refusals.Learn(ask.Key, ask.Entry.Concurrent > 0 ? RecentRefusals.PlaceLifetime : refused.Reset);
        }
    }

    private StepAnswer Without(BucketStep step, bool take, bool denies = true)
    {
        var answers = new BucketAnswer[step.Asks.Length];
        var denied = false;
        for (var i = 0; i < answers.Length; i++)
        {
            ref readonly var ask = ref step.Asks[i];
            answers[i] = ask.WithoutRedis switch
            {
                WithoutRedis.Deny when denies => new BucketAnswer(false, 0, BucketAnswer.PlaceRetry, BucketAnswer.PlaceRetry, 0, BucketState.Denied),
                WithoutRedis.Allow => new BucketAnswer(true, ask.Entry.Numbers.Most, 0, 0, 0, BucketState.Allowed),
                _ => BucketAnswer.Unasked,
            };
            denied |= denies && ask.WithoutRedis == WithoutRedis.Deny && ask.IsEnforced;
        }

        if (denied) return new StepAnswer(true, answers);
        var shares = Shares(step, out var counted);
        if (counted.Length == 0) return new StepAnswer(false, answers);
        var answer = local.Decide(Part(shares, counted), take);
        for (var i = 0; i < counted.Length; i++) answers[counted[i]] = answer.Answers[i] with { State = BucketState.Local };
        return new StepAnswer(answer.Refused, answers);
    }

    /// <summary>The step as this gateway counts it by itself, with its share of the whole.</summary>
    private BucketStep Shares(BucketStep step, out int[] counted)
    {
        counted = Indexes(step, ask => ask.WithoutRedis == WithoutRedis.Local);
        var gateways = census.Gateways;
        return new BucketStep([.. step.Asks.Select(ask => ask with { Entry = ask.Entry.ShareOf(gateways) })], step.Lease);
    }

    private static int[] Indexes(BucketStep step, Func<BucketAsk, bool> which) => [.. Enumerable.Range(0, step.Asks.Length).Where(i => which(step.Asks[i]))];

    private static BucketStep Part(BucketStep step, int[] indexes) => new([.. indexes.Select(i => step.Asks[i])], step.Lease);

    private static StepAnswer Whole(BucketStep step, params ReadOnlySpan<(int[] Indexes, StepAnswer Answer)> parts)
    {
        var answers = new BucketAnswer[step.Asks.Length];
        answers.AsSpan().Fill(BucketAnswer.Unasked);
        var refused = false;
        foreach (var (indexes, answer) in parts)
        {
            refused |= answer.Refused;
            for (var i = 0; i < indexes.Length; i++) answers[indexes[i]] = answer.Answers[i];
        }

        return new StepAnswer(refused, answers);
    }
}
