using Gateway.Limits;
using Xunit;

namespace Gateway.Tests.Limits;

/// <summary>What every store of buckets does, in memory and in Redis alike. Each test has callers of its own, so that a store may be shared.</summary>
public abstract class BucketStoreContract
{
    private const string Alice = "alice";

    /// <summary>What makes this test's ids its own. The project's ids are as UUIDs are.</summary>
    private readonly string _own = Guid.NewGuid().ToString("N");

    /// <summary>As many stores as there are gateways; they share their buckets.</summary>
    internal abstract IReadOnlyList<IBucketStore> Stores { get; }

    private IBucketStore Store => Stores[0];

    [Fact]
    public async Task Admits_the_burst_and_refuses_then()
    {
        var step = Step(Daily(burst: 3));

        var remaining = new List<long>();
        for (var i = 0; i < 3; i++) remaining.Add(Assert.Single((await Store.TakeAsync(step)).Answers).Remaining);
        var refused = await Store.TakeAsync(step);

        Assert.Equal([2, 1, 0], remaining);
        Assert.True(refused.Refused);
        var answer = Assert.Single(refused.Answers);
        Assert.False(answer.Passed);
        Assert.InRange(answer.Retry, 1, 86_400_000_000L);
        Assert.Equal(answer.Retry, answer.Next);
        Assert.InRange(answer.Reset, 2 * 86_400_000_000L, 3 * 86_400_000_000L);
    }

    [Fact]
    public async Task Burns_nothing_in_other_limits_when_one_refuses()
    {
        var (wide, narrow, places) = (Daily("wide", LimitScope.Project, 100), Daily("narrow"), Some.Places(concurrent: 50));
        var step = Step(wide, narrow, places);
        Assert.False((await Store.TakeAsync(step)).Refused);

        for (var i = 0; i < 20; i++) Assert.True((await Store.TakeAsync(step with { Lease = $"{_own}-{i}" })).Refused);

        var peeked = (await Store.PeekAsync(Step(wide, places))).Answers;
        Assert.Equal((99, 49), (peeked[0].Remaining, peeked[1].Remaining));
    }

    [Fact]
    public async Task Counts_nothing_for_a_peek()
    {
        var step = Step(Daily(burst: 2), Some.Places(concurrent: 1));

        for (var i = 0; i < 5; i++)
        {
            var peeked = await Store.PeekAsync(step);
            Assert.False(peeked.Refused);
            Assert.Equal((2, 1), (peeked.Answers[0].Remaining, peeked.Answers[1].Remaining));
        }
    }

    [Fact]
    public async Task Lets_pass_what_a_shadow_limit_would_refuse_and_leaves_the_limit_as_it_is()
    {
        var (shadow, real) = (Daily("trial", mode: LimitMode.Shadow), Daily("real", burst: 5));
        var step = Step(shadow, real);
        await Store.TakeAsync(step);

        var second = await Store.TakeAsync(step);

        Assert.False(second.Refused);
        Assert.Equal((false, true, 3), (second.Answers[0].Passed, second.Answers[1].Passed, second.Answers[1].Remaining));
        Assert.InRange((await Store.PeekAsync(Step(shadow))).Answers[0].Reset, 1, 86_400_000_000L);
    }

    [Fact]
    public async Task Counts_a_dear_call_for_as_many_as_it_costs()
    {
        var limit = Daily(burst: 10) with { Cost = new LimitCost(4, []) };

        Assert.Equal(6, (await Store.TakeAsync(Step(limit))).Answers[0].Remaining);
        Assert.Equal(2, (await Store.TakeAsync(Step(limit))).Answers[0].Remaining);
        var refused = (await Store.TakeAsync(Step(limit))).Answers[0];
        Assert.Equal((false, 2), (refused.Passed, refused.Remaining));
        Assert.True((await Store.TakeAsync(Step(limit with { Cost = new LimitCost(2, []) }))).Answers[0].Passed);
    }

    [Fact]
    public async Task Promises_nothing_to_a_call_that_costs_more_than_the_burst()
    {
        var answer = (await Store.TakeAsync(Step(Daily(burst: 3) with { Cost = new LimitCost(4, []) }))).Answers[0];

        Assert.Equal((false, 3, BucketAnswer.Never), (answer.Passed, answer.Remaining, answer.Retry));
    }

