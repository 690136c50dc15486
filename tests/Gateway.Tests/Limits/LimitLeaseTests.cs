using Gateway.Limits;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Tests.Limits;

public sealed class LimitLeaseTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ToldStore _store;
    private readonly OpenLeases _leases;

    public LimitLeaseTests() => (_store, _leases) = (new ToldStore(_time), new OpenLeases(_time));

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task Gives_back_again_what_was_given_back_while_it_was_renewed(bool goesOn, int held)
    {
        var lease = await OpenAsync("l");
        _store.Gate = new TaskCompletionSource();

        var renewal = _leases.RestoreAsync();
        lease.Release(goesOn);
        _store.Gate.SetResult();
        await renewal;

        Assert.Equal([goesOn, goesOn], _store.Released.Select(one => one.GoesOn));
        Assert.Equal((held, 0), (_store.Buckets.LeaseCount, _leases.Count));
    }

    [Fact]
    public async Task Renews_all_that_are_due_together()
    {
        for (var i = 0; i < 1000; i++) await OpenAsync($"l{i}");
        _time.Advance(TimeSpan.FromSeconds(9));
        await OpenAsync("young");
        await _leases.RenewAsync();
        Assert.Empty(_store.Renewed);

        _time.Advance(TimeSpan.FromSeconds(1));
        await _leases.RenewAsync();

        Assert.Equal([1000], _store.Renewed);
        await _leases.RenewAsync();
        Assert.Single(_store.Renewed);
    }

    [Fact]
    public async Task Renews_soon_again_what_could_not_be_renewed()
    {
        await OpenAsync("l");
        _time.Advance(TimeSpan.FromSeconds(10));
        _store.IsUnreachable = true;
        await _leases.RenewAsync();
        _store.IsUnreachable = false;

        await _leases.RenewAsync();

        Assert.Equal([1, 1], _store.Renewed);
    }

    [Fact]
    public async Task Tells_a_store_again_of_what_it_could_not_be_told_and_how_long_ago_it_was()
    {
        var (held, over) = (await OpenAsync("held"), await OpenAsync("over"));
        _store.IsUnreachable = true;
        held.Release(goesOn: true);
        over.Release(goesOn: false);
        _time.Advance(TimeSpan.FromSeconds(20));
        _store.IsUnreachable = false;
        _store.Released.Clear();

        await _leases.RenewAsync();
        await _leases.RenewAsync();

        Assert.Equal([(true, 20), (false, 20)], _store.Released.Select(one => (one.GoesOn, one.Ago.TotalSeconds)).OrderByDescending(one => one.GoesOn));
        Assert.Equal(1, _store.Buckets.LeaseCount);
    }

    [Fact]
    public async Task Tells_a_store_that_lost_what_it_knew_of_calls_at_work_and_of_those_that_are_held_until_their_time()
    {
        await OpenAsync("at work");
        (await OpenAsync("held")).Release(goesOn: true);
        (await OpenAsync("over")).Release(goesOn: false);
        _store.Buckets = new MemoryBuckets(_time);

        await _leases.RestoreAsync();

        Assert.Equal(2, _store.Buckets.LeaseCount);
        _time.Advance(TimeSpan.FromSeconds(600));
        _store.Buckets = new MemoryBuckets(_time);
        await _leases.RestoreAsync();
        Assert.Equal(1, _store.Buckets.LeaseCount);
    }

    private async Task<LimitLease> OpenAsync(string id)
    {
        var step = Some.Step(id, Some.Call(), Some.Places(concurrent: 5000, holdSeconds: 600));
        await _store.TakeAsync(step);
        return _leases.Open(_store, step);
    }

    /// <summary>Keeps what it is told, and renews when it may.</summary>
    private sealed class ToldStore(TimeProvider time) : IBucketStore
    {
        public MemoryBuckets Buckets { get; set; } = new(time);

        public TaskCompletionSource? Gate { get; set; }

        public bool IsUnreachable { get; set; }

        public List<(bool GoesOn, TimeSpan Ago)> Released { get; } = [];

        public List<int> Renewed { get; } = [];

        public ValueTask<StepAnswer> TakeAsync(BucketStep step) => Buckets.TakeAsync(step);

        public ValueTask<StepAnswer> PeekAsync(BucketStep step) => Buckets.PeekAsync(step);

        public StepAnswer? RefusedBefore(BucketStep step) => null;

        public async ValueTask<bool> ReleaseAsync(BucketStep step, bool goesOn, TimeSpan ago)
        {
            Released.Add((goesOn, ago));
            return IsUnreachable ? throw new BucketsUnreachableException("as it is told") : await Buckets.ReleaseAsync(step, goesOn, ago);
        }

        public async ValueTask<bool[]> RenewAsync(IReadOnlyList<BucketStep> steps)
        {
            if (steps.Count == 0) return [];
            Renewed.Add(steps.Count);
            if (Gate is { } gate) await gate.Task;
            return IsUnreachable ? throw new BucketsUnreachableException("as it is told") : await Buckets.RenewAsync(steps);
        }
    }
}
