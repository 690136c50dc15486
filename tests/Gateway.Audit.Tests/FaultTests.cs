using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Gateway.Audit.Tests;

/// <summary>What becomes of appends when the store fails, and that the log goes on by itself when the store is back.</summary>
public abstract class FaultTests : IDisposable
{
    private protected FaultTests(TemporaryStore store) => Store = store;

    private protected TemporaryStore Store { get; }

    public void Dispose()
    {
        Store.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_store_moved_away_fails_appends_and_serves_again_when_it_is_back()
    {
        await using var log = await Store.OpenAsync();
        await log.AppendAsync(Some.Refusal(), default);
        File.Move(Store.Path, Store.Path + ".away");

        var first = await FailsAsync(log, Some.Refusal());
        var second = await FailsAsync(log, Some.Refusal());

        var message = $"the record was not stored: {Store.Path}: the file was deleted or moved while in use; put it back";
        Assert.Equal([(message, false), (message, false)], [(first.Message, first.MayLand), (second.Message, second.MayLand)]);
        Assert.False(log.Status.Available);
        Assert.False(File.Exists(Store.Path));

        File.Move(Store.Path + ".away", Store.Path);
        Assert.Equal(3, (await log.AppendAsync(Some.Refusal(), default)).Sequence);
        Assert.True(log.Status.Available);
        AssertIntact(records: 3);
    }

    [Fact]
    public async Task A_store_that_is_back_is_noticed_without_an_append()
    {
        var statuses = Channel.CreateUnbounded<AuditLogStatus>();
        Store.Options = Store.Options with { StatusChanged = status => statuses.Writer.TryWrite(status) };
        await using var log = await Store.OpenAsync();
        File.Move(Store.Path, Store.Path + ".away");
        await FailsAsync(log, Some.Refusal());
        Assert.False(log.Status.Available);

        File.Move(Store.Path + ".away", Store.Path);
        Store.Time.Advance(Store.Options.RetryInterval);

        var failed = await statuses.Reader.ReadAsync(TestContext.Current.CancellationToken);
        var back = await statuses.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal((false, $"{Store.Path}: the file was deleted or moved while in use; put it back"), (failed.Available, failed.Fault));
        Assert.True(back.Available);
    }

    [Fact]
    public async Task A_store_replaced_by_another_file_is_not_touched()
    {
        await Store.FillAsync(calls: 1);
        File.Copy(Store.Path, Store.Path + ".old");
        await using var log = await Store.OpenAsync();
        await log.AppendAsync(Some.Refusal(), default);
        File.Move(Store.Path, Store.Path + ".right");
        File.Move(Store.Path + ".old", Store.Path);
        var before = File.ReadAllBytes(Store.Path);

        Assert.Contains("the file was replaced while in use; put it back", (await FailsAsync(log, Some.Refusal())).Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(Store.Path));

        File.Move(Store.Path + ".right", Store.Path, overwrite: true);
        Assert.Equal(7, (await log.AppendAsync(Some.Refusal(), default)).Sequence);
        AssertIntact(records: 7);
    }

    [Fact]
    public async Task More_appends_than_may_wait_fail_at_once()
    {
        using var gate = new CommitGate();
        Store.Options = Store.Options with { QueueCapacity = 2, BeforeCommit = gate.Pass };
        await using var log = await Store.OpenAsync();
        gate.Shut();
        var first = log.AppendAsync(Some.Refusal(), default).AsTask();
        gate.WaitForArrival();
        var waiting = new[] { log.AppendAsync(Some.Refusal(), default).AsTask(), log.AppendAsync(Some.Refusal(), default).AsTask() };

        var error = await FailsAsync(log, Some.Refusal());

        Assert.Equal($"{Store.Path}: the record was not stored: 2 appends wait already", error.Message);
        Assert.False(error.MayLand);
        gate.Open();
        await Task.WhenAll([first, .. waiting]);
        AssertIntact(records: 4);
    }

    [Fact]
    public async Task An_intent_that_lands_after_its_deadline_is_closed_by_the_log()
    {
        using var gate = new CommitGate();
        Store.Options = Store.Options with { BeforeCommit = gate.Pass };
        await using var log = await Store.OpenAsync();
        var intent = Some.Intent();
        gate.Shut();
        var append = log.AppendAsync(intent, default).AsTask();
        gate.WaitForArrival();
        Store.Time.Advance(Store.Options.Deadline);

        var error = await Assert.ThrowsAsync<AuditUnavailableException>(() => append);
        Assert.Equal($"{Store.Path}: not durable within 250 ms; if the record lands late, the log closes it", error.Message);
        Assert.True(error.MayLand);
        Assert.Equal((false, $"{Store.Path}: the store has not answered for 250 ms"), (log.Status.Available, log.Status.Fault));

        gate.Open();
        await log.AppendAsync(Some.Refusal(), default);
        var records = Store.ReadAll().Select(r => r.Event).ToList();
        Assert.Equal([AuditKind.Lifecycle, AuditKind.Intent, AuditKind.Recovery, AuditKind.Refusal], records.Select(e => e.Kind));
        Assert.Equal((intent.Id, AuditOutcome.Failure, "late"), (records[2].IntentId, records[2].Outcome, records[2].Reason?.Code));
        Assert.Equal(0, log.Status.OpenIntents);
        AssertIntact(records: 4);
    }

    [Fact]
    public async Task An_outcome_whose_deadline_passed_is_stored_all_the_same()
    {
        using var gate = new CommitGate();
        Store.Options = Store.Options with { BeforeCommit = gate.Pass };
        await using var log = await Store.OpenAsync();
        var intent = Some.Intent();
        await log.AppendAsync(intent, default);
        var outcome = Some.OutcomeOf(intent);
        gate.Shut();
        var append = log.AppendAsync(outcome, default).AsTask();
        gate.WaitForArrival();
        Store.Time.Advance(Store.Options.Deadline);

        var error = await Assert.ThrowsAsync<AuditUnavailableException>(() => append);
        Assert.Equal($"{Store.Path}: not durable within 250 ms; the record is kept until it can be stored", error.Message);
        Assert.True(error.MayLand);

        gate.Open();
        await log.AppendAsync(Some.Refusal(), default);
        Assert.Equal(outcome.Id, Store.ReadAll()[2].Event.Id);
        AssertIntact(records: 4);
    }

    [Fact]
    public async Task An_outcome_waits_for_the_store_to_come_back()
    {
        await using var log = await Store.OpenAsync();
        var intent = Some.Intent();
        await log.AppendAsync(intent, default);
        File.Move(Store.Path, Store.Path + ".away");
        await FailsAsync(log, Some.Refusal());

        var append = log.AppendAsync(Some.OutcomeOf(intent), default).AsTask();
        File.Move(Store.Path + ".away", Store.Path);
        Store.Time.Advance(Store.Options.RetryInterval / 10);
        Assert.Equal(4, (await log.AppendAsync(Some.Refusal(), default)).Sequence);

        Assert.Equal(3, (await append).Sequence);
        AssertIntact(records: 4);
    }

    [Fact]
    public async Task A_transaction_that_fails_leaves_nothing_behind()
    {
        using var gate = new CommitGate();
        Store.Options = Store.Options with { BeforeCommit = gate.Pass };
        await using var log = await Store.OpenAsync();
        gate.FailOnce();
        var lost = Some.Intent();

        var error = await FailsAsync(log, lost);

        Assert.False(error.MayLand);
        Assert.Equal(2, (await log.AppendAsync(Some.Refusal(), default)).Sequence);
        Assert.DoesNotContain(lost.Id, Store.ReadAll().Select(r => r.Event.Id));
        AssertIntact(records: 2);
    }

    [Fact]
    public async Task An_outcome_in_a_transaction_that_fails_goes_into_the_next()
    {
        using var gate = new CommitGate();
        Store.Options = Store.Options with { BeforeCommit = gate.Pass };
        await using var log = await Store.OpenAsync();
        var intent = Some.Intent();
        await log.AppendAsync(intent, default);
        gate.FailOnce();

        Assert.Equal(3, (await log.AppendAsync(Some.OutcomeOf(intent), default)).Sequence);

        AssertIntact(records: 3);
    }

    [Fact]
    public async Task A_transaction_in_doubt_is_settled_when_the_store_is_back()
    {
        using var gate = new CommitGate();
        Store.Options = Store.Options with { BeforeCommit = gate.Pass };
        await using var log = await Store.OpenAsync();
        gate.DoOnce(() => File.Move(Store.Path, Store.Path + ".away"));
        var intent = Some.Intent();

        Assert.True((await FailsAsync(log, intent)).MayLand);
        File.Move(Store.Path + ".away", Store.Path);
        await log.AppendAsync(Some.Refusal(), default);

        var records = Store.ReadAll().Select(r => r.Event).ToList();
        Assert.Equal([AuditKind.Lifecycle, AuditKind.Intent, AuditKind.Recovery, AuditKind.Refusal], records.Select(e => e.Kind));
        Assert.Equal((intent.Id, "late"), (records[2].IntentId, records[2].Reason?.Code));
        AssertIntact(records: 4);
    }

    [Fact]
    public async Task A_full_store_fails_appends_and_keeps_what_it_has()
    {
        Store.Options = Store.Options with { MaxStoreBytes = 200_000 };
        var stored = 0;
        AuditUnavailableException? error = null;
        await using (var log = await Store.OpenAsync())
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

        Assert.Equal($"the record was not stored: {Store.Path}: the disk or the store is full; free some space", error.Message);
        Assert.False(error.MayLand);
        Assert.InRange(stored, 10, 1000);
        AssertIntact(records: stored + 1);

        Store.Options = Store.Options with { MaxStoreBytes = null };
        await using var again = await Store.OpenAsync();
        Assert.Equal(stored + 2, again.Status.Sequence);
    }

    [Fact]
    public async Task Closing_does_not_wait_forever_for_a_store_that_hangs()
    {
        using var gate = new CommitGate();
        Store.Options = Store.Options with { BeforeCommit = gate.Pass };
        var log = await Store.OpenAsync();
        gate.Shut();
        var inTransaction = log.AppendAsync(Some.Refusal(), default).AsTask();
        gate.WaitForArrival();
        var queued = log.AppendAsync(Some.Refusal(), default).AsTask();

        var closing = log.DisposeAsync().AsTask();
        Store.Time.Advance(Store.Options.ShutdownTimeout);
        await closing;

        Assert.False((await Assert.ThrowsAsync<AuditUnavailableException>(() => queued)).MayLand);
        Assert.True((await Assert.ThrowsAsync<AuditUnavailableException>(() => inTransaction)).MayLand);
        gate.Open();
    }

    private protected static Task<AuditUnavailableException> FailsAsync(AuditLog log, AuditEvent e) =>
        Assert.ThrowsAsync<AuditUnavailableException>(() => log.AppendAsync(e, default).AsTask());

    private protected void AssertIntact(long records)
    {
        var report = Store.Verify();
        Assert.Null(report.Finding);
        Assert.Equal(records, report.Records);
    }
}

public sealed class LineFaultTests() : FaultTests(new TemporaryStore())
{
    [Fact]
    public async Task A_store_that_something_else_wrote_behind_the_end_of_is_refused_until_that_is_gone()
    {
        await using var log = await Store.OpenAsync();
        await log.AppendAsync(Some.Refusal(), default);
        var whole = await File.ReadAllBytesAsync(Store.Path, TestContext.Current.CancellationToken);
        Write([.. whole, (byte)'x', (byte)'\n']);

        Assert.Contains($": has {whole.Length + 2} bytes, {whole.Length} were written: it was changed while in use", (await FailsAsync(log, Some.Refusal())).Message, StringComparison.Ordinal);
        Assert.Contains($": has {whole.Length + 2} bytes, {whole.Length} were written: something else wrote to it", (await FailsAsync(log, Some.Refusal())).Message, StringComparison.Ordinal);

        Write(whole);
        Assert.Equal(3, (await log.AppendAsync(Some.Refusal(), default)).Sequence);
        AssertIntact(records: 3);
    }

