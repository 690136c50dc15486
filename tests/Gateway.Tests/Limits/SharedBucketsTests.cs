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
        (_redis, _local, _breaker, _census) = (new TestedStore(_time), new MemoryBuckets(_time), new Breaker("redis:1", _log), new Census(_options));
        _shared = new SharedBuckets(_redis, _local, new RecentRefusals(_time), _breaker, _census, _options, _time);
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
    [InlineData("u=other", "u=other")]
    [InlineData(null, "u=alice")]
    public async Task Has_the_watch_look_where_it_failed(string? failed, string probed)
    {
        (_redis.Fails, _redis.FailedTag) = (true, failed);

        await _shared.TakeAsync(Step(Some.Limit(count: 100)));

        Assert.Equal(probed, _breaker.FailedTag);
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

        await _redis.Released.Task;
        Assert.Equal(0, _redis.Buckets.LeaseCount);
    }

    [Fact]
    public async Task Admits_its_share_and_no_more_when_it_is_gone()
    {
        _census.Gateways = 2;
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

        await _shared.RenewAsync(step);
        await _shared.ReleaseAsync(step, succeeded: true);

        Assert.Equal((0, 0), (_redis.Buckets.LeaseCount, _local.LeaseCount));
    }

    private static BucketStep Step(Limit limit) => Some.Step("l", Some.Call(), limit);

    /// <summary>Buckets that can be told to fail, or to wait.</summary>
    private sealed class TestedStore(TimeProvider time) : IBucketStore
    {
        public MemoryBuckets Buckets { get; set; } = new(time);

        public bool Fails { get; set; }

        public string? FailedTag { get; set; }

        public TaskCompletionSource? Gate { get; set; }

        public int Taken { get; set; }

        public TaskCompletionSource Released { get; } = new();

        public async ValueTask<StepAnswer> TakeAsync(BucketStep step)
        {
            Taken++;
            if (Fails) throw new BucketsUnreachableException("it does as it is told") { Tag = FailedTag };
            if (Gate is { } gate) await gate.Task;
            return await Buckets.TakeAsync(step);
        }

        public ValueTask<StepAnswer> PeekAsync(BucketStep step) => Buckets.PeekAsync(step);

        public StepAnswer? RefusedBefore(BucketStep step) => null;

        public async ValueTask ReleaseAsync(BucketStep step, bool succeeded)
        {
            await Buckets.ReleaseAsync(step, succeeded);
            Released.TrySetResult();
        }

        public ValueTask RenewAsync(BucketStep step) => Buckets.RenewAsync(step);
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
