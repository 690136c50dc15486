using System.Text;
using System.Text.RegularExpressions;
using CsCheck;

namespace Gateway.Audit.Tests.Lines;

/// <summary>What is read from lines in many files is what is read from SQLite for the same events.</summary>
public sealed class LineRecordsTests : IAsyncLifetime
{
    private readonly LineDirectory _lines = new();
    private readonly TemporaryStore _rows = new();
    private string _rowsPath = "";

    public async ValueTask InitializeAsync()
    {
        _lines.Options = _lines.Options with { SegmentBytes = 30_000, MaxBatch = 8 };
        _rowsPath = Path.Combine(Path.GetDirectoryName(_rows.Path)!, "rows.db");
        await using var lines = await _lines.OpenAsync();
        await using var rows = await AuditLog.OpenAsync(_lines.Options with { Path = _rowsPath, SegmentBytes = null }, _lines.Time, TestContext.Current.CancellationToken);
        var random = new Random(11);
        for (var call = 0; call < 100; call++)
        {
            var intent = Some.Intent() with
            {
                Action = Pick("update/backup", "update/reboot", "delete/force"),
                Initiator = Some.Initiator(Pick("u-alice", "u-bob", "u-é")) with { ProjectId = Pick("p-demo", "p-other", null) },
                Target = new AuditTarget { Id = $"srv-{random.Next(4)}", TypeUri = "compute/server" },
                RequestId = $"req-{call}",
                EventTime = Some.Time.AddMinutes(random.Next(100)),
            };
            if (random.Next(3) == 0)
            {
                await AppendAsync(intent with { Kind = AuditKind.Refusal, Outcome = AuditOutcome.Failure });
                continue;
            }

            await AppendAsync(intent);
            var outcome = Some.OutcomeOf(intent, random.Next(2) == 0 ? AuditOutcome.Success : AuditOutcome.Failure);
            await AppendAsync(outcome with { Backend = new AuditBackend { Cluster = "east", Status = 202, RequestId = $"nova-{call % 40}" }, RequestPath = random.Next(4) == 0 ? $"/nova-{random.Next(40)}" : "/" });
        }

        async Task AppendAsync(AuditEvent e)
        {
            await lines.AppendAsync(e, default);
            await rows.AppendAsync(e, default);
        }

        string Pick(params string?[] words) => words[random.Next(words.Length)]!;
    }

    public ValueTask DisposeAsync()
    {
        _lines.Dispose();
        _rows.Dispose();
        return ValueTask.CompletedTask;
    }

    private static Gen<T?> Maybe<T>(params T?[] values) => Gen.Int[0, (values.Length * 3) - 1].Select(n => n < values.Length ? values[n] : default);

    [Fact]
    public void A_filter_lets_the_same_through()
    {
        Assert.True(AuditSegments.Sealed(_lines.Path).Count >= 3);
        var who = Gen.Select(Maybe("u-bob", "alice", "u-é", "none"), Maybe("p-demo", "p-other", "none"), Maybe("update/reboot", "delete/force", "none"), Maybe("srv-1", "none"), Maybe("req-7", "nova-7", "nova-30", "req-", "none"));
        var what = Gen.Select(Maybe<AuditOutcome?>(AuditOutcome.Success, AuditOutcome.Failure, AuditOutcome.Pending), Maybe<AuditKind?>(AuditKind.Intent, AuditKind.Outcome, AuditKind.Refusal, AuditKind.Lifecycle));
        var when = Gen.Select(Maybe<int?>(0, 10, 30, 50), Maybe<int?>(0, 40, 80, 100));
        var where = Gen.Select(Gen.Int[-1, 260], Gen.Int[-1, 260], Gen.Int[-1, 60], Gen.Bool, Gen.Int[0, 7]);
        Gen.Select(who, what, when, where).Sample(
            (a, b, c, d) =>
            {
                var filter = new AuditFilter
                {
                    User = a.Item1,
                    ProjectId = a.Item2,
                    Action = a.Item3,
                    TargetId = a.Item4,
                    RequestId = a.Item5,
                    Outcome = b.Item1,
                    Kind = b.Item2,
                    From = c.Item1 is { } from ? Some.Time.AddMinutes(from) : null,
                    To = c.Item2 is { } to ? Some.Time.AddMinutes(to).AddTicks(3) : null,
                    After = (d.Item5 & 1) == 0 ? null : d.Item1,
                    Before = (d.Item5 & 2) == 0 ? null : d.Item2,
                    Limit = (d.Item5 & 4) == 0 ? null : d.Item3,
                    Order = d.Item4 ? AuditOrder.NewestFirst : AuditOrder.OldestFirst,
                };
                Assert.Equal(Found(_rowsPath, filter), Found(_lines.Path, filter));
            },
            iter: 200,
            threads: 1);

        static List<(long, string)> Found(string path, AuditFilter filter) =>
            [.. AuditReader.Read(path, filter).Select(r => (r.Sequence, r.Event.Kind == AuditKind.Lifecycle ? r.Event.Action : Convert.ToHexString(r.Bytes.Span)))];
    }

