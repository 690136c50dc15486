namespace Gateway.Audit.Tests.Verifying;

/// <summary>What is missing before or after the records that are there is found whatever the file says of itself.</summary>
public sealed class ForgedBoundsTests : IDisposable
{
    private TemporaryStore _store = new();

    public void Dispose() => _store.Dispose();

    private IReadOnlyList<AuditSegment> Sealed => AuditSegments.Sealed(_store.Path);

    [Fact]
    public async Task A_tail_cut_off_is_missed_though_the_file_calls_itself_sealed()
    {
        await FillAsync(calls: 3);
        _store.CutAfter(5, isSealed: true);
        AssertFound(VerifyProblem.Truncated, 6, "audit.jsonl is sealed: the file that goes on from record 5 is missing, or a crash came between the two and the gateway was not started since");
    }

    [Fact]
    public async Task A_sealed_file_in_the_place_of_the_newest_is_not_taken_for_the_end()
    {
        await FillSegmentsAsync();
        File.Delete(_store.Path);
        File.Move(Sealed[^1].Path, _store.Path);
        Assert.Equal(VerifyProblem.Truncated, _store.VerifyPublished().Finding?.Problem);

        // Nor when the mark is taken off: its checkpoints are over more records.
        _store.Edit(lines => lines.Select(line => line.Replace("\"sealed\":true,", "\"sealed\":false,", StringComparison.Ordinal)));
        Assert.Equal(VerifyProblem.Truncated, _store.VerifyPublished().Finding?.Problem);
    }

    [Fact]
    public async Task A_part_that_is_not_sealed_must_reach_the_last_checkpoint()
    {
        await FillAsync(calls: 3);
        _store.CutAfter(5);
        Assert.Equal(VerifyProblem.Truncated, Verify(part: true).Finding?.Problem);
    }

    [Fact]
    public async Task A_sealed_part_says_how_many_checkpoints_it_was_not_compared_with()
    {
        await FillSegmentsAsync();
        var notes = CheckpointFile.Read(_store.CheckpointerOptions.File);
        var report = AuditVerifier.Verify(Sealed[0].Path, new VerifyOptions { Checkpoints = notes, IsPart = true });
        var beyond = notes.Count(note => RecordProof.CheckpointOf(note).Size > Sealed[0].Last);
        Assert.Equal((null, beyond, true), (report.Finding, report.CheckpointsBeyond, beyond > 0));
    }

    [Fact]
    public async Task A_made_up_beginning_lifts_no_log_over_its_checkpoints()
    {
        await FillAsync(calls: 3);
        var (known, keys) = (_store.ReadAll()[^1], CheckpointKeys.ReadPublic(_store.CheckpointerOptions.KeyDirectory));
        ForgeBase();

        var published = _store.VerifyPublished().Finding!;
        Assert.Equal(VerifyProblem.Truncated, published.Problem);
        Assert.StartsWith("the log ends at 1025, but checkpoint ", published.Message, StringComparison.Ordinal);
        Assert.Equal(VerifyProblem.Truncated, Verify(part: true).Finding?.Problem);

        // Without the published ones, keys and a head are each enough.
        var unsigned = _store.Verify(new VerifyOptions { Keys = keys }).Finding!;
        Assert.Equal(
            (VerifyProblem.Truncated, "records 1 to 1024 are not there; record 1025 says that they were dropped, but no checkpoint that can be checked is over it: they were removed, or give checkpoints made since"),
            (unsigned.Problem, unsigned.Message));
        var head = _store.Verify(new VerifyOptions { KnownHead = (known.Sequence, known.Hash) }).Finding!;
        Assert.Equal(
            (VerifyProblem.NotComparable, $"record {known.Sequence}, which was noted elsewhere, is not there: the log has 1025 to 1025, so it cannot be held to it; note a newer head, or hold it to checkpoints"),
            (head.Problem, head.Message));
    }

