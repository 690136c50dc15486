using Gateway.Limits;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Tests.Limits;

/// <summary>What is decided while Redis cannot be asked, with a store in its place that does as it is told.</summary>
public sealed class SharedBucketsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly KeptLog _log = new();
    private readonly RedisOptions _options = new();
    private readonly TestedStore _redis;
    private readonly MemoryBuckets _local;
    private readonly Breaker _breaker;
    private readonly Census _census;
    private readonly SharedBuckets _shared;

    public SharedBucketsTests()
    {
        (_redis, _local, _breaker, _census) = (new TestedStore(_time), new MemoryBuckets(_time), new Breaker("redis:1", _log), new Census(_options, _time));
        _shared = new SharedBuckets(_redis, _local, new RecentRefusals(_time), _breaker, _census, _options, _time);
        _time.Advance(TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData(WithoutRedis.Deny, true, "deny")]
    [InlineData(WithoutRedis.Local, false, "local")]
    [InlineData(WithoutRedis.Allow, false, "allow")]
    internal async Task Does_what_the_limit_says_and_says_that_it_did(WithoutRedis mode, bool refused, string word)
    {
        _redis.Fails = true;
        var limiter = Some.LimiterOn(_shared, _time, Some.Limit("a", count: 5) with { WithoutRedis = mode });

        var decision = await limiter.TakeAsync(Some.Call());

        Assert.Equal(refused, !decision.Allowed);
        Assert.Equal(word, Assert.Single(decision.Reports).Degraded);
        if (refused)
            Assert.Equal(new LimitRefusal("a", 1, "Service is unavailable at this time.", "The limits of this action cannot be counted at this time.") { IsUnavailable = true }, decision.Refusal);
    }

    [Fact]
    public async Task Asks_once_and_then_not_before_the_watch_says_that_it_is_back()
    {
        _redis.Fails = true;
        for (var i = 0; i < 50; i++) await _shared.TakeAsync(Step(Some.Limit(count: 100)));

        Assert.Equal(1, _redis.Taken);
        Assert.True(_breaker.IsOpen);
        Assert.Single(_log.Lines);
        (_redis.Fails, _redis.Taken) = (false, 0);
        _breaker.Close();
        Assert.Equal(BucketState.Counted, (await _shared.TakeAsync(Step(Some.Limit(count: 100)))).Answers[0].State);
        Assert.Equal(1, _redis.Taken);
        Assert.Equal(2, _log.Lines.Count);
    }

    [Theory]
    [InlineData("u=alice", "u=alice")]
    [InlineData(null, "u=alice")]
    public async Task Has_the_watch_look_where_it_failed(string? failed, string probed)
    {
        (_redis.Fails, _redis.FailedTag) = (true, failed);

        await _shared.TakeAsync(Step(Some.Limit(count: 100)));

        Assert.Equal([probed], Assert.Single(_breaker.Gone).Tags);
    }

    [Fact]
    public async Task Waits_ten_milliseconds_for_an_answer_and_no_longer()
    {
        _redis.Gate = new TaskCompletionSource();
        var asked = _shared.TakeAsync(Step(Some.Limit(count: 100))).AsTask();

        _time.Advance(TimeSpan.FromMilliseconds(9));
        Assert.False(asked.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(BucketState.Local, (await asked).Answers[0].State);
        Assert.Equal("no answer within 10 ms", _breaker.Problem);
        Assert.Equal(BucketState.Local, (await _shared.TakeAsync(Step(Some.Limit(count: 100)))).Answers[0].State);
        Assert.Equal(1, _redis.Taken);
    }

    [Fact]
    public async Task Decides_one_late_call_without_Redis_while_others_are_answered()
    {
        _redis.Gate = new TaskCompletionSource();
        var late = _shared.TakeAsync(Step(Some.Limit(count: 100))).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(5));
        var gate = _redis.Gate;
        _redis.Gate = null;
        Assert.Equal(BucketState.Counted, (await _shared.TakeAsync(Step(Some.Limit(count: 100)))).Answers[0].State);

        _time.Advance(TimeSpan.FromMilliseconds(5));

        Assert.Equal(BucketState.Local, (await late).Answers[0].State);
        Assert.False(_breaker.IsOpen);
        gate.SetResult();
    }

    [Fact]
    public async Task Gives_back_the_places_that_an_answer_too_late_took()
    {
        _redis.Gate = new TaskCompletionSource();
        var places = Some.Places(concurrent: 1) with { WithoutRedis = WithoutRedis.Deny };
        var asked = _shared.TakeAsync(Step(places)).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.True((await asked).Refused);

        _redis.Gate.SetResult();

        await _redis.GivenBack.Task;
        Assert.Equal(0, _redis.Buckets.LeaseCount);
    }

    [Fact]
    public async Task Gives_back_the_permits_that_an_answer_too_late_took_when_the_call_was_refused()
    {
        _redis.Gate = new TaskCompletionSource();
        var limit = Some.Limit(count: 2, unit: "day") with { WithoutRedis = WithoutRedis.Deny };
        var asked = _shared.TakeAsync(Step(limit)).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.True((await asked).Refused);

        _redis.Gate.SetResult();

        await _redis.GivenBack.Task;
        Assert.Equal(2, (await _redis.Buckets.PeekAsync(Step(limit))).Answers[0].Remaining);
    }

    [Theory]
    [InlineData(WithoutRedis.Local)]
    [InlineData(WithoutRedis.Allow)]
    internal async Task Leaves_a_call_that_was_admitted_without_Redis_the_place_that_an_answer_too_late_took(WithoutRedis mode)
    {
        var gate = _redis.Gate = new TaskCompletionSource();
        var limiter = Some.LimiterOn(_shared, _time, Some.Places(concurrent: 1) with { WithoutRedis = mode });
        var asked = limiter.TakeAsync(Some.Call()).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(10));
        using var lease = (await asked).Lease;
        Assert.NotNull(lease);

        _redis.Gate = null;
        gate.SetResult();
        await _redis.LastTaken;
        _breaker.Close();

        Assert.False((await limiter.TakeAsync(Some.Call())).Allowed);
        lease.Release(goesOn: false);
        Assert.Equal(0, _redis.Buckets.LeaseCount);
    }

    [Fact]
    public async Task Takes_no_permits_that_were_here_already_for_an_answer_of_Redis()
    {
        var here = Some.Limit("here", count: 100);
        _redis.WasAsked = false;
        Assert.Equal(BucketState.Counted, (await _shared.TakeAsync(Step(here))).Answers[0].State);
        (_redis.WasAsked, _redis.Gate) = (true, new TaskCompletionSource());
        var late = _shared.TakeAsync(Step(Some.Limit(count: 100))).AsTask();

        _time.Advance(TimeSpan.FromMilliseconds(10));
        await late;

        Assert.True(_breaker.IsOpen);
    }

    [Fact]
    public async Task Refuses_what_costs_more_than_the_burst_without_asking()
    {
        var limit = Some.Limit(count: 10) with { Cost = new LimitCost(11, []) };
        Assert.False((await _shared.TakeAsync(Step(limit with { Cost = new LimitCost(4, []) }))).Refused);
        _redis.Taken = 0;

        for (var i = 0; i < 100; i++)
        {
            var answer = await _shared.TakeAsync(Step(limit));
            Assert.Equal((true, BucketAnswer.Never, 6L), (answer.Refused, answer.Answers[0].Retry, answer.Answers[0].Remaining));
        }

        Assert.Equal(0, _redis.Taken);
        // A shadow limit refuses nobody, so that the others are to be asked.
        Assert.False((await _shared.TakeAsync(Step(limit with { Mode = LimitMode.Shadow }))).Refused);
        Assert.Equal(1, _redis.Taken);
    }

    [Fact]
    public async Task Remembers_for_a_twentieth_of_a_second_that_no_place_is_free()
    {
        var places = Some.Places(concurrent: 1);
        Assert.False((await _shared.TakeAsync(Some.Step("other", Some.Call(), places))).Refused);
        for (var i = 0; i < 1000; i++)
        {
            var refused = await _shared.TakeAsync(Step(places));
            Assert.Equal((true, 0L, BucketAnswer.PlaceRetry), (refused.Refused, refused.Answers[0].Remaining, refused.Answers[0].Retry));
        }

        Assert.Equal(2, _redis.Taken);
        _time.Advance(TimeSpan.FromMilliseconds(50));
        Assert.True((await _shared.TakeAsync(Step(places))).Refused);
        Assert.Equal(3, _redis.Taken);
        // What this gateway gives back it knows of at once.
        await _shared.ReleaseAsync(Some.Step("other", Some.Call(), places), goesOn: false, TimeSpan.Zero);
        Assert.False((await _shared.TakeAsync(Step(places))).Refused);
    }

    [Fact]
    public async Task Says_of_a_call_that_costs_more_than_a_gateways_share_that_it_is_for_want_of_Redis()
    {
        _census.Heard(2);
        _redis.Fails = true;
        var limiter = Some.LimiterOn(_shared, _time, Some.Limit("new-servers", count: 10) with { Cost = new LimitCost(8, []), WithoutRedis = WithoutRedis.Local });

        var refused = await limiter.TakeAsync(Some.Call());

        Assert.Equal(
            new LimitRefusal(
                "new-servers", 1, "Service is unavailable at this time.",
                "This request counts for 8, and while limits cannot be counted together this gateway's share of 10 is less.")
            {
                IsUnavailable = true,
            },
            refused.Refusal);
    }

    [Fact]
    public async Task Asks_one_node_while_another_is_gone_and_decides_without_the_other_alone()
    {
        var (well, ill) = (Some.Limit("well", LimitScope.Project, count: 3, unit: "day"), Some.Limit("ill", LimitScope.User, count: 5, unit: "day") with { WithoutRedis = WithoutRedis.Local });
        var both = Some.Step("l", Some.Call(), well, ill);
        _redis.Nodes = tag => tag == "u=alice" ? "node-2" : "node-1";
        _redis.FailedTag = "u=alice";
        Assert.Equal([BucketState.Local, BucketState.Local], States(await _shared.TakeAsync(both)));

        var answers = new List<StepAnswer>();
        for (var i = 0; i < 5; i++) answers.Add(await _shared.TakeAsync(both));

        Assert.Equal("node-2: it does as it is told", _breaker.Problem);
        Assert.Equal([BucketState.Counted, BucketState.Local], States(answers[0]));
        Assert.Equal([false, false, false, true, true], answers.Select(answer => answer.Refused));
        // What the node that is well refused is counted nowhere: one before, three of five, and one now.
        Assert.Equal(0, (await _shared.TakeAsync(Some.Step("l", Some.Call(project: "other"), well, ill))).Answers[1].Remaining);
        Assert.True((await _shared.TakeAsync(Some.Step("l", Some.Call(project: "third"), well, ill))).Refused);
        Assert.Equal(3, (await _redis.Buckets.PeekAsync(Some.Step("l", Some.Call(project: "third"), well))).Answers[0].Remaining);

        static IEnumerable<BucketState> States(StepAnswer answer) => answer.Answers.Select(one => one.State);
    }

    [Fact]
    public async Task Opens_every_node_whose_answer_did_not_come()
    {
        _redis.Nodes = tag => tag;
        _redis.Gate = new TaskCompletionSource();
        var asked = _shared.TakeAsync(Some.Step("l", Some.Call(), Some.Limit("a", LimitScope.Project), Some.Limit("b", LimitScope.User), Some.Limit("c", LimitScope.User))).AsTask();

        _time.Advance(TimeSpan.FromMilliseconds(10));
        await asked;

        Assert.Equal(["p=demo", "u=alice"], _breaker.Gone.Select(node => node.Node).Order(StringComparer.Ordinal));
        Assert.All(_breaker.Gone, node => Assert.Equal([node.Node], node.Tags));
        Assert.Equal(2, _log.Lines.Count);
    }

    [Fact]
    public async Task Tells_Redis_of_calls_at_work_and_of_those_that_are_held_before_it_is_asked_again()
    {
        var limiter = Some.LimiterOn(_shared, _time, out var leases, Some.Places(concurrent: 3, holdSeconds: 600) with { WithoutRedis = WithoutRedis.Local });
        var before = (await limiter.TakeAsync(Some.Call())).Lease!;
        _redis.Fails = true;
        var without = (await limiter.TakeAsync(Some.Call())).Lease!;
        var held = (await limiter.TakeAsync(Some.Call())).Lease!;
        Assert.True(_breaker.IsOpen);
        held.Release(goesOn: true);
        // It comes back, and has lost all that it knew.
        _time.Advance(TimeSpan.FromSeconds(100));
        (_redis.Fails, _redis.Buckets) = (false, new MemoryBuckets(_time));

        await leases.RestoreAsync();
        Assert.Equal(0, _redis.Buckets.LeaseCount);
        _breaker.BeginReturn(Breaker.Whole);
        await leases.RestoreAsync();
        _breaker.Close();

        Assert.Equal(3, _redis.Buckets.LeaseCount);
        Assert.False((await limiter.TakeAsync(Some.Call())).Allowed);
        before.Release(goesOn: false);
        without.Release(goesOn: false);
        Assert.Equal(1, _redis.Buckets.LeaseCount);
        // Its ten minutes are those since it was accepted.
        _time.Advance(TimeSpan.FromSeconds(500));
        Assert.Equal(3, (await _redis.Buckets.PeekAsync(Some.Step("l", Some.Call(), Some.Places(concurrent: 3, holdSeconds: 600)))).Answers[0].Remaining);
    }

    [Fact]
    public async Task Makes_known_soon_what_was_admitted_without_Redis_while_others_were_answered()
    {
        var limiter = Some.LimiterOn(_shared, _time, out var leases, Some.Places(concurrent: 2) with { WithoutRedis = WithoutRedis.Local });
        _redis.Gate = new TaskCompletionSource();
        var late = limiter.TakeAsync(Some.Call()).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(5));
        _redis.Gate = null;
        await limiter.TakeAsync(Some.Call("bert"));
        _time.Advance(TimeSpan.FromMilliseconds(5));
        Assert.True((await late).Allowed);
        Assert.False(_breaker.IsOpen);
        Assert.Equal(1, _redis.Buckets.LeaseCount);

        await leases.RenewAsync();

        Assert.Equal(2, _redis.Buckets.LeaseCount);
    }

    [Fact]
    public async Task Admits_its_share_and_no_more_when_it_is_gone()
    {
        _census.Heard(2);
        var limit = Some.Limit(count: 10) with { WithoutRedis = WithoutRedis.Local };
        // Four of the ten went through Redis, and count here too.
        for (var i = 0; i < 4; i++) Assert.False((await _shared.TakeAsync(Step(limit))).Refused);
        _redis.Fails = true;

        var admitted = 0;
        for (var i = 0; i < 50; i++)
        {
            if (!(await _shared.TakeAsync(Step(limit))).Refused) admitted++;
        }

        Assert.Equal(1, admitted);
        // Half the rate: one in twelve seconds.
        _time.Advance(TimeSpan.FromSeconds(12));
        Assert.False((await _shared.TakeAsync(Step(limit))).Refused);
        Assert.True((await _shared.TakeAsync(Step(limit))).Refused);
    }

    [Fact]
    public async Task Decides_limits_of_different_modes_together_and_counts_nothing_when_one_refuses()
    {
        _redis.Fails = true;
        var (local, deny, allow) = (
            Some.Limit("l", count: 3) with { WithoutRedis = WithoutRedis.Local },
            Some.Limit("d", count: 3) with { WithoutRedis = WithoutRedis.Deny },
            Some.Limit("a", count: 3) with { WithoutRedis = WithoutRedis.Allow });
        var limiter = Some.LimiterOn(_shared, _time, local, deny, allow);

        var refused = await limiter.TakeAsync(Some.Call());

        Assert.Equal(["deny", "allow"], refused.Reports.Select(report => report.Degraded));
        Assert.Equal(0, _local.BucketCount);
        var passed = await Some.LimiterOn(_shared, _time, local, deny with { Mode = LimitMode.Shadow }, allow).TakeAsync(Some.Call());
        Assert.True(passed.Allowed);
        Assert.Equal(["local", "deny", "allow"], passed.Reports.Select(report => report.Degraded));
    }

    [Theory]
    [InlineData(null, "local")]
    [InlineData(WithoutRedis.Deny, "deny")]
    internal async Task Refuses_no_call_for_denials_that_it_cannot_ask_for(WithoutRedis? mode, string word)
    {
        _redis.Fails = true;
        var denials = Some.Limit("probing", count: 5) with { Counts = LimitCounts.Denials, WithoutRedis = mode };
        var limiter = new Limiter(new LimitSet([denials], LimitableAction.Of(Some.Catalogue)), _shared, new OpenLeases(_time));
        var call = Some.Call(action: "migrate");

        var denied = await limiter.TakeAsync(call, LimitCounts.Denials);

        Assert.True(_breaker.IsOpen);
        Assert.Equal(word, Assert.Single(denied.Reports).Degraded);
        Assert.Null(limiter.RefusedBefore(call, LimitCounts.Denials));
    }

    [Fact]
    public async Task Remembers_a_refusal_until_its_time_so_that_a_flood_does_not_reach_Redis()
    {
        var (narrow, wide) = (Some.Limit("narrow", count: 1, unit: "minute"), Some.Limit("wide", LimitScope.Project, count: 100));
        var limiter = Some.LimiterOn(_shared, _time, narrow, wide);
        await limiter.TakeAsync(Some.Call());
        var refused = await limiter.TakeAsync(Some.Call());
        Assert.Equal(2, _redis.Taken);

        for (var i = 0; i < 1000; i++)
        {
            var again = await limiter.TakeAsync(Some.Call());
            Assert.Equal(refused.Refusal, again.Refusal);
            // Of the other limit nothing is known, so that nothing is said.
            Assert.Equal(("narrow", BucketState.Remembered), (Assert.Single(again.Reports).Name, again.Reports[0].State));
        }

        Assert.Equal(2, _redis.Taken);
        Assert.True((await limiter.TakeAsync(Some.Call("bert"))).Allowed);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await limiter.TakeAsync(Some.Call())).Allowed);
    }

    [Fact]
    public async Task Remembers_no_refusal_for_longer_than_a_second_because_a_bucket_may_be_given_back_or_flushed()
    {
        var step = Step(Some.Limit(count: 1, unit: "day"));
        await _shared.TakeAsync(step);
        Assert.True((await _shared.TakeAsync(step)).Refused);
        _redis.Buckets = new MemoryBuckets(_time);

        Assert.True((await _shared.TakeAsync(step)).Refused);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.False((await _shared.TakeAsync(step)).Refused);
    }

    [Fact]
    public async Task Lets_a_cheaper_call_ask_although_a_dearer_one_was_refused()
    {
        var limit = Some.Limit(count: 10);
        Assert.False((await _shared.TakeAsync(Step(limit with { Cost = new LimitCost(8, []) }))).Refused);
        Assert.True((await _shared.TakeAsync(Step(limit with { Cost = new LimitCost(8, []) }))).Refused);

        Assert.False((await _shared.TakeAsync(Step(limit with { Cost = new LimitCost(2, []) }))).Refused);
    }

    [Fact]
    public async Task Releases_and_renews_in_both_places()
    {
        var step = Step(Some.Places(concurrent: 1));
        await _shared.TakeAsync(step);
        Assert.Equal((1, 1), (_redis.Buckets.LeaseCount, _local.LeaseCount));

        Assert.True(Assert.Single(await _shared.RenewAsync([step])));
        Assert.True(await _shared.ReleaseAsync(step, goesOn: true, TimeSpan.Zero));

        Assert.Equal((0, 0), (_redis.Buckets.LeaseCount, _local.LeaseCount));
    }

    private static BucketStep Step(Limit limit) => Some.Step("l", Some.Call(), limit);

    /// <summary>Buckets that can be told to fail, or to wait.</summary>
    private sealed class TestedStore(TimeProvider time) : IRemoteBuckets
    {
        public MemoryBuckets Buckets { get; set; } = new(time);

        public bool Fails { get; set; }

        /// <summary>Where it fails, alone when <see cref="Nodes"/> differ.</summary>
        public string? FailedTag { get; set; }

        public Func<string, string>? Nodes { get; set; }

        public TaskCompletionSource? Gate { get; set; }

        public int Taken { get; set; }

        /// <summary>False for permits that were here already.</summary>
        public bool WasAsked { get; set; } = true;

        public Task LastTaken { get; private set; } = Task.CompletedTask;

        public TaskCompletionSource GivenBack { get; } = new();

        public string NodeOf(in BucketAsk ask) => Nodes?.Invoke(RedisKeys.TagOf(ask)) ?? Breaker.Whole;

        public ValueTask<StepAnswer> TakeAsync(BucketStep step)
        {
            Taken++;
            var taken = TakeLateAsync(step);
            LastTaken = taken;
            return new(taken);
        }

        public ValueTask<StepAnswer> PeekAsync(BucketStep step) => Buckets.PeekAsync(step);

        public StepAnswer? RefusedBefore(BucketStep step) => null;

        public Task GiveBackAsync(BucketStep step, StepAnswer answer)
        {
            Buckets.GiveBack(step, answer);
            GivenBack.TrySetResult();
            return Task.CompletedTask;
        }

        public ValueTask<bool> ReleaseAsync(BucketStep step, bool goesOn, TimeSpan ago)
        {
            ThrowIfFailing(step);
            return Buckets.ReleaseAsync(step, goesOn, ago);
        }

        public ValueTask<bool[]> RenewAsync(IReadOnlyList<BucketStep> steps)
        {
            foreach (var step in steps) ThrowIfFailing(step);
            return Buckets.RenewAsync(steps);
        }

        private async Task<StepAnswer> TakeLateAsync(BucketStep step)
        {
            ThrowIfFailing(step);
            if (Gate is { } gate) await gate.Task;
            var answer = await Buckets.TakeAsync(step);
            return WasAsked ? answer : answer with { Answers = [.. answer.Answers.Select(one => one with { At = 0 })] };
        }

        private void ThrowIfFailing(BucketStep step)
        {
            if (Nodes is null ? Fails : step.Asks.Any(ask => RedisKeys.TagOf(ask) == FailedTag)) throw new BucketsUnreachableException("it does as it is told") { Tag = FailedTag };
        }
    }

    private sealed class KeptLog : ILogger<Breaker>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
