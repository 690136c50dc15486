using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Gateway.Audit.Tests;

/// <summary>What becomes of appends when the store fails, and that the log goes on by itself when the store is back.</summary>
public sealed class FaultTests : IDisposable
{
    private readonly TemporaryStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task A_store_moved_away_fails_appends_and_serves_again_when_it_is_back()
    {
        await using var log = await _store.OpenAsync();
        await log.AppendAsync(Some.Refusal(), default);
        File.Move(_store.Path, _store.Path + ".away");

        var first = await FailsAsync(log, Some.Refusal());
        var second = await FailsAsync(log, Some.Refusal());

        var message = $"the record was not stored: {_store.Path}: the file was deleted or moved while in use; put it back";
        Assert.Equal([(message, false), (message, false)], [(first.Message, first.MayLand), (second.Message, second.MayLand)]);
        Assert.False(log.Status.Available);
        Assert.False(File.Exists(_store.Path));

        File.Move(_store.Path + ".away", _store.Path);
        Assert.Equal(3, (await log.AppendAsync(Some.Refusal(), default)).Sequence);
        Assert.True(log.Status.Available);
        AssertIntact(records: 3);
    }

    [Fact]
    public async Task A_store_that_is_back_is_noticed_without_an_append()
    {
        var statuses = Channel.CreateUnbounded<AuditLogStatus>();
        _store.Options = _store.Options with { StatusChanged = status => statuses.Writer.TryWrite(status) };
        await using var log = await _store.OpenAsync();
        File.Move(_store.Path, _store.Path + ".away");
        await FailsAsync(log, Some.Refusal());
        Assert.False(log.Status.Available);

        File.Move(_store.Path + ".away", _store.Path);
        _store.Time.Advance(_store.Options.RetryInterval);

        var failed = await statuses.Reader.ReadAsync(TestContext.Current.CancellationToken);
        var back = await statuses.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal((false, $"{_store.Path}: the file was deleted or moved while in use; put it back"), (failed.Available, failed.Fault));
        Assert.True(back.Available);
    }

    [Fact]
    public async Task A_store_replaced_by_another_file_is_not_touched()
    {
        await _store.FillAsync(calls: 1);
        File.Copy(_store.Path, _store.Path + ".old");
        await using var log = await _store.OpenAsync();
        await log.AppendAsync(Some.Refusal(), default);
        File.Move(_store.Path, _store.Path + ".right");
        File.Move(_store.Path + ".old", _store.Path);
        var before = File.ReadAllBytes(_store.Path);

        Assert.Contains("the file was replaced while in use; put it back", (await FailsAsync(log, Some.Refusal())).Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_store.Path));