    [Fact]
    public async Task A_forged_record_of_dropped_files_behind_the_last_checkpoint_excuses_nothing()
    {
        await FillSegmentsAsync();
        var victim = Sealed[0];
        var row = TemporaryStore.ReadLog(victim.Path);
        await using (var log = await _store.OpenAsync())
            await log.AppendAsync(new OwnRecords(Some.Observer(), _store.Time).Dropped("gw-1", new DroppedPart(1, victim.Last, row.Head.Hash, row.Tree.Root), Path.GetFileName(victim.Path)), default);
        File.Delete(victim.Path);

        var finding = _store.VerifyPublished().Finding!;

        Assert.Equal((VerifyProblem.Truncated, 1L), (finding.Problem, finding.Sequence));
        Assert.StartsWith($"records 1 to {victim.Last} are not there; record ", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_were_dropped_for_their_age_are_signed_for()
    {
        await FillSegmentsAsync();
        var head = _store.ReadAll()[0];
        _store.Time.Advance(TimeSpan.FromDays(31));
        await using (var log = await _store.OpenAsync())
        {
            await using var checkpointer = _store.Checkpoint(log);
            Assert.NotEmpty((await SegmentRetention.DropAsync(log, checkpointer, _store.Path, TimeSpan.FromDays(30), long.MaxValue, _store.Time)).Dropped);

            // Also while the gateway runs, before its next checkpoint.
            Assert.Null(_store.VerifyPublished().Finding);
        }

        Assert.Null(_store.VerifyPublished().Finding);
        Assert.Equal(VerifyProblem.NotComparable, _store.Verify(new VerifyOptions { KnownHead = (head.Sequence, head.Hash) }).Finding?.Problem);
    }

    [Fact]
    public async Task No_file_is_dropped_while_no_checkpoint_can_be_made_over_the_record_of_it()
    {
        await FillSegmentsAsync();
        _store.Time.Advance(TimeSpan.FromDays(31));
        await using var log = await _store.OpenAsync();
        await using var checkpointer = _store.Checkpoint(log);
        Assert.NotNull(await checkpointer.MakeAsync(TestContext.Current.CancellationToken));
        var keys = _store.CheckpointerOptions.KeyDirectory;
        Directory.Move(keys, keys + ".away");

        var error = await Assert.ThrowsAsync<AuditStoreException>(() => SegmentRetention.DropAsync(log, checkpointer, _store.Path, TimeSpan.FromDays(30), long.MaxValue, _store.Time));

        Assert.Contains("stays, because no checkpoint was made over the record that it is dropped: ", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, Sealed[0].First);
        Directory.Move(keys + ".away", keys);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Any_number_may_stand_at_the_head_without_keeping_the_verifier(bool lines)
    {
        if (!lines) UseSqlite();
        await FillAsync(calls: 3);
        var records = _store.ReadAll();
        if (lines)
        {
            // With peaks that such a tree could have.
            var head = LogLine.Head(new LineHead(new ChainHead(1L << 61, new byte[32]), new byte[32], 1, 0, IsSealed: false, Holder: null));
            _store.Edit(lines =>
            [
                .. lines.SkipLast(1).Select(line => TemporaryStore.IsRecord(line, 4) ? line.Replace(Convert.ToHexStringLower(records[2].Hash.Span), new string('0', 64), StringComparison.Ordinal) : line),
                System.Text.Encoding.UTF8.GetString(head)[..^1],
            ]);
        }
        else
        {
            _store.Tamper("UPDATE log SET head_sequence = 4000000000000000000; UPDATE record SET previous = zeroblob(32) WHERE sequence = 4");
        }

        AssertFound(VerifyProblem.Edited, 4, "record 4 was edited: neither its bytes nor its link fit its hash");
    }

    [Fact]
    public async Task A_log_record_that_is_no_event_is_named()
    {
        await FillAsync(calls: 1);
        var checkpoint = _store.ReadAll().First(r => r.Event.Action == LogActions.Checkpoint);
        _store.EditBody(checkpoint.Sequence, body => body.Replace("\"eventType\":", "\"eventTypf\":", StringComparison.Ordinal));
        OtherChain.Rechain(_store);

        Assert.Equal((VerifyProblem.Unreadable, checkpoint.Sequence), (_store.Verify().Finding?.Problem, _store.Verify().Finding?.Sequence));
    }

    [Fact]
    public async Task A_sealed_file_that_cannot_be_read_is_named()
    {
        await FillSegmentsAsync();
        var path = Sealed[^1].Path;
        var bytes = File.ReadAllBytes(path);
        bytes[20] ^= 0xff;
        File.WriteAllBytes(path, bytes);
        var finding = _store.Verify().Finding!;
        Assert.Equal(VerifyProblem.StoreDamaged, finding.Problem);
        Assert.StartsWith($"{path}: not an audit store, or its first line is damaged", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_dropped_cannot_be_proved_and_the_proof_says_so()
    {
        await FillSegmentsAsync();
        _store.Time.Advance(TimeSpan.FromDays(31));
        await using (var log = await _store.OpenAsync())
        {
            await using var checkpointer = _store.Checkpoint(log);
            await SegmentRetention.DropAsync(log, checkpointer, _store.Path, TimeSpan.FromDays(30), long.MaxValue, _store.Time);
        }

        var notes = CheckpointFile.Read(_store.CheckpointerOptions.File);
        var error = Assert.Throws<AuditStoreException>(() => ConsistencyProof.Of(AuditSource.Of(_store.Path), 1, notes.Count, notes));
        Assert.Matches("the first [0-9]+ records were dropped; nothing can be proved about the first [0-9]+$", error.Message);
    }

    private void UseSqlite()
    {
        _store.Dispose();
        _store = TemporaryStore.Sqlite();
    }

    private async Task FillAsync(int calls)
    {
        await using var log = await _store.OpenAsync();
        await using var checkpointer = _store.Checkpoint(log);
        for (var i = 0; i < calls; i++)
        {
            var intent = Some.Intent() with { RequestId = $"req-{i}" };
            await log.AppendAsync(intent, default);
            await log.AppendAsync(Some.OutcomeOf(intent), default);
            await checkpointer.MakeAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Two or more sealed files and the newest, with a checkpoint at the beginning and one at the end.</summary>
    private async Task FillSegmentsAsync()
    {
        _store.Options = _store.Options with { SegmentBytes = 150_000, MaxBatch = 16 };
        await using var log = await _store.OpenAsync();
        await using var checkpointer = _store.Checkpoint(log);
        await checkpointer.MakeAsync(TestContext.Current.CancellationToken);
        while (Sealed.Count < 2 || log.Status.Sequence < Sealed[^1].Last + 10) await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => log.AppendAsync(Some.Refusal(), default).AsTask()));
    }

    private VerifyReport Verify(bool part) => _store.Verify(new VerifyOptions { Checkpoints = CheckpointFile.Read(_store.CheckpointerOptions.File), IsPart = part });

    private void AssertFound(VerifyProblem problem, long sequence, string message)
    {
        var finding = _store.VerifyPublished().Finding!;
        Assert.Equal((problem, sequence, message), (finding.Problem, finding.Sequence, finding.Message.Replace(Path.GetDirectoryName(_store.Path) + "/", "", StringComparison.Ordinal)));
    }

    /// <summary>Puts a log of one record in the store's place, which says that the 1024 before it were dropped.</summary>
    private void ForgeBase()
    {
        File.Delete(_store.Path);
        const long Base = 1024;
        var (hash, peak) = (new byte[32], new byte[32]);
        (hash[0], peak[1]) = (7, 9);
        var tree = MerkleFrontier.Read(Base, peak);
        var dropped = new OwnRecords(Some.Observer(), _store.Time).Dropped("gw-1", new DroppedPart(1, Base, hash, tree.Root), "audit.000000000001.jsonl");
        var body = AuditJson.ToUtf8(dropped);
        var own = OtherChain.Hash("gw-1", Base + 1, hash, body);
        var line = new byte[body.Length + LogLine.MaxOverhead];
        File.WriteAllBytes(_store.Path,
        [
            .. LogLine.Header(new LineHeader("gw-1", "2026-03-04T05:06:07Z", new ChainHead(Base, hash), peak, OpenFloor: 1)),
            (byte)'\n',
            .. line[..LogLine.WriteRecord(line, Base + 1, hash, own, body)],
            .. LogLine.Head(new LineHead(new ChainHead(Base + 1, own), tree.Append([own]).ToBytes(), Base + 2, 0, IsSealed: false, Holder: null)),
        ]);
    }
}
