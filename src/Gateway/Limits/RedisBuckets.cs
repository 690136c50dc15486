using StackExchange.Redis;

namespace Gateway.Limits;

/// <summary>
/// Buckets that all gateways share. A call's limits are decided in one round trip by one script, on Redis's clock. On a Redis Cluster the limits that do
/// not share the project's slot are asked at the same time in theirs, and what one gave is given back when another refuses.
/// </summary>
internal sealed class RedisBuckets(RedisConnection redis, TimeProvider time) : IRemoteBuckets
{
    // Leases that are told of in one run of the script.
    private const int MostTogether = 100;

    private readonly GlobalSlices _slices = new(time);

    public ValueTask<StepAnswer> TakeAsync(BucketStep step) => DecideAsync(step, take: true);

    public ValueTask<StepAnswer> PeekAsync(BucketStep step) => DecideAsync(step, take: false);

    public StepAnswer? RefusedBefore(BucketStep step) => null;

    public string NodeOf(in BucketAsk ask) => redis.IsCluster ? redis.NodeOf(RedisKeys.TagOf(ask)) : Breaker.Whole;

    public async Task GiveBackAsync(BucketStep step, StepAnswer answer)
    {
        var refunds = new List<Refund>();
        for (var i = 0; i < step.Asks.Length; i++)
        {
            ref readonly var ask = ref step.Asks[i];
            ref readonly var said = ref answer.Answers[i];
            if (said is { Passed: true, At: 0 }) _slices.GiveBack(ask);
            else if (said.Passed) GiveBack(ask, step.Lease, said.At + said.Reset, refunds);
        }

        await RefundAsync(refunds);
    }

    public async ValueTask<bool> ReleaseAsync(BucketStep step, bool goesOn, TimeSpan ago)
    {
        var held = new List<(BucketAsk, string, long)>();
        foreach (var ask in step.Asks)
        {
            if (ask.Entry.Concurrent == 0) continue;
            if (goesOn && ask.Entry.HoldLeft(ago) is > 0 and var left) held.Add((ask, step.Lease, left));
            else redis.Forget(RedisKeys.Of(ask, RedisKeys.TagOf(ask)), step.Lease);
        }

        await ExtendAsync(held, mayShorten: true);
        return true;
    }

    public async ValueTask<bool[]> RenewAsync(IReadOnlyList<BucketStep> steps)
    {
        await ExtendAsync(
            steps.SelectMany(step => step.Asks, (step, ask) => (ask, step.Lease, ask.Entry.Lease)).Where(lease => lease.ask.Entry.Concurrent > 0), mayShorten: false);
        return [.. steps.Select(_ => true)];
    }

    /// <summary>Makes leases last until some time from now; those of one slot together, all at the same time.</summary>
    private async Task ExtendAsync(IEnumerable<(BucketAsk Ask, string Lease, long Length)> leases, bool mayShorten)
    {
        var runs = leases.GroupBy(lease => redis.IsCluster ? RedisKeys.TagOf(lease.Ask) : "", StringComparer.Ordinal).SelectMany(slot => slot.Chunk(MostTogether));
        await Task.WhenAll(runs.Select(run => RunAsync(
            RedisKeys.TagOf(run[0].Ask),
            [.. run.Select(lease => (RedisKey)RedisKeys.Of(lease.Ask, RedisKeys.TagOf(lease.Ask)))],
            ["extend", "", .. run.SelectMany(lease => new RedisValue[] { lease.Lease, mayShorten ? 1 : 0, lease.Length, 0, 0, 0 })])));
    }

    private async ValueTask<StepAnswer> DecideAsync(BucketStep step, bool take)
    {
        var ahead = new long[step.Asks.Length];
        var spent = new bool[step.Asks.Length];
        var groups = Groups(step.Asks, take, ahead, spent);
        var refusals = groups.Count switch
        {
            0 => [],
            1 => [await AskAsync(step, groups[0], take, ahead)],
            _ => await AskAllAsync(step, groups, take, ahead),
        };

        var refused = refusals.Contains(true);
        if (refused && take)
        {
            for (var i = 0; i < spent.Length; i++)
            {
                if (spent[i]) _slices.GiveBack(step.Asks[i]);
            }

            for (var i = 0; i < refusals.Length; i++)
            {
                if (!refusals[i]) GiveBack(step, groups[i], ahead);
            }
        }

        var answers = Answers(step, ahead, take && !refused);
        foreach (var group in groups)
        {
            foreach (var index in group.Indexes) answers[index] = answers[index] with { At = group.At };
        }

        return new StepAnswer(refused, answers);
    }

    /// <summary>The asks that Redis must be asked for, those of one slot together; on a single Redis all.</summary>
    private List<Group> Groups(BucketAsk[] asks, bool take, long[] ahead, bool[] spent)
    {
        var groups = new List<Group>(1);
        for (var i = 0; i < asks.Length; i++)
        {
            ref readonly var ask = ref asks[i];
            if (take && GlobalSlices.SizeOf(ask.Entry) > 0 && _slices.TrySpend(ask, out ahead[i]))
            {
                spent[i] = true;
                continue;
            }

            var tag = RedisKeys.TagOf(ask);
            var group = redis.IsCluster ? groups.Find(one => one.Tag == tag) : groups.Count > 0 ? groups[0] : null;
            if (group is null) groups.Add(group = new Group(tag));
            group.Indexes.Add(i);
            group.Keys.Add(RedisKeys.Of(ask, tag));
        }

        return groups;
    }