        File.Move(_store.Path + ".right", _store.Path, overwrite: true);
        Assert.Equal(7, (await log.AppendAsync(Some.Refusal(), default)).Sequence);
        AssertIntact(records: 7);
    }

    [Fact]
    public async Task A_deleted_write_ahead_log_loses_nothing_that_was_acknowledged()
    {
        await using var log = await _store.OpenAsync();
        var kept = Some.Refusal();
        await log.AppendAsync(kept, default);
        File.Delete(_store.Path + "-wal");

        var error = await FailsAsync(log, Some.Refusal());
        Assert.Contains("-wal: the file was deleted or moved while in use", error.Message, StringComparison.Ordinal);

        await log.AppendAsync(Some.Refusal(), default);
        Assert.Equal(kept.Id, _store.ReadAll()[1].Event.Id);
        AssertIntact(records: 3);
    }

    [Fact]
    public async Task A_store_that_something_else_wrote_to_is_refused()
    {
        await using var log = await _store.OpenAsync();
        _store.Tamper("UPDATE log SET head_sequence = 9");

        Assert.Contains("something else wrote to the store", (await FailsAsync(log, Some.Refusal())).Message, StringComparison.Ordinal);
        var again = await FailsAsync(log, Some.Refusal());
        Assert.True(again.Message.Contains("the recorded head is 9:", StringComparison.Ordinal), again.Message);

        _store.Tamper("UPDATE log SET head_sequence = 1");
        Assert.Equal(2, (await log.AppendAsync(Some.Refusal(), default)).Sequence);
    }

    [Fact]
    public async Task A_store_that_hangs_fails_appends_at_their_deadline_and_never_stores_them()
    {
        await using var log = await _store.OpenAsync();
        AuditEvent late;
        using (new ForeignLock(_store.Path))
        {
            late = Some.Intent();
            var append = log.AppendAsync(late, default).AsTask();
            _store.Time.Advance(_store.Options.Deadline);

            var error = await Assert.ThrowsAsync<AuditUnavailableException>(() => append);
            Assert.Equal($"{_store.Path}: not durable within 250 ms; the record was withdrawn", error.Message);
            Assert.False(error.MayLand);
        }

        await AppendUntilItWorksAsync(log, Some.Refusal());
        Assert.DoesNotContain(late.Id, _store.ReadAll().Select(r => r.Event.Id));
        Assert.Null(_store.Verify().Finding);
    }

    [Fact]
    public async Task A_store_locked_for_long_counts_as_failed()
    {
        await using var log = await _store.OpenAsync();
        using (new ForeignLock(_store.Path))
        {
            var error = await FailsAsync(log, Some.Refusal());
            Assert.Equal($"the record was not stored: {_store.Path}: another program holds a lock on the store; stop it", error.Message);
        }

        Assert.Equal(2, (await log.AppendAsync(Some.Refusal(), default)).Sequence);
    }

    [Fact]
    public async Task More_appends_than_may_wait_fail_at_once()
    {
        _store.Options = _store.Options with { QueueCapacity = 2 };
        await using var log = await _store.OpenAsync();
        using var held = new ForeignLock(_store.Path);
        var waiting = new[] { log.AppendAsync(Some.Refusal(), default).AsTask(), log.AppendAsync(Some.Refusal(), default).AsTask() };

        var error = await FailsAsync(log, Some.Refusal());

        Assert.Equal($"{_store.Path}: the record was not stored: 2 appends wait already", error.Message);
        Assert.False(error.MayLand);
        held.Dispose();
        await Task.WhenAll(waiting.Select(t => t.ContinueWith(_ => { }, TaskScheduler.Default)));
    }

    [Fact]
    public async Task An_intent_that_lands_after_its_deadline_is_closed_by_the_log()
    {
        using var gate = new CommitGate();
        _store.Options = _store.Options with { BeforeCommit = gate.Pass };
        await using var log = await _store.OpenAsync();
        var intent = Some.Intent();
        gate.Shut();
        var append = log.AppendAsync(intent, default).AsTask();
        gate.WaitForArrival();
        _store.Time.Advance(_store.Options.Deadline);

        var error = await Assert.ThrowsAsync<AuditUnavailableException>(() => append);
        Assert.Equal($"{_store.Path}: not durable within 250 ms; if the record lands late, the log closes it", error.Message);
        Assert.True(error.MayLand);
        Assert.Equal((false, $"{_store.Path}: the store has not answered for 250 ms"), (log.Status.Available, log.Status.Fault));

        gate.Open();
        await log.AppendAsync(Some.Refusal(), default);
        var records = _store.ReadAll().Select(r => r.Event).ToList();
        Assert.Equal([AuditKind.Lifecycle, AuditKind.Intent, AuditKind.Recovery, AuditKind.Refusal], records.Select(e => e.Kind));
        Assert.Equal((intent.Id, AuditOutcome.Failure, "late"), (records[2].IntentId, records[2].Outcome, records[2].Reason?.Code));
        Assert.Equal(0, log.Status.OpenIntents);
        AssertIntact(records: 4);
    }

    [Fact]
    public async Task An_outcome_whose_deadline_passed_is_stored_all_the_same()
    {
        using var gate = new CommitGate();
        _store.Options = _store.Options with { BeforeCommit = gate.Pass };
        await using var log = await _store.OpenAsync();
        var intent = Some.Intent();
        await log.AppendAsync(intent, default);
        var outcome = Some.OutcomeOf(intent);
        gate.Shut();
        var append = log.AppendAsync(outcome, default).AsTask();
        gate.WaitForArrival();
        _store.Time.Advance(_store.Options.Deadline);

        var error = await Assert.ThrowsAsync<AuditUnavailableException>(() => append);
        Assert.Equal($"{_store.Path}: not durable within 250 ms; the record is kept until it can be stored", error.Message);
        Assert.True(error.MayLand);

        gate.Open();
        await log.AppendAsync(Some.Refusal(), default);
        Assert.Equal(outcome.Id, _store.ReadAll()[2].Event.Id);
        AssertIntact(records: 4);
    }

    [Fact]
    public async Task An_outcome_waits_for_the_store_to_come_back()
    {
        await using var log = await _store.OpenAsync();
        var intent = Some.Intent();
        await log.AppendAsync(intent, default);
        File.Move(_store.Path, _store.Path + ".away");
        await FailsAsync(log, Some.Refusal());

        var append = log.AppendAsync(Some.OutcomeOf(intent), default).AsTask();
        File.Move(_store.Path + ".away", _store.Path);
        _store.Time.Advance(_store.Options.RetryInterval / 10);
        Assert.Equal(4, (await log.AppendAsync(Some.Refusal(), default)).Sequence);

        Assert.Equal(3, (await append).Sequence);
        AssertIntact(records: 4);
    }

    [Fact]
    public async Task A_transaction_that_fails_leaves_nothing_behind()
    {
        using var gate = new CommitGate();
        _store.Options = _store.Options with { BeforeCommit = gate.Pass };
        await using var log = await _store.OpenAsync();
        gate.FailOnce();
        var lost = Some.Intent();

        var error = await FailsAsync(log, lost);

        Assert.False(error.MayLand);
        Assert.Equal(2, (await log.AppendAsync(Some.Refusal(), default)).Sequence);
        Assert.DoesNotContain(lost.Id, _store.ReadAll().Select(r => r.Event.Id));
        AssertIntact(records: 2);
    }

    [Fact]
    public async Task An_outcome_in_a_transaction_that_fails_goes_into_the_next()
    {
        using var gate = new CommitGate();
        _store.Options = _store.Options with { BeforeCommit = gate.Pass };
        await using var log = await _store.OpenAsync();
        var intent = Some.Intent();
        await log.AppendAsync(intent, default);
        gate.FailOnce();

        Assert.Equal(3, (await log.AppendAsync(Some.OutcomeOf(intent), default)).Sequence);

        AssertIntact(records: 3);
    }

    [Fact]
    public async Task A_transaction_in_doubt_that_landed_is_acknowledged()
    {
        // SQLite commits to the deleted write-ahead log and reports success; closing the connection brings the records into the store.
        using var gate = new CommitGate();
        _store.Options = _store.Options with { BeforeCommit = gate.Pass };
        await using var log = await _store.OpenAsync();
        gate.DoOnce(() => File.Delete(_store.Path + "-wal"));

        var receipt = await log.AppendAsync(Some.Refusal(), default);

        Assert.Equal(2, receipt.Sequence);
        Assert.Equal(3, (await log.AppendAsync(Some.Refusal(), default)).Sequence);
        AssertIntact(records: 3);
    }

    [Fact]
    public async Task A_transaction_in_doubt_is_settled_when_the_store_is_back()
    {
        using var gate = new CommitGate();
        _store.Options = _store.Options with { BeforeCommit = gate.Pass };
        await using var log = await _store.OpenAsync();
        gate.DoOnce(() => File.Move(_store.Path, _store.Path + ".away"));
        var intent = Some.Intent();

        Assert.True((await FailsAsync(log, intent)).MayLand);
        File.Move(_store.Path + ".away", _store.Path);
        await log.AppendAsync(Some.Refusal(), default);

        var records = _store.ReadAll().Select(r => r.Event).ToList();
        Assert.Equal([AuditKind.Lifecycle, AuditKind.Intent, AuditKind.Recovery, AuditKind.Refusal], records.Select(e => e.Kind));
        Assert.Equal((intent.Id, "late"), (records[2].IntentId, records[2].Reason?.Code));
        AssertIntact(records: 4);
    }

    [Fact]
    public async Task A_full_store_fails_appends_and_keeps_what_it_has()
    {
        _store.Options = _store.Options with { MaxStoreBytes = 200_000 };
        var stored = 0;
        AuditUnavailableException? error = null;
        await using (var log = await _store.OpenAsync())
        {
            while (error is null)
            {
                try
                {
                    await log.AppendAsync(Some.Refusal(), default);
                    stored++;
                }
                catch (AuditUnavailableException e)
                {
                    error = e;
                }
            }
        }

        Assert.Equal($"the record was not stored: {_store.Path}: the disk or the store is full; free some space", error.Message);
        Assert.False(error.MayLand);
        Assert.InRange(stored, 10, 1000);
        AssertIntact(records: stored + 1);

        _store.Options = _store.Options with { MaxStoreBytes = null };
        await using var again = await _store.OpenAsync();
        Assert.Equal(stored + 2, again.Status.Sequence);
    }

    [Fact]
    public async Task Closing_does_not_wait_forever_for_a_store_that_hangs()
    {
        using var gate = new CommitGate();
        _store.Options = _store.Options with { BeforeCommit = gate.Pass };
        var log = await _store.OpenAsync();
        gate.Shut();
        var inTransaction = log.AppendAsync(Some.Refusal(), default).AsTask();
        gate.WaitForArrival();
        var queued = log.AppendAsync(Some.Refusal(), default).AsTask();

        var closing = log.DisposeAsync().AsTask();
        _store.Time.Advance(_store.Options.ShutdownTimeout);
        await closing;

        Assert.False((await Assert.ThrowsAsync<AuditUnavailableException>(() => queued)).MayLand);
        Assert.True((await Assert.ThrowsAsync<AuditUnavailableException>(() => inTransaction)).MayLand);
        gate.Open();
    }

    private static Task<AuditUnavailableException> FailsAsync(AuditLog log, AuditEvent e) =>
        Assert.ThrowsAsync<AuditUnavailableException>(() => log.AppendAsync(e, default).AsTask());

    /// <summary>Right after a lock is released the writer may still be about to report it.</summary>
    private static async Task AppendUntilItWorksAsync(AuditLog log, AuditEvent e)
    {
        while (true)
        {
            try
            {
                await log.AppendAsync(e, default);
                return;
            }
            catch (AuditUnavailableException)
            {
            }
        }
    }

    private void AssertIntact(long records)
    {
        var report = _store.Verify();
        Assert.Null(report.Finding);
        Assert.Equal(records, report.Records);
    }

    /// <summary>Another program in the middle of a write.</summary>
    private sealed class ForeignLock : IDisposable
    {
        private readonly SqliteConnection _connection;

        public ForeignLock(string path)
        {
            _connection = new SqliteConnection($"Data Source={path};Pooling=False");
            _connection.Open();
            using var begin = _connection.CreateCommand();
            begin.CommandText = "BEGIN IMMEDIATE";
            begin.ExecuteNonQuery();
        }

        public void Dispose() => _connection.Dispose();
    }
}
