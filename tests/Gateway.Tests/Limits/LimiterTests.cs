using Gateway.Limits;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Tests.Limits;

public sealed class LimiterTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Admits_the_burst_and_then_one_call_each_interval()
    {
        var limiter = Some.Limiter(_time, Some.Limit(count: 20, burst: 3));

        Assert.Equal(3, Admitted(limiter, 10));
        _time.Advance(TimeSpan.FromSeconds(3) - TimeSpan.FromMicroseconds(1));
        Assert.Equal(0, Admitted(limiter, 10));
        _time.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Equal(1, Admitted(limiter, 10));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(3, Admitted(limiter, 10));
    }

    [Fact]
    public void Says_what_is_left_and_when()
    {
        var limiter = Some.Limiter(_time, Some.Limit(count: 20, burst: 3));

        var first = Assert.Single(limiter.Take(Some.Call()).Reports);
        Assert.Equal(new LimitReport
        {
            Name = "limit",
            Limit = 20,
            Unit = "minute",
            Burst = 3,
            Remaining = 2,
            Passed = true,
            NextAfter = TimeSpan.FromSeconds(3),
            ResetAfter = TimeSpan.FromSeconds(3),
        }, first);

        Admitted(limiter, 2);
        _time.Advance(TimeSpan.FromSeconds(1));
        var refused = Assert.Single(limiter.Take(Some.Call()).Reports);
        Assert.Equal(new LimitReport
        {
            Name = "limit",
            Limit = 20,
            Unit = "minute",
            Burst = 3,
            Remaining = 0,
            Passed = false,
            RetryAfter = TimeSpan.FromSeconds(2),
            NextAfter = TimeSpan.FromSeconds(2),
            ResetAfter = TimeSpan.FromSeconds(8),
        }, refused);
    }

    [Fact]
    public void Refuses_in_the_words_and_numbers_of_the_answer()
    {
        var limiter = Some.Limiter(_time, Some.Limit("backups", LimitScope.User | LimitScope.Action, count: 20, burst: 1));
        limiter.Take(Some.Call());
        _time.Advance(TimeSpan.FromMilliseconds(500));

        var refusal = limiter.Take(Some.Call()).Refusal;

        Assert.Equal(
            new LimitRefusal("backups", 3, "This request was rate-limited.", "Only 20 createBackup request(s) can be made every minute."), refusal);
    }

    [Fact]
    public void A_call_at_the_time_it_was_told_passes()
    {
        var limiter = Some.Limiter(_time, Some.Limit("fast", count: 7, unit: "second", burst: 2), Some.Limit("slow", count: 3, burst: 1));
        Admitted(limiter, 1);
        var refusal = limiter.Take(Some.Call()).Refusal!;

        Assert.Equal("slow", refusal.LimitName);
        _time.Advance(TimeSpan.FromSeconds(refusal.RetryAfterSeconds!.Value));
        Assert.True(limiter.Take(Some.Call()).Allowed);
    }

    [Fact]
    public void A_refusal_burns_nothing_in_the_other_limits()
    {
        var limiter = Some.Limiter(_time, Some.Limit("wide", LimitScope.Project, count: 100), Some.Limit("narrow", count: 1));
        Admitted(limiter, 1);
        var before = limiter.Peek(Some.Call()).Reports;

        Assert.Equal(0, Admitted(limiter, 50));

        Assert.Equal(before, limiter.Peek(Some.Call()).Reports);
        Assert.Equal(99, limiter.Take(Some.Call(user: "bert")).Reports[0].Remaining + 1);
    }

    [Fact]
    public void Peeking_counts_nothing()
    {
        var limiter = Some.Limiter(_time, Some.Limit(count: 2));

        for (var i = 0; i < 5; i++)
            Assert.True(limiter.Peek(Some.Call()).Allowed);

        Assert.Equal(2, Admitted(limiter, 5));
    }

    [Fact]
    public void A_shadow_limit_reports_and_lets_pass()
    {
        var limiter = Some.Limiter(_time, Some.Limit("trial", count: 1, mode: LimitMode.Shadow), Some.Limit("real", count: 3));
        limiter.Take(Some.Call());

        var decision = limiter.Take(Some.Call());

        Assert.True(decision.Allowed);
        Assert.False(decision.Reports[0].Passed);
        Assert.True(decision.Reports[0].Shadow);
        Assert.True(decision.Reports[1].Passed);
        Assert.Equal(1, Admitted(limiter, 5));
    }

    [Theory]
    [InlineData(LimitScope.Global, 1)]
    [InlineData(LimitScope.User, 2)]
    [InlineData(LimitScope.Project, 2)]
    [InlineData(LimitScope.Action, 2)]
    [InlineData(LimitScope.User | LimitScope.Project, 4)]
    [InlineData(LimitScope.User | LimitScope.Project | LimitScope.Action, 8)]
    internal void Counts_together_what_the_scope_says(LimitScope scope, int buckets)
    {
        var limiter = Some.Limiter(_time, Some.Limit(scope: scope, count: 1));
        var calls =
            from user in new[] { "alice", "bert" }
            from project in new[] { "demo", "other" }
            from action in new[] { "createBackup", "migrate" }
            select Some.Call(user, project, action);

        Assert.Equal(buckets, calls.Count(call => limiter.Take(call).Allowed));
    }

    [Fact]
    public void Callers_without_a_project_count_each_for_himself()
    {
        var limiter = Some.Limiter(_time, Some.Limit(scope: LimitScope.Project, count: 1));

        Assert.True(limiter.Take(Some.Call("root", project: null)).Allowed);
        Assert.False(limiter.Take(Some.Call("root", project: null)).Allowed);
        Assert.True(limiter.Take(Some.Call("other", project: null)).Allowed);
        Assert.True(limiter.Take(Some.Call("root", project: "root")).Allowed);
    }

    [Fact]
    public void Names_are_kept_apart_whatever_is_in_them()
    {
        var limiter = Some.Limiter(_time, Some.Limit(scope: LimitScope.User | LimitScope.Project, count: 1));

        Assert.True(limiter.Take(Some.Call("a", "b:c")).Allowed);
        Assert.True(limiter.Take(Some.Call("a:b", "c")).Allowed);
        Assert.True(limiter.Take(Some.Call("a\n", "b")).Allowed);
    }

    [Fact]
    public void Idle_buckets_make_room_for_others()
    {
        var buckets = new MemoryBuckets(_time, capacity: 100);
        var limiter = Some.LimiterOn(buckets, _time, Some.Limit(count: 1, unit: "second"));
        for (var i = 0; i < 10_000; i++)
        {
            Assert.True(limiter.Take(Some.Call($"user-{i}")).Allowed);
            _time.Advance(TimeSpan.FromMilliseconds(11));
        }

        Assert.True(buckets.BucketCount <= 100);
    }

    [Fact]
    public void A_full_table_refuses_newcomers_and_nobody_else()
    {
        var buckets = new MemoryBuckets(_time, capacity: 100);
        var limiter = Some.LimiterOn(buckets, _time, Some.Limit(count: 2, unit: "hour"));
        for (var i = 0; i < 100; i++)
            Assert.True(limiter.Take(Some.Call($"user-{i}")).Allowed);

        var newcomer = limiter.Take(Some.Call("late"));

        Assert.False(newcomer.Allowed);
        Assert.Equal(1, newcomer.Refusal!.RetryAfterSeconds);
        Assert.Equal("Too many callers are being counted at this time.", newcomer.Refusal.Details);
        Assert.Equal(BucketState.Untracked, Assert.Single(newcomer.Reports).State);
        Assert.True(limiter.Take(Some.Call("user-0")).Allowed);
        Assert.Equal(100, buckets.BucketCount);

        _time.Advance(TimeSpan.FromHours(1));
        Assert.True(limiter.Take(Some.Call("late")).Allowed);
    }

    [Fact]
    public void A_full_table_lets_newcomers_pass_a_shadow_limit()
    {
        var limiter = Some.LimiterOn(new MemoryBuckets(_time, capacity: 1), _time, Some.Limit(count: 1, unit: "hour", mode: LimitMode.Shadow));
        limiter.Take(Some.Call("first"));

        var decision = limiter.Take(Some.Call("late"));

        Assert.True(decision.Allowed);
        Assert.Equal(BucketState.Untracked, Assert.Single(decision.Reports).State);
    }

    [Fact]
    public void Stepping_the_wall_clock_has_no_effect()
    {
        var time = new SteppedClock();
        var limiter = Some.LimiterOn(new MemoryBuckets(time), time, Some.Limit(count: 1));
        limiter.Take(Some.Call());

        time.Wall += TimeSpan.FromHours(1);
        Assert.False(limiter.Take(Some.Call()).Allowed);
        time.Wall -= TimeSpan.FromHours(2);
        time.Ticks += TimeSpan.FromMinutes(1).Ticks;
        Assert.True(limiter.Take(Some.Call()).Allowed);
    }

    [Fact]
    public void A_reload_keeps_the_buckets_of_limits_that_stay_alike()
    {
        var limiter = Some.Limiter(_time, Some.Limit("kept", count: 1), Some.Limit("edited", LimitScope.Project, count: 5));
        limiter.Take(Some.Call());

        limiter.Limits = new LimitSet([Some.Limit("edited", LimitScope.Project, count: 6), Some.Limit("kept", count: 1)], []);
        var decision = limiter.Take(Some.Call());

        Assert.Equal("kept", decision.Refusal!.LimitName);
        Assert.Equal(6, decision.Reports[0].Remaining);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(100)]
    public async Task Admits_exactly_the_burst_under_parallel_load(int burst)
    {
        var limiter = Some.Limiter(
            _time, Some.Limit("narrow", count: 1, unit: "day", burst: burst), Some.Limit("wide", LimitScope.Project, count: 1, unit: "day", burst: burst * 2));
        using var start = new ManualResetEventSlim();

        async Task<int> CallsAsync(string user)
        {
            await Task.Yield();
            start.Wait();
            return Admitted(limiter, 250, user);
        }

        Task<int>[] tasks = [.. Enumerable.Range(0, 9).Select(i => Task.Factory.StartNew(() => CallsAsync(i % 3 == 0 ? "alice" : i % 3 == 1 ? "bert" : "carl"), TaskCreationOptions.LongRunning).Unwrap())];
        start.Set();
        var admitted = await Task.WhenAll(tasks);

        // Three users of `burst` calls each, in a project that has twice that.
        Assert.Equal(burst * 2, admitted.Sum());
    }

    private static int Admitted(Limiter limiter, int calls, string user = "alice")
    {
        var admitted = 0;
        for (var i = 0; i < calls; i++)
        {
            if (limiter.Take(Some.Call(user)).Allowed)
                admitted++;
        }

        return admitted;
    }

    private sealed class SteppedClock : TimeProvider
    {
        public DateTimeOffset Wall { get; set; } = DateTimeOffset.UnixEpoch;

        public long Ticks { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => Wall;

        public override long GetTimestamp() => Ticks;
    }
}