    [Fact]
    public async Task Gives_places_until_there_are_none_and_again_when_one_is_given_back()
    {
        var places = Some.Places(concurrent: 2);
        var (first, second, third) = (Step(places), Step(places), Step(places));
        Assert.Equal(1, (await Store.TakeAsync(first)).Answers[0].Remaining);
        Assert.Equal(0, (await Store.TakeAsync(second)).Answers[0].Remaining);
        var refused = await Store.TakeAsync(third);
        Assert.Equal((true, BucketAnswer.PlaceRetry), (refused.Refused, refused.Answers[0].Retry));

        await Store.ReleaseAsync(first, goesOn: true, TimeSpan.Zero);
        // Giving back twice, or what was never taken, gives nothing.
        await Store.ReleaseAsync(first, goesOn: true, TimeSpan.Zero);
        await Store.ReleaseAsync(third, goesOn: true, TimeSpan.Zero);

        // A release is not waited for.
        await UntilAsync(async () => !(await Store.TakeAsync(third)).Refused);
        Assert.True((await Store.TakeAsync(Step(places))).Refused);
    }

    [Fact]
    public async Task Goes_on_counting_a_call_that_succeeded_when_its_limit_holds()
    {
        var holding = Some.Places(concurrent: 1, leaseSeconds: 1, holdSeconds: 3600);
        var failed = Step(holding);
        await Store.TakeAsync(failed);
        await Store.ReleaseAsync(failed, goesOn: false, TimeSpan.Zero);
        var succeeded = Step(holding);
        await UntilAsync(async () => !(await Store.TakeAsync(succeeded)).Refused);

        await Store.ReleaseAsync(succeeded, goesOn: true, TimeSpan.Zero);

        Assert.True((await Store.TakeAsync(Step(holding))).Refused);
    }

    [Fact]
    public async Task Ends_no_lease_sooner_for_a_renewal_that_comes_after_the_call_is_over()
    {
        var holding = Some.Places(concurrent: 1, leaseSeconds: 1, holdSeconds: 3600);
        var step = Step(holding);
        await Store.TakeAsync(step);
        await Store.ReleaseAsync(step, goesOn: true, TimeSpan.Zero);

        await Store.RenewAsync([step]);

        // Longer than the renewal's lease.
        await Task.Delay(TimeSpan.FromSeconds(1.1), TimeProvider.System);
        Assert.True((await Store.TakeAsync(Step(holding))).Refused);
    }

    [Fact]
    public async Task Frees_places_that_nobody_renews()
    {
        var (forgotten, kept) = (Some.Places("forgotten", concurrent: 1, leaseSeconds: 1), Some.Places("kept", concurrent: 1, leaseSeconds: 1));
        var step = Step(kept);
        await Store.TakeAsync(Step(forgotten));
        await Store.TakeAsync(step);

        var waiting = Step(forgotten);
        await UntilAsync(async () =>
        {
            await Store.RenewAsync([step]);
            return !(await Store.TakeAsync(waiting)).Refused;
        });

        Assert.True((await Store.TakeAsync(Step(kept))).Refused);
    }

    [Theory]
    [InlineData("a", "b:c", "a:b", "c")]
    [InlineData("x", "p}:{q", "x", "p")]
    [InlineData("x", "p q", "x", "p\nq")]
    [InlineData("x", "", "", "x")]
    [InlineData("x", "~b7d0d6d7e8e6ec4b9a8a5ea1cd0c9b7e", "x", "é")]
    public async Task Keeps_callers_apart_whatever_their_ids_are(string user, string project, string otherUser, string otherProject)
    {
        var limit = Daily(scope: LimitScope.User | LimitScope.Project) with { Name = $"apart-{_own}" };

        Assert.False((await Store.TakeAsync(Some.Step("l", new LimitRequest(user, project, "migrate"), limit))).Refused);
        Assert.False((await Store.TakeAsync(Some.Step("l", new LimitRequest(otherUser, otherProject, "migrate"), limit))).Refused);
        Assert.True((await Store.TakeAsync(Some.Step("l", new LimitRequest(user, project, "migrate"), limit))).Refused);
    }

    [Fact]
    public async Task Counts_limits_of_any_scope_in_one_step()
    {
        LimitScope[] scopes = [LimitScope.Global, LimitScope.Project, LimitScope.User | LimitScope.Action, LimitScope.Domain, LimitScope.Network, LimitScope.Server, LimitScope.Host | LimitScope.Cluster];
        var limits = scopes.Select((scope, i) => Daily($"s{i}-{_own}", scope, 2)).ToArray();
        var request = new LimitRequest(Alice, _own, "migrate") { DomainId = _own, Peer = System.Net.IPAddress.Parse("2001:db8::7"), ServerId = _own, Host = "h", Cluster = _own };
        var step = Some.Step("l", request, limits);

        Assert.All((await Store.TakeAsync(step)).Answers, answer => Assert.Equal((true, 1L), (answer.Passed, answer.Remaining)));
        await Store.TakeAsync(step);
        Assert.All((await Store.TakeAsync(step)).Answers, answer => Assert.Equal((false, 0L), (answer.Passed, answer.Remaining)));
    }

