namespace Gateway.Audit.Tests;

public sealed class AuditSpoolTests : IDisposable
{
    private readonly TemporaryStore _store = new();

    public void Dispose() => _store.Dispose();

    private string SpoolPath => _store.Path + ".spool";

    private AuditSpool Open(long maxBytes = 1 << 20) => AuditSpool.Open(new AuditSpoolOptions { Path = SpoolPath, MaxBytes = maxBytes, Deadline = TimeSpan.FromMinutes(1) }, TimeProvider.System);

    [Fact]
    public async Task Moves_records_in_order_and_leaves_no_file()
    {
        await using var log = await _store.OpenAsync();
        await using var spool = Open();
        var intent = Some.Intent();
        await spool.AppendAsync(intent);
        await spool.AppendAsync(Some.OutcomeOf(intent));
        Assert.Equal(2, spool.Count);

        await spool.DrainAsync(log);

        Assert.Equal((0, false), (spool.Count, File.Exists(SpoolPath)));
        Assert.Equal([AuditKind.Lifecycle, AuditKind.Intent, AuditKind.Outcome], _store.ReadAll().Select(r => r.Event.Kind));
    }

    [Fact]
    public async Task A_line_cut_short_by_a_crash_is_passed_over_and_the_rest_is_not()
    {
        var kept = Some.Refusal();
        await using (var spool = Open()) await spool.AppendAsync(kept);
        var whole = await File.ReadAllTextAsync(SpoolPath, TestContext.Current.CancellationToken);
        await File.AppendAllTextAsync(SpoolPath, whole[..(whole.Length / 2)], TestContext.Current.CancellationToken);

        await using var log = await _store.OpenAsync();
        await using var again = Open();
        await again.DrainAsync(log);

        Assert.Equal(kept.Id, _store.ReadAll()[^1].Event.Id);
        Assert.Equal(2, log.Status.Sequence);
    }

    [Fact]
    public async Task A_crash_between_moving_and_noting_it_repeats_nothing()
    {
        var first = Some.Refusal();
        var second = Some.Refusal();
        await using (var spool = Open())
        {
            await spool.AppendAsync(first);
            await spool.AppendAsync(second);
        }

        await using (var log = await _store.OpenAsync()) await log.AppendAsync(first, default);
        await using (var log = await _store.OpenAsync())
        {
            await using var spool = Open();
            await spool.DrainAsync(log);
        }

        Assert.Equal([first.Id, second.Id], _store.ReadAll().Select(r => r.Event).Where(e => e.Kind == AuditKind.Refusal).Select(e => e.Id));
    }