    [Fact]
    public async Task A_store_cut_short_while_in_use_is_refused_until_it_is_whole_again()
    {
        await using var log = await Store.OpenAsync();
        await log.AppendAsync(Some.Refusal(), default);
        var whole = await File.ReadAllBytesAsync(Store.Path, TestContext.Current.CancellationToken);
        Write(whole[..^10]);

        Assert.Contains("it was changed while in use", (await FailsAsync(log, Some.Refusal())).Message, StringComparison.Ordinal);
        Assert.Contains("it was cut short while in use; put the right file back", (await FailsAsync(log, Some.Refusal())).Message, StringComparison.Ordinal);

        Write(whole);
        Assert.Equal(3, (await log.AppendAsync(Some.Refusal(), default)).Sequence);
        AssertIntact(records: 3);
    }

    /// <summary>Into the same file.</summary>
    private void Write(byte[] bytes)
    {
        using var file = new FileStream(Store.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.Write(bytes);
        file.SetLength(bytes.Length);
    }
}

public sealed class SqliteFaultTests() : FaultTests(TemporaryStore.Sqlite())
{
    [Fact]
    public async Task A_deleted_write_ahead_log_loses_nothing_that_was_acknowledged()
    {
        await using var log = await Store.OpenAsync();
        var kept = Some.Refusal();
        await log.AppendAsync(kept, default);
        File.Delete(Store.Path + "-wal");

        var error = await FailsAsync(log, Some.Refusal());
        Assert.Contains("-wal: the file was deleted or moved while in use", error.Message, StringComparison.Ordinal);

        await log.AppendAsync(Some.Refusal(), default);
        Assert.Equal(kept.Id, Store.ReadAll()[1].Event.Id);
        AssertIntact(records: 3);
    }