    private async Task<bool[]> AskAllAsync(BucketStep step, List<Group> groups, bool take, long[] ahead)
    {
        var tasks = groups.Select(group => AskAsync(step, group, take, ahead)).ToArray();
        try
        {
            return await Task.WhenAll(tasks);
        }
        catch (BucketsUnreachableException)
        {
            // Some slots cannot be asked, so that the whole is decided otherwise; nothing stays counted where it could be.
            for (var i = 0; i < tasks.Length; i++)
            {
                if (take && tasks[i].IsCompletedSuccessfully && !tasks[i].Result) GiveBack(step, groups[i], ahead);
            }

            throw;
        }
    }

    private async Task<bool> AskAsync(BucketStep step, Group group, bool take, long[] ahead)
    {
        var arguments = new RedisValue[2 + (group.Keys.Count * 6)];
        (arguments[0], arguments[1]) = (take ? "take" : "peek", step.Lease);
        for (var i = 0; i < group.Keys.Count; i++)
        {
            var ask = step.Asks[group.Indexes[i]];
            var at = 2 + (i * 6);
            var isRate = ask.Entry.Concurrent == 0;
            arguments[at] = isRate ? "rate" : "places";
            arguments[at + 1] = ask.IsEnforced ? 1 : 0;
            arguments[at + 2] = isRate ? ask.Entry.Interval : ask.Entry.Concurrent;
            arguments[at + 3] = isRate ? ask.Entry.Tolerance : ask.Entry.Lease;
            arguments[at + 4] = isRate ? ask.Cost : ask.Entry.Longest;
            var slice = isRate && take ? _slices.BeginFetch(ask) : 0;
            arguments[at + 5] = slice;
            if (slice > 0) group.Fetching.Add(i);
        }

        var answer = await RunAsync(group.Tag, [.. group.Keys.Select(key => (RedisKey)key)], arguments);
        if (answer.Length != 2 + (group.Keys.Count * 2)) throw new BucketsUnreachableException("Redis answered something else than the script does");
        group.At = answer[^1];
        for (var i = 0; i < group.Keys.Count; i++)
        {
            var index = group.Indexes[i];
            ahead[index] = answer[1 + (i * 2)];
            if (group.Fetching.Contains(i)) _slices.EndFetch(step.Asks[index], (int)answer[2 + (i * 2)], ahead[index]);
        }

        return answer[0] == 1;
    }

    private async Task<long[]> RunAsync(string tag, RedisKey[] keys, RedisValue[] arguments)
    {
        try
        {
            return await redis.RunAsync(keys, arguments);
        }
        catch (BucketsUnreachableException e)
        {
            // In a cluster another node may be well: whoever looks whether Redis is back has to look here.
            throw new BucketsUnreachableException(e.Message, e) { Tag = tag };
        }
    }

    /// <summary>Undoes what a slot gave to a call that another slot refused. Not waited for: until it is done, a little too much counts as used.</summary>
    private void GiveBack(BucketStep step, Group group, long[] ahead)
    {
        var refunds = new List<Refund>();
        foreach (var index in group.Indexes)
        {
            var ask = step.Asks[index];
            var used = ahead[index] + (ask.Cost * ask.Entry.Interval);
            if (ask.Entry.Concurrent > 0 ? ahead[index] < ask.Entry.Concurrent : used <= ask.Entry.Tolerance) GiveBack(ask, step.Lease, group.At + used, refunds);
        }

        _ = RefundAsync(refunds);
    }

    private void GiveBack(in BucketAsk ask, string lease, long whole, List<Refund> refunds)
    {
        var tag = RedisKeys.TagOf(ask);
        if (ask.Entry.Concurrent > 0) redis.Forget(RedisKeys.Of(ask, tag), lease);
        else refunds.Add(new Refund(tag, RedisKeys.Of(ask, tag), ask.Entry.Interval, whole, ask.Cost));
    }

    private async Task RefundAsync(List<Refund> refunds)
    {
        try
        {
            await Task.WhenAll(refunds.GroupBy(refund => redis.IsCluster ? refund.Tag : "", StringComparer.Ordinal).Select(slot => redis.RunAsync(
                [.. slot.Select(refund => (RedisKey)refund.Key)],
                ["refund", "", .. slot.SelectMany(refund => new RedisValue[] { "rate", 0, refund.Interval, refund.Whole, refund.Permits, 0 })])));
        }
        catch (BucketsUnreachableException)
        {
            // What is not given back counts as used until its time: too little is admitted, never too much.
        }
    }

    private static BucketAnswer[] Answers(BucketStep step, long[] ahead, bool isTaken)
    {
        var answers = new BucketAnswer[step.Asks.Length];
        for (var i = 0; i < answers.Length; i++)
        {
            ref readonly var ask = ref step.Asks[i];
            answers[i] = ask.Entry.Concurrent > 0
                ? BucketAnswer.OfPlaces(ask.Entry, (int)ahead[i], isTaken)
                : BucketAnswer.OfRate(ask.Entry, ahead[i], ask.Cost, isTaken);
        }

        return answers;
    }

    /// <summary>Asks that go to Redis together.</summary>
    private sealed class Group(string tag)
    {
        public string Tag => tag;

        /// <summary>The time of the node's clock at which it answered.</summary>
        public long At { get; set; }

        public List<int> Indexes { get; } = [];

        public List<string> Keys { get; } = [];

        /// <summary>Places in <see cref="Keys"/> for which a slice is brought along.</summary>
        public List<int> Fetching { get; } = [];
    }

    /// <summary>Permits to give back.</summary>
    /// <param name="Tag">The hash tag.</param>
    /// <param name="Key">The bucket.</param>
    /// <param name="Interval">What a permit is worth.</param>
    /// <param name="Whole">When the bucket would have been whole after the call: from then on they have come back by themselves.</param>
    /// <param name="Permits">How many.</param>
    private sealed record Refund(string Tag, string Key, long Interval, long Whole, int Permits);
}
