namespace Gateway.Audit.Tests;

public sealed class AuditLogTests : IDisposable
{
    private readonly TemporaryStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Stores_what_is_appended_between_its_own_first_and_last_record()
    {
        var intent = Some.Intent();
        await using (var log = await _store.OpenAsync())
        {
            Assert.Equal(2, (await log.AppendAsync(intent, default)).Sequence);
            Assert.Equal(3, (await log.AppendAsync(Some.OutcomeOf(intent), default)).Sequence);
            Assert.Equal(4, (await log.AppendAsync(Some.Refusal(), default)).Sequence);
        }

        Assert.Equal(
            ["start/log", "update/backup", "update/backup", "update/backup", "stop/log"],
            _store.ReadAll().Select(r => r.Event.Action));
        Assert.Null(_store.Verify().Finding);
    }

    [Fact]
    public async Task An_acknowledged_record_can_be_read_while_the_log_is_open()
    {
        await using var log = await _store.OpenAsync();
        var receipt = await log.AppendAsync(Some.Refusal(), default);

        var stored = AuditReader.Find(_store.Path, receipt.Sequence);

        Assert.NotNull(stored);
        Assert.Equal(receipt.Hash.ToArray(), stored.Hash.ToArray());
        Assert.Null(_store.Verify().Finding);
    }

    [Fact]
    public async Task Many_appenders_share_transactions_and_leave_no_gap()
    {
        const int Appenders = 16;
        const int Each = 50;
        AuditLogStatus status;
        await using (var log = await _store.OpenAsync())
        {
            var receipts = await Task.WhenAll(Enumerable.Range(0, Appenders).Select(_ => Task.Run(async () =>
            {
                var sequences = new List<long>();
                for (var i = 0; i < Each; i++)
                {
                    var intent = Some.Intent();
                    sequences.Add((await log.AppendAsync(intent, default)).Sequence);
                    sequences.Add((await log.AppendAsync(Some.OutcomeOf(intent), default)).Sequence);
                }

                return sequences;
            })));
            status = log.Status;

            Assert.Equal(Enumerable.Range(2, Appenders * Each * 2).Select(n => (long)n), receipts.SelectMany(s => s).Order());
        }

        Assert.True(status.Batches < status.Committed, $"{status.Batches} transactions for {status.Committed} records");
        Assert.Equal(0, status.OpenIntents);
        Assert.Null(_store.Verify().Finding);
    }

    [Fact]
    public async Task A_chain_goes_on_where_it_ended()
    {
        await _store.FillAsync(calls: 2);
        await _store.FillAsync(calls: 1);

        var report = _store.Verify();
        Assert.Null(report.Finding);
        Assert.Equal(10, report.Records);
    }

    [Fact]
    public async Task Closes_what_was_left_open_as_unknown_before_it_is_open()
    {
        var left = Some.Intent();
        await using (var log = await _store.OpenAsync())
        {
            var closed = Some.Intent();
            await log.AppendAsync(closed, default);
            await log.AppendAsync(left, default);
            await log.AppendAsync(Some.OutcomeOf(closed), default);
        }

        Assert.Equal(1, _store.Verify().OpenIntents);
        await using var again = await _store.OpenAsync();

        var recovery = Assert.Single(AuditReader.Read(_store.Path, new AuditFilter { Kind = AuditKind.Recovery }));
        Assert.Equal(left.Id, recovery.Event.IntentId);
        Assert.Equal(AuditOutcome.Unknown, recovery.Event.Outcome);
        Assert.Equal("recovered", recovery.Event.Reason?.Code);
        Assert.Equal(left.RequestId, recovery.Event.RequestId);
        Assert.Equal(0, again.Status.OpenIntents);
        Assert.Equal(0, _store.Verify().OpenIntents);
    }

    [Fact]
    public async Task Refuses_an_outcome_whose_intent_is_not_open()
    {
        await using var log = await _store.OpenAsync();
        var intent = Some.Intent();
        await log.AppendAsync(intent, default);
        await log.AppendAsync(Some.OutcomeOf(intent), default);

        var second = Some.OutcomeOf(intent);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => log.AppendAsync(second, default).AsTask());

        Assert.Equal($"event `{second.Id}`: the intent `{intent.Id}` is not open in this log", error.Message);
        Assert.Equal(3, log.Status.Sequence);
    }

    public static TheoryData<AuditEvent, string> Incoherent => new()
    {
        { Some.Intent() with { Id = "" }, "an event needs an id" },
        { Some.Intent() with { Outcome = AuditOutcome.Success }, "an intent is `pending`" },
        { Some.Intent() with { IntentId = "x" }, "only an outcome names an intent" },
        { Some.Refusal() with { Outcome = AuditOutcome.Pending }, "only an intent is `pending`" },
        { Some.OutcomeOf(Some.Intent()) with { IntentId = null }, "an outcome names its intent" },
        { Some.OutcomeOf(Some.Intent()) with { Kind = AuditKind.Recovery }, "recovery records are the log's own to write" },
        { Some.Refusal() with { Attachments = [new("decision", "x", Some.Json("1"))] }, "the attachment name `decision` is taken" },
    };

    [Theory]
    [MemberData(nameof(Incoherent))]
    public async Task Refuses_an_event_that_contradicts_itself(AuditEvent e, string problem)
    {
        await using var log = await _store.OpenAsync();

        var error = await Assert.ThrowsAsync<ArgumentException>(() => log.AppendAsync(e, default).AsTask());

        Assert.StartsWith($"event `{e.Id}`: {problem}", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, log.Status.Sequence);
    }

    [Fact]
    public async Task A_cancelled_caller_writes_nothing()
    {
        await using var log = await _store.OpenAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => log.AppendAsync(Some.Refusal(), new CancellationToken(canceled: true)).AsTask());

        Assert.Equal(1, log.Status.Sequence);
    }

    [Fact]
    public async Task A_closed_log_refuses()
    {
        var log = await _store.OpenAsync();
        await log.DisposeAsync();

        var error = await Assert.ThrowsAsync<AuditUnavailableException>(() => log.AppendAsync(Some.Refusal(), default).AsTask());

        Assert.Equal($"{_store.Path}: the record was not stored: the log is closed", error.Message);
        Assert.False(error.MayLand);
        Assert.False(log.Status.Available);
    }

    [Fact]
    public async Task Closing_stores_what_was_queued()
    {
        var log = await _store.OpenAsync();
        var appends = Enumerable.Range(0, 200).Select(_ => log.AppendAsync(Some.Refusal(), default).AsTask()).ToList();
        await log.DisposeAsync();

        await Task.WhenAll(appends);
        Assert.Equal(202, _store.Verify().Records);
    }
}
