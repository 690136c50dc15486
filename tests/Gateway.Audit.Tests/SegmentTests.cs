using Microsoft.Extensions.Time.Testing;

namespace Gateway.Audit.Tests;

/// <summary>A log in several files: it reads, recovers and verifies as one, and loses its oldest part only with a record of that.</summary>
public abstract class SegmentTests : IDisposable
{
    private protected SegmentTests(TemporaryStore store)
    {
        Store = store;
        Store.Options = Store.Options with { SegmentBytes = 150_000, MaxBatch = 4 };
    }

    private protected TemporaryStore Store { get; }

    public void Dispose()
    {
        Store.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected IReadOnlyList<AuditSegment> Sealed => AuditSegments.Sealed(Store.Path);

    /// <summary>Somebody who reads the file meanwhile.</summary>
    private protected abstract IDisposable OpenToRead(string path);

    /// <summary>Does the first half of sealing the file: it says that it is.</summary>
    private protected abstract void MarkSealed();

    private protected async Task FillAsync(int calls)
    {
        await using var log = await Store.OpenAsync();
        for (var i = 0; i < calls; i++) await log.AppendAsync(Some.Refusal(), default);
    }

    [Fact]
    public async Task A_large_store_goes_on_in_a_new_file_and_reads_as_one()
    {
        await FillAsync(400);
        await FillAsync(400);

        Assert.True(Sealed.Count >= 2, $"{Sealed.Count} sealed");
        Assert.Equal(Sealed.Skip(1).Select(segment => segment.First - 1), Sealed.SkipLast(1).Select(segment => segment.Last));
        Assert.All(Sealed, segment => Assert.False(File.Exists(segment.Path + "-wal")));
        var report = Store.Verify();
        Assert.Equal((null, 804L), (report.Finding, report.Records));
        Assert.Equal(Enumerable.Range(1, 804).Select(n => (long)n), Store.ReadAll().Select(r => r.Sequence));
        Assert.Equal([804L, 803], AuditReader.Read(Store.Path, new AuditFilter { Limit = 2 }).Select(r => r.Sequence));
        Assert.Equal(600, AuditReader.Read(Store.Path, new AuditFilter { Before = 601 }).Count());
        Assert.NotNull(AuditReader.Find(Store.Path, 3));
    }

    [Fact]
    public async Task A_segment_verifies_by_itself()
    {
        await FillAsync(800);
        var report = AuditVerifier.Verify(Sealed[1].Path, new VerifyOptions { IsPart = true });
        Assert.Equal((null, Sealed[1].First, Sealed[1].Last), (report.Finding, report.First, report.HeadSequence));
    }

    [Fact]
    public async Task An_intent_left_open_in_an_older_file_is_closed_at_the_next_start()
    {
        var open = Some.Intent();
        await using (var log = await Store.OpenAsync())
        {
            await log.AppendAsync(open, default);
            for (var i = 0; i < 400; i++) await log.AppendAsync(Some.Refusal(), default);
        }

        Assert.NotEmpty(Sealed);
        await using (await Store.OpenAsync())
        {
        }

        var recovery = Assert.Single(AuditReader.Read(Store.Path, new AuditFilter { Kind = AuditKind.Recovery }));
        Assert.Equal(open.Id, recovery.Event.IntentId);
        Assert.Equal((null, 0), (Store.Verify().Finding, Store.Verify().OpenIntents));
    }

    [Fact]
    public async Task A_missing_file_in_the_middle_is_named()
    {
        await FillAsync(1200);
        Assert.True(Sealed.Count >= 3);
        var (first, last) = (Sealed[1].First, Sealed[1].Last);
        File.Delete(Sealed[1].Path);

        var finding = Store.Verify().Finding!;

        Assert.Equal((VerifyProblem.Removed, first), (finding.Problem, finding.Sequence));
        Assert.StartsWith($"records {first} to {last} were removed: a whole segment is missing before ", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_first_file_is_named_unless_a_record_says_that_it_was_dropped()
    {
        await FillAsync(800);
        var kept = Sealed[0];
        var bytes = File.ReadAllBytes(kept.Path);
        File.Delete(kept.Path);
        var finding = Store.Verify().Finding!;
        Assert.Equal(
            (VerifyProblem.Removed, 1L, $"records 1 to {kept.Last} are not there, and no record says that they were dropped"), (finding.Problem, finding.Sequence, finding.Message));

        File.WriteAllBytes(kept.Path, bytes);
        Store.Time.Advance(TimeSpan.FromDays(31));
        await using (var log = await Store.OpenAsync())
        {
            await log.AppendAsync(Some.Refusal() with { EventTime = Store.Time.GetUtcNow() }, default);
            await using var checkpointer = Store.Checkpoint(log);
            var (dropped, _) = await SegmentRetention.DropAsync(log, checkpointer, Store.Path, TimeSpan.FromDays(30), long.MaxValue, Store.Time);
            Assert.Contains(kept.Path, dropped);
        }

        var report = Store.Verify();
        Assert.Null(report.Finding);
        Assert.True(report.First > kept.Last);
        Assert.Single(AuditReader.Read(Store.Path, new AuditFilter { Action = "delete/segment", Order = AuditOrder.OldestFirst }).Take(1));
    }

    [Fact]
    public async Task A_segment_that_a_sink_has_not_yet_had_stays_and_is_named()
    {
        await FillAsync(800);
        var (first, second) = (Sealed[0], Sealed[1]);
        Store.Time.Advance(TimeSpan.FromDays(31));
        await using var log = await Store.OpenAsync();
        await using var checkpointer = Store.Checkpoint(log);

        Assert.Equal(("", first.Path), await DropAsync(first.Last - 1));
        Assert.Equal((first.Path, second.Path), await DropAsync(first.Last));

        async Task<(string Dropped, string? HeldBack)> DropAsync(long delivered)
        {
            var (dropped, heldBack) = await SegmentRetention.DropAsync(log, checkpointer, Store.Path, TimeSpan.FromDays(30), delivered, Store.Time);
            return (string.Join(' ', dropped), heldBack);
        }
    }

    [Fact]
    public async Task A_segment_with_an_open_intent_or_a_young_record_stays()
    {
        await using var log = await Store.OpenAsync();
        await using var checkpointer = Store.Checkpoint(log);
        await log.AppendAsync(Some.Intent(), default);
        for (var i = 0; i < 800; i++) await log.AppendAsync(Some.Refusal(), default);
        Assert.NotEmpty(Sealed);

        Assert.Empty((await SegmentRetention.DropAsync(log, checkpointer, Store.Path, TimeSpan.FromDays(30), long.MaxValue, Store.Time)).Dropped);
        // Another clock: the log's own would tick through a month in steps of its sweep.
        var later = new FakeTimeProvider(Store.Time.GetUtcNow().AddDays(31));
        Assert.Empty((await SegmentRetention.DropAsync(log, checkpointer, Store.Path, TimeSpan.FromDays(30), long.MaxValue, later)).Dropped);
    }

    [Fact]
    public async Task A_reader_does_not_keep_the_log_from_going_on()
    {
        await FillAsync(20);
        using var reader = OpenToRead(Store.Path);
        await FillAsync(800);
        Assert.Null(Store.Verify().Finding);
        Assert.Equal(824, Store.ReadAll().Count);
    }

    [Fact]
    public async Task A_seal_that_a_crash_cut_short_is_undone()
    {
        await FillAsync(5);
        MarkSealed();
        Assert.Equal(VerifyProblem.Truncated, Store.Verify().Finding?.Problem);
        await FillAsync(5);
        Assert.Empty(Sealed);
        Assert.Equal((null, 14L), (Store.Verify().Finding, Store.Verify().Records));
    }

    [Fact]
    public async Task A_crash_between_two_files_begins_the_next()
    {
        await FillAsync(5);
        MarkSealed();
        File.Move(Store.Path, AuditSegments.PathOf(Store.Path, 1));
        await FillAsync(5);
        Assert.Equal((null, 14L), (Store.Verify().Finding, Store.Verify().Records));
    }
}

public sealed class LineSegmentTests() : SegmentTests(new TemporaryStore())
{
    private protected override IDisposable OpenToRead(string path) => LineFile.Open(path);

    private protected override void MarkSealed() =>
        Store.Edit(lines => [.. lines, "", lines[^1].Replace("\"sealed\":false,", "\"sealed\":true,", StringComparison.Ordinal)]);

    [Fact]
    public async Task A_sealed_file_ends_with_what_it_says_of_itself_and_the_next_begins_with_it()
    {
        await FillAsync(800);
        var (first, second) = (Sealed[0], Sealed[1]);
        var (end, begin) = (LogLine.ReadHead(Line(File.ReadAllLines(first.Path)[^1]))!, LogLine.ReadHeader(Line(File.ReadLines(second.Path).First()))!);
        Assert.Equal((true, null, first.Last), (end.IsSealed, end.Holder, end.Head.Sequence));
        Assert.Equal((end.Head.Sequence, end.Head.ToString(), end.OpenFloor), (begin.Base.Sequence, begin.Base.ToString(), begin.OpenFloor));
        Assert.Equal(end.Peaks, begin.BasePeaks);
        Assert.Equal(second.First, first.Last + 1);

        static byte[] Line(string line) => System.Text.Encoding.UTF8.GetBytes(line);
    }

    [Fact]
    public async Task A_file_that_has_a_segments_name_and_is_not_sealed_is_gone_on_with_under_its_own()
    {
        await FillAsync(5);
        var segment = AuditSegments.PathOf(Store.Path, 1);
        File.Move(Store.Path, segment);
        Assert.Equal(
            $"{segment}: a segment that was not sealed; rename it to {Path.GetFileName(Store.Path)}", (await Assert.ThrowsAsync<AuditStoreException>(Store.OpenAsync)).Message);
        File.Move(segment, Store.Path);
        await FillAsync(5);
        Assert.Equal((null, 14L), (Store.Verify().Finding, Store.Verify().Records));
    }

    [Fact]
    public async Task A_next_file_that_a_crash_left_half_written_is_made_anew()
    {
        await FillAsync(5);
        MarkSealed();
        var header = File.ReadLines(Store.Path).First();
        File.Move(Store.Path, AuditSegments.PathOf(Store.Path, 1));
        await File.WriteAllTextAsync(Store.Path + ".new", header[..40], TestContext.Current.CancellationToken);
        await FillAsync(5);
        Assert.False(File.Exists(Store.Path + ".new"));
        Assert.Equal((null, 14L), (Store.Verify().Finding, Store.Verify().Records));
    }

    [Fact]
    public async Task Somebody_who_began_to_read_before_the_file_was_sealed_gets_all_of_it()
    {
        await FillAsync(20);
        using var records = AuditReader.Read(Store.Path, new AuditFilter { Order = AuditOrder.OldestFirst }).GetEnumerator();
        Assert.True(records.MoveNext());
        await FillAsync(800);
        var read = 1L;
        while (records.MoveNext()) Assert.Equal(++read, records.Current.Sequence);
        Assert.True(read >= 22, $"{read} were read");
    }
}

public sealed class SqliteSegmentTests() : SegmentTests(TemporaryStore.Sqlite())
{
    private protected override IDisposable OpenToRead(string path) => AuditFile.Open(path);

    private protected override void MarkSealed() => Store.Tamper("UPDATE log SET sealed = 1");
}
