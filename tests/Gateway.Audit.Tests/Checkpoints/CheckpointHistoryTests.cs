namespace Gateway.Audit.Tests.Checkpoints;

/// <summary>A gateway goes on from what was published before, and from nothing else.</summary>
public sealed class CheckpointHistoryTests : IDisposable
{
    private readonly TemporaryStore _store = new();

    public void Dispose() => _store.Dispose();

    private string Published => _store.CheckpointerOptions.File;

    private string Keys => _store.CheckpointerOptions.KeyDirectory;

    [Fact]
    public async Task A_file_with_anything_but_checkpoints_is_refused_and_not_touched()
    {
        await FillAsync();
        File.WriteAllText(Published, File.ReadAllText(Published).Replace("\n", "\r\n", StringComparison.Ordinal));
        var before = File.ReadAllBytes(Published);
        Assert.Equal($"{Published}: after 0 checkpoints stands something that is none: it was edited or damaged; put the file back from a copy", await RefusedAsync());
        Assert.Equal(before, File.ReadAllBytes(Published));
        Assert.Throws<AuditStoreException>(() => CheckpointFile.Append(Published, "note", -1));
        Assert.Equal(before, File.ReadAllBytes(Published));
    }

    [Fact]
    public async Task A_first_checkpoint_that_a_crash_kept_from_being_published_is_published_at_the_next_start()
    {
        await using (var log = await _store.OpenAsync())
        {
            await using var checkpointer = _store.Checkpoint(log);
            Assert.Empty(File.ReadAllBytes(Published));
            await checkpointer.MakeAsync(TestContext.Current.CancellationToken);
        }

        // As the crash leaves it: recorded, and nothing in the file.
        var notes = CheckpointFile.Read(Published);
        File.WriteAllText(Published, "");
        await FillAsync();
        Assert.Equal(notes, CheckpointFile.Read(Published).Take(notes.Count));
        Assert.Null(_store.VerifyPublished().Finding);
    }

    [Fact]
    public async Task A_file_that_is_gone_is_missed_and_an_empty_one_is_written_anew_from_the_record()
    {
        await FillAsync();
        var before = File.ReadAllText(Published);
        var last = CheckpointFile.Read(Published).Count;
        File.Delete(Published);
        Assert.Equal(
            $"{Published}: no such file, and the record has checkpoint {last}: put the file back. "
            + "If it is lost, verify the store with a copy from elsewhere, then make an empty file there: it is written anew from the record",
            await RefusedAsync());

        File.WriteAllText(Published, "");
        await FillAsync();
        Assert.StartsWith(before, File.ReadAllText(Published), StringComparison.Ordinal);
        Assert.Null(_store.VerifyPublished().Finding);
    }

    [Fact]
    public async Task What_a_crash_left_unpublished_is_published_at_the_next_start()
    {
        await FillAsync();
        var notes = CheckpointFile.Read(Published);
        Publish(notes.SkipLast(2));
        File.AppendAllText(Published, notes[^2][..100]);
        await FillAsync();
        Assert.Equal(notes, CheckpointFile.Read(Published).Take(notes.Count));
        Assert.Null(_store.VerifyPublished().Finding);
    }

    [Fact]
    public async Task A_checkpoint_that_was_published_and_is_not_in_the_record_is_missed()
    {
        await FillAsync();
        var last = RecordProof.CheckpointOf(CheckpointFile.Read(Published)[^1]);
        _store.CutAfter(last.Size);

        Assert.Equal(VerifyProblem.Truncated, _store.VerifyPublished().Finding?.Problem);
        Assert.Equal(
            $"{Published}: checkpoint {last.Number} was published, and the record's last is {last.Number - 1}: the records that follow it were cut off, or an old copy was put back; "
            + "restore the store, or keep both as evidence and begin new ones",
            await RefusedAsync());
    }