    [Fact]
    public async Task Gives_back_what_a_wide_limit_gave_when_a_narrow_one_refuses()
    {
        var (wide, narrow) = (Daily($"wide-{_own}", LimitScope.Global, 10), Daily("narrow", LimitScope.Project));
        var step = Step(wide, narrow);
        Assert.False((await Store.TakeAsync(step)).Refused);

        for (var i = 0; i < 5; i++) Assert.True((await Store.TakeAsync(step)).Refused);

        // Where the two lie on different nodes, giving back is not waited for.
        await UntilAsync(async () => (await Store.PeekAsync(Step(wide))).Answers[0].Remaining == 9);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public async Task Admits_exactly_the_burst_of_a_thousand_concurrent_calls(int burst)
    {
        var step = Step(Daily(burst: burst), Daily("wide", LimitScope.Project, burst * 100));

        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => Task.Run(async () => await Stores[i % Stores.Count].TakeAsync(step))));

        Assert.Equal(burst, answers.Count(answer => !answer.Refused));
    }

    [Fact]
    public async Task Admits_never_more_than_burst_and_rate_as_time_goes_by()
    {
        var step = Step(Some.Limit(count: 50, unit: "second", burst: 10));
        var started = TimeProvider.System.GetTimestamp();
        var admitted = 0;

        // Until it has filled up again often enough to be seen to do so.
        while (admitted < 30)
        {
            if (!(await Stores[admitted % Stores.Count].TakeAsync(step)).Refused) admitted++;
            var elapsed = TimeProvider.System.GetElapsedTime(started);
            Assert.True(admitted <= 10 + (elapsed.TotalSeconds * 50) + 1, $"{admitted} in {elapsed}");
        }
    }

    [Fact]
    public async Task Holds_a_place_no_longer_than_since_the_call_was_accepted()
    {
        var holding = Some.Places(concurrent: 1, holdSeconds: 60);
        var step = Step(holding);
        await Store.TakeAsync(step);

        await Store.ReleaseAsync(step, goesOn: true, TimeSpan.FromSeconds(59));
        Assert.True((await Store.TakeAsync(Step(holding))).Refused);
        await Store.ReleaseAsync(step, goesOn: true, TimeSpan.FromSeconds(60));

        await UntilAsync(async () => !(await Store.TakeAsync(Step(holding))).Refused);
    }

    [Fact]
    public async Task Takes_for_a_renewal_a_place_that_it_does_not_know_whether_there_is_room_or_not()
    {
        var places = Some.Places(concurrent: 1);
        await Store.TakeAsync(Step(places));

        await Store.RenewAsync([Step(places), Step(places)]);

        var answer = (await Store.PeekAsync(Step(places))).Answers[0];
        Assert.Equal((false, 0L), (answer.Passed, answer.Remaining));
    }

    [Fact]
    public async Task Gives_back_what_a_step_took()
    {
        var step = Step(Daily(burst: 5) with { Cost = new LimitCost(3, []) }, Some.Places(concurrent: 1), Daily("trial", mode: LimitMode.Shadow));
        await Store.TakeAsync(Step(Daily("trial", mode: LimitMode.Shadow)));
        var taken = await Store.TakeAsync(step);
        Assert.False(taken.Refused);

        await GiveBackAsync(Store, step, taken);

        // A place that is given back is not waited for. What the shadow limit would have refused it did not count.
        await UntilAsync(async () => (await Store.PeekAsync(step)).Answers is [{ Remaining: 5 }, { Remaining: 1 }, { Remaining: 0 }]);
    }

    [Fact]
    public async Task Gives_back_nothing_that_has_come_back_by_itself_since()
    {
        // One comes back in a hundredth of a second, all in a quarter of an hour.
        var limit = Some.Limit(count: 100, unit: "second", burst: 100_000);
        var (one, all) = (Step(limit), Step(limit with { Cost = new LimitCost(100_000, []) }));
        var taken = await Store.TakeAsync(one);
        await UntilAsync(async () => (await Store.PeekAsync(one)).Answers[0].Reset == 0);
        Assert.False((await Store.TakeAsync(all)).Refused);

        await GiveBackAsync(Store, all, taken);

        Assert.True((await Store.TakeAsync(all)).Refused);
    }

    internal abstract Task GiveBackAsync(IBucketStore store, BucketStep step, StepAnswer answer);

    private BucketStep Step(params Limit[] limits) => Some.Step(Guid.NewGuid().ToString("N"), new LimitRequest($"{Alice}-{_own}", _own, "migrate"), limits);

    private static Limit Daily(string name = "daily", LimitScope scope = LimitScope.User | LimitScope.Project, int burst = 1, LimitMode mode = LimitMode.Enforce) =>
        Some.Limit(name, scope, count: 1, unit: "day", burst: burst, mode: mode);

    private static async Task UntilAsync(Func<Task<bool>> isIt)
    {
        for (var i = 0; !await isIt(); i++)
        {
            Assert.True(i < 1000, "it did not come");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }
}