    [Fact]
    public async Task A_store_that_something_else_wrote_to_is_refused()
    {
        await using var log = await Store.OpenAsync();
        Store.Tamper("UPDATE log SET head_sequence = 9");

        Assert.Contains("something else wrote to the store", (await FailsAsync(log, Some.Refusal())).Message, StringComparison.Ordinal);
        var again = await FailsAsync(log, Some.Refusal());
        Assert.True(again.Message.Contains("the recorded head is 9:", StringComparison.Ordinal), again.Message);

        Store.Tamper("UPDATE log SET head_sequence = 1");
        Assert.Equal(2, (await log.AppendAsync(Some.Refusal(), default)).Sequence);
    }

    [Fact]
    public async Task A_store_that_hangs_fails_appends_at_their_deadline_and_never_stores_them()
    {
        await using var log = await Store.OpenAsync();
        AuditEvent late;
        using (new ForeignLock(Store.Path))
        {
            late = Some.Intent();
            var append = log.AppendAsync(late, default).AsTask();
            Store.Time.Advance(Store.Options.Deadline);

            var error = await Assert.ThrowsAsync<AuditUnavailableException>(() => append);
            Assert.Equal($"{Store.Path}: not durable within 250 ms; the record was withdrawn", error.Message);
            Assert.False(error.MayLand);
        }

        await AppendUntilItWorksAsync(log, Some.Refusal());
        Assert.DoesNotContain(late.Id, Store.ReadAll().Select(r => r.Event.Id));
        Assert.Null(Store.Verify().Finding);
    }

    [Fact]
    public async Task A_store_locked_for_long_counts_as_failed()
    {
        await using var log = await Store.OpenAsync();
        using (new ForeignLock(Store.Path))
        {
            var error = await FailsAsync(log, Some.Refusal());
            Assert.Equal($"the record was not stored: {Store.Path}: another program holds a lock on the store; stop it", error.Message);
        }

        Assert.Equal(2, (await log.AppendAsync(Some.Refusal(), default)).Sequence);
    }

    [Fact]
    public async Task A_transaction_in_doubt_that_landed_is_acknowledged()
    {
        // SQLite commits to the deleted write-ahead log and reports success; closing the connection brings the records into the store.
        using var gate = new CommitGate();
        Store.Options = Store.Options with { BeforeCommit = gate.Pass };
        await using var log = await Store.OpenAsync();
        gate.DoOnce(() => File.Delete(Store.Path + "-wal"));

        var receipt = await log.AppendAsync(Some.Refusal(), default);

        Assert.Equal(2, receipt.Sequence);
        Assert.Equal(3, (await log.AppendAsync(Some.Refusal(), default)).Sequence);
        AssertIntact(records: 3);
    }

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
