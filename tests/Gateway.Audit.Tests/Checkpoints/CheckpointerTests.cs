namespace Gateway.Audit.Tests.Checkpoints;

/// <summary>Checkpoints made and published, and what a verification finds with them that it could not find without.</summary>
public sealed class CheckpointerTests : IDisposable
{
    private readonly TemporaryStore _store = new();

    public void Dispose() => _store.Dispose();

    private CheckpointerOptions Options => new() { File = _store.Path + ".checkpoints", KeyDirectory = _store.Path + ".keys", Interval = TimeSpan.FromMinutes(1) };

    private VerifyReport Verify(params string[] keys) => _store.Verify(new VerifyOptions
    {
        Checkpoints = CheckpointFile.Read(Options.File),
        Keys = keys.Length > 0 ? [.. keys.Select(NoteKey.Parse)] : CheckpointKeys.ReadPublic(Options.KeyDirectory),
    });

    /// <summary>A store with a checkpoint after each of some calls, closed.</summary>
    private async Task FillAsync(int calls)
    {
        await using var log = await _store.OpenAsync();
        await using var checkpointer = Checkpointer.Start(log, Options, _store.Time);
        for (var i = 0; i < calls; i++)
        {
            var intent = Some.Intent() with { RequestId = $"req-{i}" };
            await log.AppendAsync(intent, default);
            await log.AppendAsync(Some.OutcomeOf(intent), default);
            Assert.NotNull(await checkpointer.MakeAsync(TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_log_is_held_to_every_checkpoint()
    {
        await FillAsync(calls: 3);
        await FillAsync(calls: 2);

        var report = Verify();

        Assert.Null(report.Finding);
        var notes = CheckpointFile.Read(Options.File);
        Assert.Equal(Enumerable.Range(1, notes.Count).Select(n => (long)n), notes.Select(note => Checkpoint.Parse(SignedNote.Parse(note).Text).Number));
        // Each is in the file and in the record.
        Assert.InRange(report.Checkpoints, notes.Count, 2 * notes.Count);
        Assert.Equal(report.LastCheckpoint!.Size, report.HeadSequence - 2);
    }

    [Fact]
    public async Task Time_without_a_call_is_spoken_for_too()
    {
        await using var log = await _store.OpenAsync();
        await using var checkpointer = Checkpointer.Start(log, Options, _store.Time);
        await UntilAsync(() => CheckpointFile.Read(Options.File).Count == 1);
        _store.Time.Advance(Options.Interval);
        await UntilAsync(() => CheckpointFile.Read(Options.File).Count == 2);
        var times = CheckpointFile.Read(Options.File).Select(note => Checkpoint.Parse(SignedNote.Parse(note).Text).Time).ToList();
        Assert.Equal(Options.Interval, times[1] - times[0]);
    }

    [Fact]
    public async Task Records_cut_off_after_a_checkpoint_are_missed()
    {
        await FillAsync(calls: 3);
        // The head is moved back too, as somebody does who knows the file.
        _store.CutAfter(5);
        Assert.Null(_store.Verify().Finding);

        var finding = Verify().Finding!;

        Assert.Equal((VerifyProblem.Truncated, 6L), (finding.Problem, finding.Sequence));
        Assert.Matches("^the log ends at 5, but checkpoint [0-9]+ of .* was signed for [0-9]+ records: it was cut short, or an old copy was put back$", finding.Message);
    }

    [Fact]
    public async Task An_old_copy_put_back_and_gone_on_with_is_found()
    {
        await FillAsync(calls: 1);
        File.Copy(_store.Path, _store.Path + ".old");
        await FillAsync(calls: 1);
        File.Move(_store.Path + ".old", _store.Path, overwrite: true);

        await using (var log = await _store.OpenAsync())
        {
            var error = Assert.Throws<AuditStoreException>(() => Checkpointer.Start(log, Options, _store.Time));
            Assert.Contains("it was cut short, or an old copy was put back", error.Message, StringComparison.Ordinal);
            for (var i = 0; i < 20; i++) await log.AppendAsync(Some.Refusal(), default);
        }

        Assert.Null(_store.Verify().Finding);
        Assert.Equal(VerifyProblem.CheckpointMismatch, Verify().Finding?.Problem);
    }

    [Fact]
    public async Task A_log_computed_anew_without_the_key_is_found_and_placed_between_two_checkpoints()
    {
        await FillAsync(calls: 3);
        var checkpoints = CheckpointFile.Read(Options.File).Select(note => Checkpoint.Parse(SignedNote.Parse(note).Text)).ToList();
        var victim = checkpoints[1].Size + 1;
        _store.EditBody(victim, body => body + " ");
        OtherChain.Rechain(_store);

        var finding = _store.Verify(new VerifyOptions { Checkpoints = CheckpointFile.Read(Options.File) }).Finding!;

        Assert.Equal((VerifyProblem.CheckpointMismatch, checkpoints[1].Size + 1), (finding.Problem, finding.Sequence));
    }

    [Fact]
    public async Task Checkpoints_signed_anew_with_another_key_are_found()
    {
        await FillAsync(calls: 2);
        var rightKey = File.ReadAllText(Path.Combine(Options.KeyDirectory, "key-1.pub"));
        var forger = NoteSigner.Create(Checkpoint.OriginOf("gw-1"));
        var notes = CheckpointFile.Read(Options.File).Select(note => SignedNote.Sign(SignedNote.Parse(note).Text, forger).ToString());
        File.Delete(Options.File);
        foreach (var note in notes) CheckpointFile.Append(Options.File, note, -1);

        var finding = Verify(rightKey).Finding!;

        Assert.Equal(VerifyProblem.WrongKey, finding.Problem);
        // How many records the first checkpoint came to is chance.
        Assert.Matches("^checkpoint 1, over the records up to [1-9], is not signed by a key that counts there$", finding.Message);
    }

    [Fact]
    public async Task A_checkpoint_removed_from_the_file_is_missed()
    {
        await FillAsync(calls: 3);
        var notes = CheckpointFile.Read(Options.File).ToList();
        notes.RemoveAt(2);
        File.Delete(Options.File);
        foreach (var note in notes) CheckpointFile.Append(Options.File, note, -1);

        Assert.Equal(
            (VerifyProblem.CheckpointMissing, "checkpoint 4 does not follow checkpoint 2: one was removed, edited or put elsewhere"),
            (Verify().Finding!.Problem, Verify().Finding!.Message));
    }

    [Fact]
    public async Task The_checkpoints_of_another_gateway_do_not_fit()
    {
        await FillAsync(calls: 1);
        using var other = new TemporaryStore();
        other.Options = other.Options with { StreamId = "gw-2" };
        await other.FillAsync(calls: 1);

        var finding = other.Verify(new VerifyOptions { Checkpoints = CheckpointFile.Read(Options.File) }).Finding!;

        Assert.Equal((VerifyProblem.WrongStream, "checkpoint 1 is of stream `gw-1`, not of `gw-2`"), (finding.Problem, finding.Message));
    }

    [Fact]
    public async Task A_new_key_counts_because_the_old_one_says_so_and_the_old_one_no_longer()
    {
        await FillAsync(calls: 1);
        var first = CheckpointKeys.ReadPublic(Options.KeyDirectory).Single().ToString();
        var second = CheckpointKeys.Rotate(Options.KeyDirectory, "gw-1");
        await FillAsync(calls: 2);

        Assert.Null(Verify(first).Finding);
        Assert.Null(Verify(first, second).Finding);
        Assert.Equal(VerifyProblem.WrongKey, Verify(second).Finding?.Problem);

        // Signed by the old key alone, after the new one: whoever stole the old key.
        var notes = CheckpointFile.Read(Options.File);
        var old = CheckpointKeys.Load(Options.KeyDirectory, 1, "gw-1").Signer;
        File.Delete(Options.File);
        foreach (var note in notes.Take(notes.Count - 1).Append(SignedNote.Sign(SignedNote.Parse(notes[^1]).Text, old).ToString())) CheckpointFile.Append(Options.File, note, -1);
        Assert.Equal(VerifyProblem.WrongKey, Verify(first).Finding?.Problem);
    }

    [Fact]
    public async Task The_second_place_gets_every_checkpoint_and_what_it_missed()
    {
        var second = Path.Combine(_store.Path + ".elsewhere", "checkpoints");
        Directory.CreateDirectory(second); // In the file's place, so that it cannot be written.
        using var place = CheckpointPlace.Of(second);
        await using var log = await _store.OpenAsync();
        await using var checkpointer = Checkpointer.Start(log, Options with { Second = place }, _store.Time);
        await checkpointer.MakeAsync(TestContext.Current.CancellationToken);
        await UntilAsync(() => checkpointer.Fault?.StartsWith($"{second}: ", StringComparison.Ordinal) == true);

        Directory.Delete(second);
        await checkpointer.MakeAsync(TestContext.Current.CancellationToken);

        await UntilAsync(() => checkpointer.Fault is null && CheckpointFile.Read(Options.File).SequenceEqual(CheckpointFile.Read(second)));
    }

    [Fact]
    public async Task A_second_place_gets_what_it_missed_also_from_the_next_process()
    {
        var second = Path.Combine(_store.Path + ".elsewhere", "checkpoints");
        Directory.CreateDirectory(second);
        using var place = CheckpointPlace.Of(second);
        var options = Options with { Second = place };
        await using (var log = await _store.OpenAsync())
        await using (var checkpointer = Checkpointer.Start(log, options, _store.Time))
            await checkpointer.MakeAsync(TestContext.Current.CancellationToken);
        Directory.Delete(second);

        await using (var log = await _store.OpenAsync())
        await using (Checkpointer.Start(log, options, _store.Time))
        {
        }

        Assert.Equal(CheckpointFile.Read(Options.File), CheckpointFile.Read(second));
    }

    [Fact]
    public async Task A_second_place_that_hangs_holds_up_nothing()
    {
        var second = _store.Path + ".pipe";
        using (var make = System.Diagnostics.Process.Start("mkfifo", second)) await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        using var place = CheckpointPlace.Of(second);
        await using (var log = await _store.OpenAsync())
        {
            var checkpointer = Checkpointer.Start(log, Options with { Second = place }, _store.Time);
            for (var i = 0; i < 3; i++) Assert.NotNull(await checkpointer.MakeAsync(TestContext.Current.CancellationToken));

            // It counts as failed, though nothing has failed yet.
            while (checkpointer.SecondFault is null)
            {
                _store.Time.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
            }

            Assert.Matches("^.*\\.pipe: has not answered for [0-9]+ s$", checkpointer.SecondFault);
            Assert.EndsWith(" s", checkpointer.Fault, StringComparison.Ordinal);
            var stopping = checkpointer.DisposeAsync().AsTask();
            while (!stopping.IsCompleted)
            {
                _store.Time.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
            }

            await stopping;
        }

        Assert.Null(Verify().Finding);
    }

    [Fact]
    public async Task A_checkpoint_recorded_late_is_not_taken_for_a_wrong_one()
    {
        await FillAsync(calls: 1);
        await using (var log = await _store.OpenAsync())
        {
            var (before, tree) = (CheckpointFile.Read(Options.File)[^1], log.TreeHead);
            var late = new Checkpoint
            {
                Stream = "gw-1",
                Size = tree.Tree.Size,
                Root = tree.Tree.Root,
                Number = RecordProof.CheckpointOf(before).Number + 1,
                Time = Some.Time,
                Head = tree.Head.Hash,
                Previous = SignedNote.Parse(before).Digest,
            };
            var note = SignedNote.Sign(late.ToText(), CheckpointKeys.Newest(Options.KeyDirectory, "gw-1").Signer).ToString();
            for (var i = 0; i < 10; i++) await log.AppendAsync(Some.Refusal(), default);
            await log.AppendAsync(new OwnRecords(Some.Observer(), _store.Time).Checkpoint("gw-1", new CheckpointRecord(note, tree.Tree.ToBytes()), late.Size), default);
            CheckpointFile.Append(Options.File, note, -1);
        }

        Assert.Null(_store.Verify(new VerifyOptions
        {
            Checkpoints = CheckpointFile.Read(Options.File),
            Keys = CheckpointKeys.ReadPublic(Options.KeyDirectory),
            Remembered = 4,
        }).Finding);
    }

    [Fact]
    public async Task A_note_cut_short_by_a_crash_at_any_place_is_written_over()
    {
        await FillAsync(calls: 1);
        var notes = CheckpointFile.Read(Options.File);
        var whole = File.ReadAllBytes(Options.File);
        var last = System.Text.Encoding.UTF8.GetByteCount(notes[^1]) + 1;
        for (var cut = 1; cut <= last; cut++)
        {
            File.WriteAllBytes(Options.File, whole[..^cut]);
            Assert.Equal(notes.SkipLast(1), CheckpointFile.Read(Options.File));
            Assert.Equal(whole.Length, CheckpointFile.Append(Options.File, notes[^1], -1));
            Assert.Equal(whole, File.ReadAllBytes(Options.File));
        }
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo()) await Task.Yield();
    }
}
