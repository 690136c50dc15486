namespace Gateway.Limits;

/// <summary>
/// Buckets in Redis, and what is done when it does not answer: each limit refuses, counts here, or lets pass, as it says. This process keeps
/// count of what it admits all the while, so that the local buckets are right when they are needed; and it remembers for a second what
/// was refused, so that a flood of refused calls does not reach Redis.
/// </summary>
internal sealed class SharedBuckets(IBucketStore redis, MemoryBuckets local, RecentRefusals refusals, Breaker breaker, Census census, RedisOptions options, TimeProvider time)
    : IBucketStore
{
    private readonly TimeSpan _wait = TimeSpan.FromMilliseconds(options.WaitMilliseconds);
    private long _answeredAt;

    public async ValueTask<StepAnswer> TakeAsync(BucketStep step)
    {
        if (RefusedHere(step) is { } remembered) return remembered;
        if (breaker.IsOpen) return Without(step, take: true);

        var asked = redis.TakeAsync(step).AsTask();
        if (await AnsweredAsync(asked, step) is not { } answer)
        {
            if (step.Lease.Length > 0) _ = ReleaseLateAsync(asked, step);
            return Without(step, take: true);
        }

        if (answer.Refused) Remember(step, answer);
        else local.Follow(step, census.Gateways);
        return answer;
    }

    public async ValueTask<StepAnswer> PeekAsync(BucketStep step) =>
        !breaker.IsOpen && await AnsweredAsync(redis.PeekAsync(step).AsTask(), step) is { } answer ? answer : Without(step, take: false);

    public async ValueTask ReleaseAsync(BucketStep step, bool succeeded)
    {
        await local.ReleaseAsync(step, succeeded);
        if (!breaker.IsOpen) await redis.ReleaseAsync(step, succeeded);
    }

    public async ValueTask RenewAsync(BucketStep step)
    {
        await local.RenewAsync(step);
        if (!breaker.IsOpen) await redis.RenewAsync(step);
    }

    /// <summary>Null when no answer came in time. The breaker is then open, unless others were answered meanwhile.</summary>
    private async ValueTask<StepAnswer?> AnsweredAsync(Task<StepAnswer> asked, BucketStep step)
    {
        try
        {
            var answer = await asked.WaitAsync(_wait, time);
            Volatile.Write(ref _answeredAt, time.GetTimestamp());
            return answer;
        }
        catch (TimeoutException)
        {
            if (asked.IsCompletedSuccessfully) return await asked;
            // While others are answered it is this call that is late, on a busy machine, and not Redis that is gone.
            var answered = Volatile.Read(ref _answeredAt);
            if (answered == 0 || time.GetElapsedTime(answered) >= _wait) breaker.Open($"no answer within {options.WaitMilliseconds} ms", RedisKeys.TagOf(step.Asks[0]));
        }
        catch (BucketsUnreachableException e)
        {
            breaker.Open(e.Message, e.Tag ?? RedisKeys.TagOf(step.Asks[0]));
        }

        return null;
    }

    /// <summary>Redis may have done late what the call no longer waited for: the places it took there are given back.</summary>
    private async Task ReleaseLateAsync(Task<StepAnswer> asked, BucketStep step)
    {
        try
        {
            if (!(await asked).Refused) await redis.ReleaseAsync(step, succeeded: false);
        }
        catch (BucketsUnreachableException)
        {
            // It never came. If the places were taken all the same, they end with their lease.
        }
    }

    // What cannot be asked is not known to be used up, so that `deny` refuses nobody here.
    public StepAnswer? RefusedBefore(BucketStep step) =>
        RefusedHere(step) ?? (breaker.IsOpen && Without(step, take: false, denies: false) is { Refused: true } refused ? refused : null);

    private StepAnswer? RefusedHere(BucketStep step)
    {
        BucketAnswer[]? answers = null;
        for (var i = 0; i < step.Asks.Length; i++)
        {
            ref readonly var ask = ref step.Asks[i];
            if (!ask.IsEnforced || ask.Entry.Concurrent > 0 || refusals.Ahead(ask.Key) is not (> 0 and var ahead)) continue;
            var answer = BucketAnswer.OfRate(ask.Entry, ahead, ask.Cost, isTaken: false, BucketState.Remembered);
            if (answer.Passed) continue;
            answers ??= [.. step.Asks.Select(_ => BucketAnswer.Unasked)];
            answers[i] = answer;
        }

        return answers is null ? null : new StepAnswer(true, answers);
    }

    // A bucket only fills up further, unless it is given back or flushed: what it refused now it refuses for a moment.
    private void Remember(BucketStep step, StepAnswer answer)
    {
        for (var i = 0; i < step.Asks.Length; i++)
        {
            ref readonly var ask = ref step.Asks[i];
            if (ask.IsEnforced && ask.Entry.Concurrent == 0 && answer.Answers[i] is { Passed: false, Retry: > 0 } refused) refusals.Learn(ask.Key, refused.Reset);
        }
    }

    private StepAnswer Without(BucketStep step, bool take, bool denies = true)
    {
        var answers = new BucketAnswer[step.Asks.Length];
        var counted = new List<int>();
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
            if (ask.WithoutRedis == WithoutRedis.Local) counted.Add(i);
        }

        if (denied || counted.Count == 0) return new StepAnswer(denied, answers);
        var gateways = census.Gateways;
        var shares = counted.Select(i => step.Asks[i] with { Entry = step.Asks[i].Entry.ShareOf(gateways) }).ToArray();
        var answer = local.Decide(new BucketStep(shares, step.Lease), take);
        for (var i = 0; i < counted.Count; i++) answers[counted[i]] = answer.Answers[i] with { State = BucketState.Local };
        return new StepAnswer(answer.Refused, answers);
    }
}
