using Gateway.Limits;
using Xunit;

namespace Gateway.Tests.Limits;

public sealed class LimitLeaseTests
{
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task Gives_back_again_what_was_given_back_while_it_was_renewed(bool succeeded, int held)
    {
        var store = new SlowStore();
        var step = Some.Step("l", Some.Call(), Some.Places(concurrent: 1, holdSeconds: 3600));
        await store.TakeAsync(step);
        var leases = new OpenLeases(TimeProvider.System);
        var lease = leases.Open(store, step);

        var renewal = lease.RenewAsync();
        lease.Release(succeeded);
        store.Gate.SetResult();
        await renewal;

        Assert.Equal([succeeded, succeeded], store.Released);
        Assert.Equal((held, 0), (store.Buckets.LeaseCount, leases.Count));
    }

    /// <summary>Renews when it is told to.</summary>
    private sealed class SlowStore : IBucketStore
    {
        public MemoryBuckets Buckets { get; } = new(TimeProvider.System);

        public TaskCompletionSource Gate { get; } = new();

        public List<bool> Released { get; } = [];

        public ValueTask<StepAnswer> TakeAsync(BucketStep step) => Buckets.TakeAsync(step);

        public ValueTask<StepAnswer> PeekAsync(BucketStep step) => Buckets.PeekAsync(step);

        public StepAnswer? RefusedBefore(BucketStep step) => null;

        public ValueTask ReleaseAsync(BucketStep step, bool succeeded)
        {
            Released.Add(succeeded);
            return Buckets.ReleaseAsync(step, succeeded);
        }

        public async ValueTask RenewAsync(BucketStep step)
        {
            await Gate.Task;
            await Buckets.RenewAsync(step);
        }
    }
}