    [Fact]
    public void Records_are_found_and_paged_across_files()
    {
        var (lines, rows) = (AuditSource.Of(_lines.Path), AuditSource.Of(_rowsPath));
        using var inLines = lines.OpenRecords();
        using var inRows = rows.OpenRecords();
        var count = AuditReader.Read(_rowsPath, new AuditFilter { Limit = 1 }).Single().Sequence;
        Assert.Equal((1, 1), (inLines.First, inRows.First));
        for (var number = -1L; number <= count + 1; number++)
        {
            Assert.Equal(inRows.Find(number)?.Sequence, inLines.Find(number)?.Sequence);
            if (number % 9 != 0) continue;
            Assert.Equal(inRows.After(number, 13).Select(r => r.Sequence), inLines.After(number, 13).Select(r => r.Sequence));
            Assert.Equal(inRows.BytesAfter(number, 17, 9000).Select(r => r.Sequence), inLines.BytesAfter(number, 17, 9000).Select(r => r.Sequence));
            Assert.Equal(inRows.BytesAfter(number, 5, 1).Select(r => r.Sequence), inLines.BytesAfter(number, 5, 1).Select(r => r.Sequence));
        }

        var (bytes, after) = (new List<string>(), 0L);
        while (inLines.BytesAfter(after, 20, 15_000) is { Count: > 0 } page)
        {
            bytes.AddRange(page.Select(record => $"{record.Sequence} {Convert.ToHexString(record.Hash.Span)} {Convert.ToHexString(record.Bytes.Span)}"));
            after = page[^1].Sequence;
        }

        Assert.Equal(_lines.ReadAll().Select(r => $"{r.Sequence} {Convert.ToHexString(r.Hash.Span)} {Convert.ToHexString(r.Bytes.Span)}"), bytes);
        Assert.Equal(count, bytes.Count);
    }

    [Fact]
    public void An_index_of_it_finds_the_same()
    {
        using var ofLines = AuditIndex.Open(_lines.Path + ".index", "gw-1");
        using var ofRows = AuditIndex.Open(_rowsPath + ".index", "gw-1");
        ofLines.CatchUp(AuditSource.Of(_lines.Path), ct: TestContext.Current.CancellationToken);
        ofRows.CatchUp(AuditSource.Of(_rowsPath), ct: TestContext.Current.CancellationToken);

        Assert.Equal(ofRows.Through, ofLines.Through);
        foreach (var text in new[] { "", "alice", "reboot", "nova-7", "srv-2" })
        {
            var search = new EventSearch { Text = text.Length == 0 ? null : text };
            Assert.Equal(ofRows.SearchAll(search, TestContext.Current.CancellationToken), ofLines.SearchAll(search, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_file_is_not_dropped_for_what_its_head_says_of_its_age()
    {
        var first = AuditSegments.Sealed(_lines.Path)[0].Path;
        var text = await File.ReadAllTextAsync(first, Encoding.Latin1, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(first, Regex.Replace(text, "\"newest\":[0-9]+", "\"newest\":1", RegexOptions.None, TimeSpan.FromSeconds(10)), Encoding.Latin1, TestContext.Current.CancellationToken);
        _lines.Time.Advance(TimeSpan.FromDays(29));
        await using var log = await _lines.OpenAsync();
        var checkpoints = new CheckpointerOptions { File = _lines.Path + ".checkpoints", KeyDirectory = _lines.Path + ".keys", Interval = TimeSpan.FromMinutes(1) };
        await using var checkpointer = Checkpointer.Start(log, checkpoints, _lines.Time);

        var (dropped, _) = await SegmentRetention.DropAsync(log, checkpointer, _lines.Path, TimeSpan.FromDays(30), long.MaxValue, _lines.Time);

        Assert.Empty(dropped);
        Assert.True(File.Exists(first));
    }

    [Fact]
    public async Task Old_files_are_dropped_and_the_rest_verifies_is_read_and_found()
    {
        var segments = AuditSegments.Sealed(_lines.Path);
        _lines.Time.Advance(TimeSpan.FromDays(31));
        await using var log = await _lines.OpenAsync();
        var checkpoints = new CheckpointerOptions { File = _lines.Path + ".checkpoints", KeyDirectory = _lines.Path + ".keys", Interval = TimeSpan.FromMinutes(1) };
        await using var checkpointer = Checkpointer.Start(log, checkpoints, _lines.Time);
        using var index = AuditIndex.Open(_lines.Path + ".index", "gw-1");
        index.CatchUp(AuditSource.Of(_lines.Path), ct: TestContext.Current.CancellationToken);

        var (dropped, heldBack) = await SegmentRetention.DropAsync(log, checkpointer, _lines.Path, TimeSpan.FromDays(30), segments[1].Last, _lines.Time);

        Assert.Equal(segments.Take(2).Select(segment => segment.Path), dropped);
        Assert.Equal(segments[2].Path, heldBack);
        var report = _lines.Verify();
        Assert.Equal((null, segments[2].First), (report.Finding?.Message, report.First));
        using var records = AuditSource.Of(_lines.Path).OpenRecords();
        Assert.Equal(segments[2].First, records.First);
        Assert.Null(records.Find(segments[1].Last));
        Assert.Equal(segments[2].First, records.After(0, 1).Single().Sequence);
        index.CatchUp(AuditSource.Of(_lines.Path), ct: TestContext.Current.CancellationToken);
        Assert.Equal(_lines.ReadAll().Select(r => r.Sequence), index.SearchAll(new EventSearch(), TestContext.Current.CancellationToken));
    }
}
