using Microsoft.Extensions.Time.Testing;

namespace Gateway.Audit.Tests;

/// <summary>A log in several files: it reads, recovers and verifies as one, and loses its oldest part only with a record of that.</summary>
public sealed class SegmentTests : IDisposable
{
    private readonly TemporaryStore _store = new();

    public SegmentTests() => _store.Options = _store.Options with { SegmentBytes = 150_000, MaxBatch = 4 };

    public void Dispose() => _store.Dispose();

    private IReadOnlyList<AuditSegment> Sealed => AuditSegments.Sealed(_store.Path);

    private async Task FillAsync(int calls)
    {
        await using var log = await _store.OpenAsync();
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
        var report = _store.Verify();
        Assert.Equal((null, 804L), (report.Finding, report.Records));
        Assert.Equal(Enumerable.Range(1, 804).Select(n => (long)n), _store.ReadAll().Select(r => r.Sequence));
        Assert.Equal([804L, 803], AuditReader.Read(_store.Path, new AuditFilter { Limit = 2 }).Select(r => r.Sequence));
        Assert.Equal(600, AuditReader.Read(_store.Path, new AuditFilter { Before = 601 }).Count());
        Assert.NotNull(AuditReader.Find(_store.Path, 3));
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
        await using (var log = await _store.OpenAsync())
        {
            await log.AppendAsync(open, default);
            for (var i = 0; i < 400; i++) await log.AppendAsync(Some.Refusal(), default);
        }

        Assert.NotEmpty(Sealed);
        await using (await _store.OpenAsync())
        {
        }

        var recovery = Assert.Single(AuditReader.Read(_store.Path, new AuditFilter { Kind = AuditKind.Recovery }));
        Assert.Equal(open.Id, recovery.Event.IntentId);
        Assert.Equal((null, 0), (_store.Verify().Finding, _store.Verify().OpenIntents));
    }

    [Fact]
    public async Task A_missing_file_in_the_middle_is_named()
    {
        await FillAsync(1200);
        Assert.True(Sealed.Count >= 3);
        var (first, last) = (Sealed[1].First, Sealed[1].Last);
        File.Delete(Sealed[1].Path);

        var finding = _store.Verify().Finding!;

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
        var finding = _store.Verify().Finding!;
        Assert.Equal(
            (VerifyProblem.Removed, 1L, $"records 1 to {kept.Last} are not there, and no record says that they were dropped"), (finding.Problem, finding.Sequence, finding.Message));

        File.WriteAllBytes(kept.Path, bytes);
        _store.Time.Advance(TimeSpan.FromDays(31));
        await using (var log = await _store.OpenAsync())
        {
            await log.AppendAsync(Some.Refusal() with { EventTime = _store.Time.GetUtcNow() }, default);
            await using var checkpointer = _store.Checkpoint(log);
            var (dropped, _) = await SegmentRetention.DropAsync(log, checkpointer, _store.Path, TimeSpan.FromDays(30), long.MaxValue, _store.Time);
            Assert.Contains(kept.Path, dropped);
        }

        var report = _store.Verify();
        Assert.Null(report.Finding);
        Assert.True(report.First > kept.Last);
        Assert.Single(AuditReader.Read(_store.Path, new AuditFilter { Action = "delete/segment", Order = AuditOrder.OldestFirst }).Take(1));
    }

    [Fact]
    public async Task A_segment_that_a_sink_has_not_yet_had_stays_and_is_named()
    {
        await FillAsync(800);
        var (first, second) = (Sealed[0], Sealed[1]);
        _store.Time.Advance(TimeSpan.FromDays(31));
        await using var log = await _store.OpenAsync();
        await using var checkpointer = _store.Checkpoint(log);

        Assert.Equal(("", first.Path), await DropAsync(first.Last - 1));
        Assert.Equal((first.Path, second.Path), await DropAsync(first.Last));

        async Task<(string Dropped, string? HeldBack)> DropAsync(long delivered)
        {
            var (dropped, heldBack) = await SegmentRetention.DropAsync(log, checkpointer, _store.Path, TimeSpan.FromDays(30), delivered, _store.Time);
            return (string.Join(' ', dropped), heldBack);
        }
    }

    [Fact]
    public async Task A_segment_with_an_open_intent_or_a_young_record_stays()
    {
        await using var log = await _store.OpenAsync();
        await using var checkpointer = _store.Checkpoint(log);
        await log.AppendAsync(Some.Intent(), default);
        for (var i = 0; i < 800; i++) await log.AppendAsync(Some.Refusal(), default);
        Assert.NotEmpty(Sealed);

        Assert.Empty((await SegmentRetention.DropAsync(log, checkpointer, _store.Path, TimeSpan.FromDays(30), long.MaxValue, _store.Time)).Dropped);
        // Another clock: the log's own would tick through a month in steps of its sweep.
        var later = new FakeTimeProvider(_store.Time.GetUtcNow().AddDays(31));
        Assert.Empty((await SegmentRetention.DropAsync(log, checkpointer, _store.Path, TimeSpan.FromDays(30), long.MaxValue, later)).Dropped);
    }

    [Fact]
    public async Task A_reader_does_not_keep_the_log_from_going_on()
    {
        await FillAsync(20);
        using var reader = AuditFile.Open(_store.Path);
        await FillAsync(800);
        Assert.Null(_store.Verify().Finding);
        Assert.Equal(824, _store.ReadAll().Count);
    }

    [Fact]
    public async Task A_seal_that_a_crash_cut_short_is_undone()
    {
        await FillAsync(5);
        _store.Tamper("UPDATE log SET sealed = 1");
        await FillAsync(5);
        Assert.Equal((null, 14L), (_store.Verify().Finding, _store.Verify().Records));
    }

    [Fact]
    public async Task A_crash_between_two_files_begins_the_next()
    {
        await FillAsync(5);
        _store.Tamper("UPDATE log SET sealed = 1");
        File.Move(_store.Path, AuditSegments.PathOf(_store.Path, 1));
        await FillAsync(5);
        Assert.Equal((null, 14L), (_store.Verify().Finding, _store.Verify().Records));
    }
}
