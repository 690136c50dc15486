using Gateway.Limits;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Tests.Limits;

public sealed class MemoryBucketsTests : BucketStoreContract
{
    private readonly MemoryBuckets _buckets = new(TimeProvider.System);

    internal override IReadOnlyList<IBucketStore> Stores => [_buckets];

    internal override Task GiveBackAsync(IBucketStore store, BucketStep step, StepAnswer answer)
    {
        ((MemoryBuckets)store).GiveBack(step, answer);
        return Task.CompletedTask;
    }

    [Fact]
    public void Follows_what_another_store_admitted_by_its_share()
    {
        var time = new FakeTimeProvider();
        var buckets = new MemoryBuckets(time);
        var limit = Some.Limit(count: 10, burst: 10);
        var share = new LimitEntry(limit, limit.Numbers).ShareOf(2);
        var step = Some.Step("l", Some.Call(), limit);

        buckets.Follow(step, gateways: 2);

        // Half the burst, filled half as fast.
        Assert.Equal((12_000_000, 60_000_000), (share.Interval, share.Tolerance));
        Assert.Equal(12_000_000, buckets.Ahead(step.Asks[0].Key));
        for (var i = 0; i < 20; i++) buckets.Follow(step, gateways: 2);
        Assert.Equal(60_000_000, buckets.Ahead(step.Asks[0].Key));
        time.Advance(TimeSpan.FromSeconds(12));
        Assert.True(buckets.Decide(step with { Asks = [step.Asks[0] with { Entry = share }] }, take: true).Answers[0].Passed);
        Assert.False(buckets.Decide(step with { Asks = [step.Asks[0] with { Entry = share }] }, take: true).Answers[0].Passed);
    }

    [Fact]
    public async Task Holds_a_bounded_number_of_leases()
    {
        var buckets = new MemoryBuckets(new FakeTimeProvider(), capacity: 3);
        var places = Some.Places(scope: LimitScope.User, concurrent: 100);
        for (var i = 0; i < 3; i++) Assert.False((await buckets.TakeAsync(Some.Step($"l{i}", Some.Call($"u{i}"), places))).Refused);

        var late = await buckets.TakeAsync(Some.Step("l3", Some.Call("u3"), places));

        Assert.Equal((true, BucketState.Untracked), (late.Refused, late.Answers[0].State));
        await buckets.ReleaseAsync(Some.Step("l0", Some.Call("u0"), places), goesOn: true, TimeSpan.Zero);
        Assert.False((await buckets.TakeAsync(Some.Step("l3", Some.Call("u3"), places))).Refused);
        Assert.Equal(3, buckets.LeaseCount);
    }

    [Fact]
    public async Task Ends_each_lease_of_a_bucket_at_its_own_time()
    {
        var time = new FakeTimeProvider();
        var buckets = new MemoryBuckets(time);
        var places = Some.Places(concurrent: 3, leaseSeconds: 30, holdSeconds: 60);
        var steps = Enumerable.Range(0, 3).Select(i => Some.Step($"l{i}", Some.Call(), places)).ToArray();
        foreach (var step in steps) Assert.False((await buckets.TakeAsync(step)).Refused);
        time.Advance(TimeSpan.FromSeconds(10));
        await buckets.RenewAsync([steps[1]]);
        await buckets.ReleaseAsync(steps[2], goesOn: true, TimeSpan.Zero);

        var left = new List<int>();
        foreach (var seconds in new[] { 19, 1, 9, 1, 29, 1 })
        {
            time.Advance(TimeSpan.FromSeconds(seconds));
            left.Add(3 - (int)(await buckets.PeekAsync(steps[0])).Answers[0].Remaining);
        }

        Assert.Equal([3, 2, 2, 1, 1, 0], left);
        Assert.Equal(0, buckets.LeaseCount);
    }

    [Fact]
    public async Task Makes_room_of_leases_that_are_over_although_nobody_asks_for_their_buckets_again()
    {
        var time = new FakeTimeProvider();
        var buckets = new MemoryBuckets(time, capacity: 3);
        var places = Some.Places(scope: LimitScope.User, concurrent: 1, holdSeconds: 60);
        for (var i = 0; i < 3; i++)
        {
            var step = Some.Step($"l{i}", Some.Call($"u{i}"), places);
            Assert.False((await buckets.TakeAsync(step)).Refused);
            await buckets.ReleaseAsync(step, goesOn: true, TimeSpan.Zero);
        }

        Assert.True((await buckets.TakeAsync(Some.Step("l3", Some.Call("u3"), places))).Refused);
        time.Advance(TimeSpan.FromSeconds(60));

        for (var i = 3; i < 6; i++) Assert.False((await buckets.TakeAsync(Some.Step($"l{i}", Some.Call($"u{i}"), places))).Refused);
        Assert.Equal(3, buckets.LeaseCount);
        Assert.True((await buckets.TakeAsync(Some.Step("l6", Some.Call("u6"), places))).Refused);
    }
}