    [Fact]
    public async Task A_record_that_begins_its_checkpoints_anew_is_found()
    {
        await FillAsync();
        var (_, signer) = CheckpointKeys.Newest(Keys, "gw-1");
        await using (var log = await _store.OpenAsync())
        {
            var tree = log.TreeHead.Tree;
            var anew = new Checkpoint { Stream = "gw-1", Size = tree.Size, Root = tree.Root, Number = 1, Time = Some.Time, Head = log.TreeHead.Head.Hash, Previous = "-" };
            await log.AppendAsync(new OwnRecords(Some.Observer(), _store.Time).Checkpoint("gw-1", new CheckpointRecord(SignedNote.Sign(anew.ToText(), signer).ToString(), tree.ToBytes()), tree.Size), default);
        }

        var finding = _store.Verify(new VerifyOptions { Keys = CheckpointKeys.ReadPublic(Keys) }).Finding!;
        Assert.Equal(VerifyProblem.CheckpointMissing, finding.Problem);
        Assert.StartsWith("checkpoint 1 in record ", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_published_checkpoint_must_be_the_one_in_the_record()
    {
        await FillAsync();
        var notes = CheckpointFile.Read(Published);
        var last = RecordProof.CheckpointOf(notes[^1]);
        var (_, signer) = CheckpointKeys.Newest(Keys, "gw-1");
        Publish([.. notes.SkipLast(1), SignedNote.Sign((last with { Time = last.Time.AddHours(1) }).ToText(), signer).ToString()]);

        var finding = _store.VerifyPublished().Finding!;
        Assert.Equal(VerifyProblem.CheckpointMismatch, finding.Problem);
        Assert.Matches($"^checkpoint {last.Number} in record [0-9]+ is not the one that was published$", finding.Message);
        Assert.StartsWith($"{Published}: checkpoint {last.Number} is not the one that the record has: ", await RefusedAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rewritten_log_is_not_signed()
    {
        await FillAsync();
        var published = File.ReadAllText(Published);
        _store.EditBody(2, body => body + " ");
        OtherChain.Rechain(_store);
        Assert.Contains("was signed for other records than the store has: they were rewritten", await RefusedAsync(), StringComparison.Ordinal);
        Assert.Equal(published, File.ReadAllText(Published));
    }

    [Fact]
    public async Task A_record_rewritten_since_the_last_checkpoint_keeps_the_log_from_going_on()
    {
        await FillAsync();
        await using (var log = await _store.OpenAsync())
            for (var i = 0; i < 5; i++) await log.AppendAsync(Some.Refusal(), default);
        var sequence = _store.ReadAll().Count - 3;
        _store.EditBody(sequence, body => body + " ");
        Assert.StartsWith($"{_store.Path}: record {sequence} does not hold; ", (await Assert.ThrowsAsync<AuditStoreException>(_store.OpenAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_new_key_is_made_when_the_folder_is_gone()
    {
        await FillAsync();
        var last = CheckpointFile.Read(Published).Count;
        Directory.Move(Keys, Keys + ".away");
        Assert.Equal(
            $"{Keys}: no key is here, and none signed checkpoint {last}, the last of `gw-1`: put the folder back as it was; a key that is replaced stays until the gateway has made a checkpoint with the new one. "
            + "If the key is lost, nobody can vouch for what would follow: keep the store and its checkpoints as evidence, and begin a new record elsewhere",
            await RefusedAsync());
        Assert.False(Directory.Exists(Keys));
        Directory.Move(Keys + ".away", Keys);
        await FillAsync();
        Assert.Null(_store.VerifyPublished().Finding);
    }

    [Fact]
    public async Task A_key_taken_away_before_its_successor_was_introduced_is_missed()
    {
        await FillAsync();
        CheckpointKeys.Rotate(Keys, "gw-1");
        File.Delete(Path.Combine(Keys, "key-1.pem"));
        Assert.StartsWith($"{Keys}: none of the 1 keys here signed checkpoint ", await RefusedAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_key_under_the_same_number_signs_nothing()
    {
        await using var log = await _store.OpenAsync();
        await using var checkpointer = _store.Checkpoint(log);
        Assert.NotNull(await checkpointer.MakeAsync(TestContext.Current.CancellationToken));
        Directory.Move(Keys, Keys + ".away");
        CheckpointKeys.Rotate(Keys, "gw-1");

        Assert.Null(await checkpointer.MakeAsync(TestContext.Current.CancellationToken));
        Assert.EndsWith("`key-1.pem` is no longer the key that signs; put it back, and replace it with `gatewayctl audit rotate-key`", checkpointer.Fault, StringComparison.Ordinal);

        Directory.Delete(Keys, recursive: true);
        Directory.Move(Keys + ".away", Keys);
        Assert.NotNull(await checkpointer.MakeAsync(TestContext.Current.CancellationToken));
        Assert.Null(checkpointer.Fault);
    }

    [Fact]
    public async Task A_published_file_that_goes_while_in_use_is_reported_and_not_begun_anew()
    {
        await using (var log = await _store.OpenAsync())
        {
            await using var checkpointer = _store.Checkpoint(log);
            Assert.NotNull(await checkpointer.MakeAsync(TestContext.Current.CancellationToken));
            File.Move(Published, Published + ".away");

            Assert.Null(await checkpointer.MakeAsync(TestContext.Current.CancellationToken));
            Assert.Contains("the file was changed or removed while in use; put it back", checkpointer.Fault, StringComparison.Ordinal);
            Assert.False(File.Exists(Published));

            File.Move(Published + ".away", Published);
            Assert.NotNull(await checkpointer.MakeAsync(TestContext.Current.CancellationToken));
        }

        // What could not be published then has been.
        Assert.Null(_store.VerifyPublished().Finding);
    }

    [Fact]
    public async Task A_checkpoint_whose_fate_the_log_does_not_tell_is_not_made_twice()
    {
        using var gate = new CommitGate();
        _store.Options = _store.Options with { BeforeCommit = gate.Pass };
        await using (var log = await _store.OpenAsync())
        {
            await using var checkpointer = _store.Checkpoint(log);
            Assert.NotNull(await checkpointer.MakeAsync(TestContext.Current.CancellationToken));
            gate.Shut();
            var making = checkpointer.MakeAsync(TestContext.Current.CancellationToken);
            gate.WaitForArrival();
            while (!making.IsCompleted)
            {
                _store.Time.Advance(_store.Options.Deadline / 10);
                await Task.Yield();
            }

            Assert.Null(await making);
            Assert.Null(await checkpointer.MakeAsync(TestContext.Current.CancellationToken));
            Assert.Matches("the log has not said yet whether it took checkpoint [0-9]+$", checkpointer.Fault);
            gate.Open();
            while (log.Status.Waiting > 0) await Task.Yield();
            while (await checkpointer.MakeAsync(TestContext.Current.CancellationToken) is null) await Task.Yield();
        }

        Assert.Null(_store.VerifyPublished().Finding);
    }

    private async Task FillAsync()
    {
        await using var log = await _store.OpenAsync();
        await using var checkpointer = _store.Checkpoint(log);
        for (var i = 0; i < 3; i++)
        {
            await log.AppendAsync(Some.Refusal(), default);
            Assert.NotNull(await checkpointer.MakeAsync(TestContext.Current.CancellationToken));
        }
    }

    private async Task<string> RefusedAsync()
    {
        await using var log = await _store.OpenAsync();
        return Assert.Throws<AuditStoreException>(() => _store.Checkpoint(log)).Message;
    }

    private void Publish(IEnumerable<string> notes)
    {
        var all = notes.ToList();
        File.Delete(Published);
        foreach (var note in all) CheckpointFile.Append(Published, note, -1);
    }
}