    [Fact]
    public async Task A_record_after_a_line_cut_short_is_not_lost_with_it()
    {
        await using (var spool = Open()) await spool.AppendAsync(Some.Refusal());
        var whole = await File.ReadAllTextAsync(SpoolPath, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(SpoolPath, whole[..(whole.Length / 2)], TestContext.Current.CancellationToken);

        var kept = Some.Refusal();
        await using var log = await _store.OpenAsync();
        await using var again = Open();
        await again.AppendAsync(kept);
        await again.DrainAsync(log);

        Assert.Equal([kept.Id], Refusals());
        Assert.False(File.Exists(SpoolPath));
    }

    [Fact]
    public async Task The_note_of_an_earlier_spool_hides_nothing_of_the_next()
    {
        // A crash came between the two deletions.
        await using (var spool = Open())
        {
            for (var i = 0; i < 3; i++) await spool.AppendAsync(Some.Refusal());
        }

        SpoolFile.Note(SpoolPath, 2);
        File.Delete(SpoolPath);
        var stale = await File.ReadAllTextAsync(SpoolPath + ".moved", TestContext.Current.CancellationToken);
        await using var log = await _store.OpenAsync();
        await using (var next = Open()) Assert.False(File.Exists(SpoolPath + ".moved"));

        var (first, second) = (Some.Refusal(), Some.Refusal());
        await using (var spool = Open())
        {
            await spool.AppendAsync(first);
            await spool.AppendAsync(second);
        }

        await File.WriteAllTextAsync(SpoolPath + ".moved", stale, TestContext.Current.CancellationToken);
        await using var last = Open();
        await last.DrainAsync(log);
        Assert.Equal([first.Id, second.Id], Refusals());
    }

    [Fact]
    public async Task What_the_note_says_was_moved_is_not_moved_again()
    {
        var (first, second) = (Some.Refusal(), Some.Refusal());
        await using (var spool = Open())
        {
            await spool.AppendAsync(first);
            await spool.AppendAsync(second);
        }

        SpoolFile.Note(SpoolPath, 1);
        await using var log = await _store.OpenAsync();
        await using var again = Open();
        Assert.Equal(1, again.Count);
        await again.DrainAsync(log);
        Assert.Equal([second.Id], Refusals());
    }

    [Fact]
    public async Task A_line_that_does_not_hold_is_recorded_and_kept_aside()
    {
        var events = Enumerable.Range(0, 3).Select(_ => Some.Refusal()).ToList();
        await using (var spool = Open())
        {
            foreach (var e in events) await spool.AppendAsync(e);
        }

        var text = await File.ReadAllTextAsync(SpoolPath, TestContext.Current.CancellationToken);
        var damaged = text.Replace(events[1].Id, new string('0', 36), StringComparison.Ordinal);
        await File.WriteAllTextAsync(SpoolPath, damaged, TestContext.Current.CancellationToken);
        await using var log = await _store.OpenAsync();
        await using var again = Open();
        await again.DrainAsync(log);

        Assert.Equal([events[0].Id, events[2].Id], Refusals());
        var record = Assert.Single(_store.ReadAll(), r => r.Event.Action == "read/spool").Event;
        Assert.Equal((AuditOutcome.Failure, "1 lines of audit.jsonl.spool do not hold and are not in the log; the file is kept as audit.jsonl.spool.damaged-1"), (record.Outcome, record.Reason!.Text));
        Assert.Equal(damaged, await File.ReadAllTextAsync(SpoolPath + ".damaged-1", TestContext.Current.CancellationToken));
        Assert.Equal((0, false), (again.Count, File.Exists(SpoolPath)));
    }

    [Fact]
    public async Task Any_flipped_bit_is_recorded_or_changes_no_record()
    {
        var events = Enumerable.Range(0, 3).Select(_ => Some.Refusal()).ToList();
        await using (var spool = Open())
        {
            foreach (var e in events) await spool.AppendAsync(e);
        }

        var file = await File.ReadAllBytesAsync(SpoolPath, TestContext.Current.CancellationToken);
        CsCheck.Check.Sample(
            CsCheck.Gen.Select(CsCheck.Gen.Int[0, file.Length - 1], CsCheck.Gen.Int[0, 7]),
            (position, bit) =>
            {
                var bytes = file.ToArray();
                bytes[position] ^= (byte)(1 << bit);
                File.WriteAllBytes(SpoolPath, bytes);
                var lines = SpoolFile.Open(SpoolPath).Lines;
                Assert.True(lines.Any(line => line.Event is null) || lines.Select(line => line.Event!.Id).SequenceEqual(events.Select(e => e.Id)));
                Assert.All(lines.Where(line => line.Event is not null), line => Assert.Contains(line.Event!.Id, events.Select(e => e.Id)));
            },
            iter: 500,
            threads: 1);
    }

    [Fact]
    public async Task The_outcome_of_an_intent_that_was_moved_before_a_crash_is_not_turned_into_unknown()
    {
        var intent = Some.Intent();
        var outcome = Some.OutcomeOf(intent);
        await using (var log = await _store.OpenAsync()) await log.AppendAsync(intent, default);
        await using (var spool = Open()) await spool.AppendAsync(outcome);

        await using var again = Open();
        _store.Options = _store.Options with { Concluded = again.Concluded };
        await using (var log = await _store.OpenAsync()) await again.DrainAsync(log);

        Assert.Equal([outcome.Id], _store.ReadAll().Where(r => r.Event.IntentId == intent.Id).Select(r => r.Event.Id));
        Assert.Equal((0L, 0), (again.Refused, _store.Verify().OpenIntents));
    }

    [Fact]
    public async Task An_intent_of_an_earlier_process_is_closed_also_when_the_log_took_it_late()
    {
        var intent = Some.Intent();
        await using (var spool = Open()) await spool.AppendAsync(intent);
        await using var again = Open();
        await using (var closed = await _store.OpenAsync())
        {
            await closed.DisposeAsync();
            await again.DrainAsync(closed);
        }

        await using var log = await _store.OpenAsync();
        await again.DrainAsync(log);
        Assert.Equal([AuditOutcome.Pending, AuditOutcome.Unknown], _store.ReadAll().Where(r => r.Event.RequestId == "req-1").Select(r => r.Event.Outcome));
        Assert.Equal(0, log.Status.OpenIntents);
    }

    [Fact]
    public async Task A_full_spool_has_room_for_the_outcomes_of_its_intents()
    {
        await using var log = await _store.OpenAsync();
        await using var spool = Open(maxBytes: 30_000);
        var intents = new List<AuditEvent>();
        await Assert.ThrowsAsync<AuditUnavailableException>(async () =>
        {
            while (true)
            {
                var intent = Some.Intent();
                await spool.AppendAsync(intent);
                intents.Add(intent);
            }
        });
        Assert.NotEmpty(intents);

        foreach (var intent in intents) await spool.AppendAsync(Some.OutcomeOf(intent));
        await spool.DrainAsync(log);

        Assert.Equal((0, 0), (log.Status.OpenIntents, spool.Count));
        Assert.True(_store.ReadAll().Count(r => r.Event.Kind == AuditKind.Outcome) == intents.Count);
    }

    [Fact]
    public async Task An_outcome_that_cannot_be_written_reaches_the_log_after_its_intent()
    {
        await using var log = await _store.OpenAsync();
        await using var spool = Open();
        var intent = Some.Intent();
        await spool.AppendAsync(intent);
        File.Move(SpoolPath, SpoolPath + ".away");
        Directory.CreateDirectory(SpoolPath); // In the file's place, so that nothing can be written.
        var outcome = Some.OutcomeOf(intent);
        Assert.True((await Assert.ThrowsAsync<AuditUnavailableException>(() => spool.AppendAsync(outcome))).MayLand);
        Assert.Equal(2, spool.Count);
        Directory.Delete(SpoolPath);
        File.Move(SpoolPath + ".away", SpoolPath);

        await spool.DrainAsync(log);

        Assert.Equal([intent.Id, outcome.Id], _store.ReadAll().Where(r => r.Event.Kind is AuditKind.Intent or AuditKind.Outcome).Select(r => r.Event.Id));
        Assert.Equal((0, 0), (log.Status.OpenIntents, spool.Count));
    }

    [Fact]
    public async Task A_note_that_cannot_be_written_moves_nothing_twice()
    {
        await using var log = await _store.OpenAsync();
        await using var spool = Open();
        var (first, second) = (Some.Refusal(), Some.Refusal());
        await spool.AppendAsync(first);
        await spool.AppendAsync(second);
        Directory.CreateDirectory(SpoolPath + ".moved"); // Stands for a disk that is full.

        await spool.DrainAsync(log);
        Assert.Contains("the spool cannot be emptied", spool.Fault, StringComparison.Ordinal);
        await spool.DrainAsync(log);

        Directory.Delete(SpoolPath + ".moved");
        await spool.DrainAsync(log);
        Assert.Equal([first.Id, second.Id], Refusals());
        Assert.Null(spool.Fault);
    }

    [Fact]
    public async Task A_spooled_intent_that_a_hung_store_takes_late_is_there_once_and_keeps_its_outcome()
    {
        using var gate = new CommitGate();
        _store.Options = _store.Options with { BeforeCommit = gate.Pass };
        await using var log = await _store.OpenAsync();
        await using var spool = Open();
        var intent = Some.Intent();
        await spool.AppendAsync(intent);
        await spool.AppendAsync(Some.OutcomeOf(intent));
        gate.Shut();
        var draining = spool.DrainAsync(log);
        gate.WaitForArrival();
        while (!draining.IsCompleted)
        {
            _store.Time.Advance(_store.Options.Deadline / 10);
            await Task.Yield();
        }

        await spool.DrainAsync(log);
        Assert.Equal(2, spool.Count);
        gate.Open();
        while (spool.Count > 0)
        {
            await spool.DrainAsync(log);
            await Task.Yield();
        }

        Assert.Equal([AuditOutcome.Pending, AuditOutcome.Success], _store.ReadAll().Where(r => r.Event.RequestId == "req-1").Select(r => r.Event.Outcome));
    }

    private IEnumerable<string> Refusals() => _store.ReadAll().Select(r => r.Event).Where(e => e.Kind == AuditKind.Refusal).Select(e => e.Id);

    [Fact]
    public async Task Takes_no_more_than_it_may()
    {
        await using var spool = Open(maxBytes: 2000);
        await spool.AppendAsync(Some.Refusal());
        var error = await Assert.ThrowsAsync<AuditUnavailableException>(async () =>
        {
            while (true) await spool.AppendAsync(Some.Refusal());
        });
        Assert.Equal($"{SpoolPath}: the record was not spooled: the spool is full at 2000 bytes", error.Message);
        Assert.True(new FileInfo(SpoolPath).Length <= 2000);
    }
}
