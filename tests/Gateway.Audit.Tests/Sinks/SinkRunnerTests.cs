namespace Gateway.Audit.Tests;

public sealed class SinkRunnerTests : IDisposable
{
    private readonly TemporaryStore _store = new();
    private readonly StubbornSink _sink = new();
    private readonly HurriedTime _time = new();
    private readonly List<SinkNotice> _notices = [];
    private SinkFilter _filter = new();

    public void Dispose() => _store.Dispose();

    private string CursorFile => Path.Combine(Path.GetDirectoryName(_store.Path)!, "audit.sink.stub");

    private SinkRunner Runner(long head, string? store = null) => new(
        _sink,
        new SinkRunnerOptions { Name = "stub", Stream = "gw-1", CursorFile = CursorFile, BatchSize = 3, Filter = _filter, Notify = Say },
        () => head,
        () => AuditSource.Of(store ?? _store.Path).OpenRecords(),
        _time);

    private void Say(SinkNotice notice)
    {
        lock (_notices) _notices.Add(notice);
    }

    private IReadOnlyList<string> Said
    {
        get
        {
            lock (_notices) return [.. _notices.Select(notice => notice.Text)];
        }
    }

    /// <summary>Runs until the condition holds.</summary>
    private static async Task<SinkRunner> RunAsync(SinkRunner runner, Func<SinkRunner, bool> until)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = Task.Run(() => runner.RunAsync(stop.Token));
        while (!until(runner) && !running.IsCompleted) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, stop.Token);
        await stop.CancelAsync();
        await running.ContinueWith(_ => { }, TaskScheduler.Default);
        if (running.IsFaulted) await running;
        Assert.True(until(runner), $"it ended at {runner.Status}");
        return runner;
    }

    [Fact]
    public async Task Every_record_arrives_in_order_although_the_sink_fails_now_and_then()
    {
        await _store.FillAsync(20);
        _sink.Answer = sending => sending % 3 == 0 ? new SinkException("not now") : null;

        var runner = await RunAsync(Runner(head: 42), runner => runner.Status.Delivered == 42);

        Assert.Equal(Enumerable.Range(1, 42).Select(n => (long)n), _sink.Received.Distinct());
        Assert.True(_sink.Received.Count > 42);
        Assert.Equal((42, 0, null, false, 0), (runner.Status.Delivered, runner.Status.Lag, runner.Status.Fault, runner.Status.IsStopped, runner.Status.Missed));
    }

    [Fact]
    public async Task The_next_process_goes_on_where_the_one_before_stood()
    {
        await _store.FillAsync(5);
        using (await RunAsync(Runner(head: 6), runner => runner.Status.Delivered == 6))
        {
        }

        await RunAsync(Runner(head: 12), runner => runner.Status.Delivered == 12);

        Assert.Equal(Enumerable.Range(1, 12).Select(n => (long)n), _sink.Received);
        Assert.Empty(Said);
    }

    [Fact]
    public async Task What_was_sent_and_never_settled_is_sent_again()
    {
        await _store.FillAsync(3);
        _sink.Settles = false;
        _sink.Settling = () => new SinkException("the line broke");
        var broken = await RunAsync(Runner(head: 8), runner => runner.Status.Failures == 2);
        Assert.Equal((0, 8), (broken.Status.Delivered, broken.Status.Lag));
        Assert.Equal(["takes no records and is tried again: the line broke"], Said);

        _sink.Settling = () => null;
        await RunAsync(Runner(head: 8), runner => runner.Status.Delivered == 8);

        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], _sink.Received.TakeLast(8));
    }

    [Fact]
    public async Task Is_tried_again_later_each_time_and_said_to_fail_once_until_it_is_well()
    {
        await _store.FillAsync(1);
        _sink.Answer = sending => sending <= 9 ? new SinkException($"not now {sending}") : null;

        await RunAsync(Runner(head: 3), runner => runner.Status.Delivered == 3);

        Assert.Equal([0.5, 1, 2, 4, 8, 16, 32, 60, 60], _time.Waits.Take(9).Select(wait => wait.TotalSeconds));
        Assert.Equal(["takes no records and is tried again: not now 1", "takes records again"], Said);
    }

    [Fact]
    public async Task Waits_as_long_as_the_receiver_asks()
    {
        await _store.FillAsync(1);
        _sink.Answer = sending => sending == 1 ? new SinkException("too many") { RetryAfter = TimeSpan.FromSeconds(17) } : null;

        await RunAsync(Runner(head: 3), runner => runner.Status.Delivered == 3);

        Assert.Equal(17, _time.Waits[0].TotalSeconds);
    }

    [Fact]
    public async Task A_refusal_for_good_stops_it_and_loses_nothing()
    {
        await _store.FillAsync(3);
        _sink.Answer = sending => sending == 2 ? new SinkException("401") { IsFinal = true } : null;

        var runner = await RunAsync(Runner(head: 8), runner => runner.Status.IsStopped);
        Assert.Equal((3, 5, "401"), (runner.Status.Delivered, runner.Status.Lag, runner.Status.Fault));
        Assert.Equal(["stopped at record 3: 401"], Said);

        await RunAsync(Runner(head: 8), runner => runner.Status.Delivered == 8);
        Assert.Equal([1, 2, 3, 4, 5, 6, 4, 5, 6, 7, 8], _sink.Received);
    }

    [Fact]
    public async Task A_bug_ends_the_sink_and_nothing_else()
    {
        await _store.FillAsync(1);
        _sink.Answer = _ => throw new NotSupportedException("never thought of");

        var runner = await RunAsync(Runner(head: 3), runner => runner.Status.IsStopped);

        Assert.Equal((0, "stub: NotSupportedException: never thought of"), (runner.Status.Delivered, runner.Status.Fault));
    }

    [Fact]
    public async Task Gets_only_what_its_filter_takes_and_the_cursor_passes_over_the_rest()
    {
        await _store.FillAsync(4);
        _filter = new SinkFilter { Kinds = [AuditKind.Outcome], Actions = ["update/*"], Outcomes = [AuditOutcome.Success] };

        await RunAsync(Runner(head: 10), runner => runner.Status.Delivered == 10);

        Assert.Equal([3, 5, 7, 9], _sink.Received);
    }

    [Fact]
    public async Task A_cursor_of_another_store_does_not_count_and_it_says_so()
    {
        await _store.FillAsync(2);
        await RunAsync(Runner(head: 6), runner => runner.Status.Delivered == 6);
        using var other = new TemporaryStore();
        await other.FillAsync(1);
        await RunAsync(Runner(head: 4, other.Path), runner => runner.Status.Delivered == 4);
        await other.FillAsync(3);

        await RunAsync(Runner(head: 6), runner => runner.Status.Delivered == 6);

        Assert.Equal([1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6], _sink.Received);
        Assert.Equal(
            [
                $"its cursor {CursorFile} does not count (the store ends at record 4, before record 6); it gets every record from the first",
                $"its cursor {CursorFile} does not count (record 4 of the store is another); it gets every record from the first",
            ],
            Said);
    }

    [Fact]
    public async Task Says_which_records_left_the_store_before_it_had_them()
    {
        _store.Options = _store.Options with { SegmentBytes = 150_000, MaxBatch = 4 };
        await using var log = await _store.OpenAsync();
        for (var i = 0; i < 400; i++) await log.AppendAsync(Some.Refusal(), default);
        var oldest = AuditSegments.Sealed(_store.Path)[0];
        File.Delete(oldest.Path);

        var runner = await RunAsync(Runner(log.Status.Sequence), runner => runner.Status.Lag == 0);

        Assert.Equal(oldest.Last, runner.Status.Missed);
        Assert.Equal([$"records 1 to {oldest.Last} are not in the store any more; it does not get them"], Said);
        Assert.Equal(oldest.Last + 1, _sink.Received[0]);
    }

    [Fact]
    public async Task A_store_that_cannot_be_read_is_tried_again()
    {
        await _store.FillAsync(2);
        var away = _store.Path + ".away";
        File.Move(_store.Path, away);
        _sink.Answer = _ => null;
        var runner = Runner(head: 6);
        await RunAsync(runner, runner => runner.Status.Failures > 1);
        Assert.Equal($"the record cannot be read: {_store.Path}: no such file", runner.Status.Fault);

        File.Move(away, _store.Path);
        await RunAsync(runner, runner => runner.Status.Delivered == 6);
        Assert.Equal(2, Said.Count);
    }
}
