using Microsoft.Extensions.Time.Testing;

namespace Gateway.Audit.Tests;

public sealed class AppendQueueTests
{
    private readonly AppendQueue _queue = new(capacity: 100, TimeSpan.FromSeconds(1), new FakeTimeProvider());

    [Fact]
    public void Takes_a_record_that_nobody_waits_for_along_with_one_that_somebody_does()
    {
        var intent = Some.Intent();
        Add(Some.OutcomeOf(intent));
        Add(Some.Intent());

        Assert.True(_queue.Wait(storeFailed: false));
        List<PendingAppend> batch = [];
        _queue.Take(batch, max: 10);
        Assert.Equal([AuditKind.Outcome, AuditKind.Intent], batch.Select(append => append.Event.Kind));
    }

    [Fact]
    public async Task Takes_a_record_that_nobody_waits_for_in_the_end_also_when_the_writer_sleeps()
    {
        var waiting = Task.Run(() => _queue.Wait(storeFailed: false), TestContext.Current.CancellationToken);

        Add(Some.OutcomeOf(Some.Intent()));

        Assert.True(await waiting);
    }

    [Fact]
    public void Keeps_nobody_waiting_for_company_once_it_is_closed()
    {
        Add(Some.OutcomeOf(Some.Intent()));
        _queue.Close();

        Assert.True(_queue.Wait(storeFailed: false));
        _queue.Take([], max: 10);
        Assert.False(_queue.Wait(storeFailed: false));
    }

    [Fact]
    public void Does_not_wake_a_writer_whose_store_failed_for_what_is_kept()
    {
        Add(Some.OutcomeOf(Some.Intent()));
        _queue.Nudge();

        Assert.True(_queue.Wait(storeFailed: true));
        _queue.Close();
        Assert.False(_queue.Wait(storeFailed: true));
    }

    private void Add(AuditEvent e)
    {
        var buffer = new RecordBuffer();
        buffer.Fill(e);
        Assert.Null(_queue.TryAdd(new PendingAppend(e, buffer, enqueued: 0)));
    }
}
