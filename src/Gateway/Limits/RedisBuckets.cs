using StackExchange.Redis;

namespace Gateway.Limits;

/// <summary>
/// Buckets that all gateways share. A call's limits are decided in one round trip by one script, on Redis's clock. On a Redis Cluster the limits that do
/// not share the project's slot are asked at the same time in theirs, and what one gave is given back when another refuses.
/// </summary>
internal sealed class RedisBuckets(RedisConnection redis, TimeProvider time) : IBucketStore
{
    private readonly GlobalSlices _slices = new(time);

    public ValueTask<StepAnswer> TakeAsync(BucketStep step) => DecideAsync(step, take: true);

    public ValueTask<StepAnswer> PeekAsync(BucketStep step) => DecideAsync(step, take: false);

    public StepAnswer? RefusedBefore(BucketStep step) => null;

    public async ValueTask ReleaseAsync(BucketStep step, bool succeeded)
    {
        foreach (var ask in step.Asks)
        {
            if (ask.Entry.Concurrent == 0) continue;
            var hold = ask.Entry.Limit.Hold.Ticks / TimeSpan.TicksPerMicrosecond;
            if (succeeded && hold > 0) await ExtendAsync(ask, step.Lease, hold, mayShorten: true);
            else redis.Forget(RedisKeys.Of(ask, RedisKeys.TagOf(ask)), step.Lease);
        }
    }

    public async ValueTask RenewAsync(BucketStep step)
    {
        foreach (var ask in step.Asks)
        {
            if (ask.Entry.Concurrent > 0) await ExtendAsync(ask, step.Lease, ask.Entry.Lease, mayShorten: false);
        }
    }

    private async Task ExtendAsync(BucketAsk ask, string lease, long length, bool mayShorten) =>
        await redis.RunAsync([RedisKeys.Of(ask, RedisKeys.TagOf(ask))], ["extend", lease, "places", 0, 0, length, mayShorten ? 1 : 0, 0]);

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

        return new StepAnswer(refused, Answers(step, ahead, take && !refused));
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
            arguments[at + 4] = isRate ? ask.Cost : 0;
            var slice = isRate && take ? _slices.BeginFetch(ask) : 0;
            arguments[at + 5] = slice;
            if (slice > 0) group.Fetching.Add(i);
        }

        var answer = await RunAsync(group, arguments);
        if (answer.Length != 1 + (group.Keys.Count * 2)) throw new BucketsUnreachableException("Redis answered something else than the script does");
        for (var i = 0; i < group.Keys.Count; i++)
        {
            var index = group.Indexes[i];
            ahead[index] = answer[1 + (i * 2)];
            if (group.Fetching.Contains(i)) _slices.EndFetch(step.Asks[index], (int)answer[2 + (i * 2)], ahead[index]);
        }

        return answer[0] == 1;
    }

    private async Task<long[]> RunAsync(Group group, RedisValue[] arguments)
    {
        try
        {
            return await redis.RunAsync([.. group.Keys.Select(key => (RedisKey)key)], arguments);
        }
        catch (BucketsUnreachableException e)
        {
            // In a cluster another node may be well: whoever looks whether Redis is back has to look here.
            throw new BucketsUnreachableException(e.Message, e) { Tag = group.Tag };
        }
    }

    /// <summary>Undoes what a slot gave to a call that another slot refused. Not waited for: until it is done, a little too much counts as used.</summary>
    private void GiveBack(BucketStep step, Group group, long[] ahead)
    {
        var keys = new List<RedisKey>();
        var arguments = new List<RedisValue> { "refund", step.Lease };
        for (var i = 0; i < group.Keys.Count; i++)
        {
            var ask = step.Asks[group.Indexes[i]];
            if (ask.Entry.Concurrent > 0)
            {
                redis.Forget(group.Keys[i], step.Lease);
            }
            else if (ahead[group.Indexes[i]] + (ask.Cost * ask.Entry.Interval) <= ask.Entry.Tolerance)
            {
                keys.Add(group.Keys[i]);
                arguments.AddRange(["rate", 0, ask.Entry.Interval, 0, ask.Cost, 0]);
            }
        }

        if (keys.Count > 0) _ = RefundAsync([.. keys], [.. arguments]);
    }

    private async Task RefundAsync(RedisKey[] keys, RedisValue[] arguments)
    {
        try
        {
            await redis.RunAsync(keys, arguments);
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

        public List<int> Indexes { get; } = [];

        public List<string> Keys { get; } = [];

        /// <summary>Places in <see cref="Keys"/> for which a slice is brought along.</summary>
        public List<int> Fetching { get; } = [];
    }
}
