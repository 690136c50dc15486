using Microsoft.Extensions.Time.Testing;

namespace Gateway.Audit.Tests;

public sealed class AppendQueueTests
{
    private readonly AppendQueue _queue = new(capacity: 100, TimeSpan.FromSeconds(1), new FakeTimeProvider());

    [Fact]
    public async Task Gathers_until_there_are_enough()
    {
        Add(2);
        var gathering = Task.Run(() => _queue.Gather(enough: 5, Timeout.InfiniteTimeSpan), TestContext.Current.CancellationToken);

        Add(2);
        Assert.False(gathering.IsCompleted);
        Add(1);

        await gathering;
        List<PendingAppend> batch = [];
        _queue.Take(batch, max: 10);
        Assert.Equal(5, batch.Count);
    }

    [Fact]
    public void Gathers_nothing_when_there_are_enough() => GathersAtOnce(() => Add(5));

    [Fact]
    public void Gathers_nothing_once_it_is_closed() => GathersAtOnce(_queue.Close);

    [Fact]
    public async Task Gathers_until_it_is_closed()
    {
        var gathering = Task.Run(() => _queue.Gather(enough: 5, Timeout.InfiniteTimeSpan), TestContext.Current.CancellationToken);

        _queue.Close();

        await gathering;
    }

    /// <summary>It would wait for ever otherwise.</summary>
    private void GathersAtOnce(Action first)
    {
        first();
        _queue.Gather(enough: 5, Timeout.InfiniteTimeSpan);
    }

    private void Add(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var buffer = new RecordBuffer();
            var e = Some.Intent();
            buffer.Fill(e);
            Assert.Null(_queue.TryAdd(new PendingAppend(e, buffer, enqueued: 0)));
        }
    }
}
