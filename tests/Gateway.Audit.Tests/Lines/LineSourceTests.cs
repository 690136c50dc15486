namespace Gateway.Audit.Tests.Lines;

/// <summary>Readers beside a writer.</summary>
public sealed class LineSourceTests : IDisposable
{
    private const int Records = 6000;

    private readonly LineDirectory _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Readers_see_whole_records_in_order_while_the_log_is_written()
    {
        _store.Options = _store.Options with { Deadline = TimeSpan.FromMinutes(5) };
        await using var log = await _store.OpenAsync();
        var source = AuditSource.Of(_store.Path);
        var writing = Task.Run(async () =>
        {
            for (var written = 0; written < Records; written += 100)
                await Task.WhenAll(Enumerable.Range(0, 100).Select(n => log.AppendAsync(Some.Refusal() with { RequestPath = new string('p', n * 17) }, default).AsTask()));
        });
        // Threads of their own: loops without a pause would keep the pool from the writer's continuations.
        var verifying = Busily(() =>
        {
            var times = 0;
            for (var last = 0L; !writing.IsCompleted; times++)
            {
                var report = source.Verify(ct: TestContext.Current.CancellationToken);
                Assert.Null(report.Finding);
                Assert.True(report.HeadSequence >= last);
                last = report.HeadSequence;
            }

            return times;
        });
        var reading = Busily(() =>
        {
            for (var last = 0L; !writing.IsCompleted;)
            {
                var forward = source.Read(new AuditFilter { Order = AuditOrder.OldestFirst, After = Math.Max(0, last - 50) }).Select(r => r.Sequence).ToList();
                Assert.Equal(Enumerable.Range(0, forward.Count).Select(n => Math.Max(0, last - 50) + 1 + n), forward);
                var backward = source.Read(new AuditFilter { Limit = 200 }).Select(r => r.Sequence).ToList();
                Assert.Equal(Enumerable.Range(0, backward.Count).Select(n => backward[0] - n), backward);
                Assert.True(backward[0] >= last);
                last = backward[0];
            }

            return true;
        });
        var paging = Busily(() =>
        {
            var after = 0L;
            for (var isLast = false; ;)
            {
                using var records = source.OpenRecords();
                var page = records.BytesAfter(after, limit: 70, bytes: 100_000);
                Assert.Equal(Enumerable.Range(0, page.Count).Select(n => after + 1 + n), page.Select(record => record.Sequence));
                foreach (var record in page) AuditJson.Parse(record.Bytes.ToArray());
                if (page.Count > 0)
                {
                    after = page[^1].Sequence;
                    Assert.Equal(after, records.Find(after)?.Sequence);
                    Assert.Equal(after, records.After(after - 1, 1).Single().Sequence);
                }
                else if (isLast)
                {
                    return after;
                }

                isLast = writing.IsCompleted;
            }
        });

        await Task.WhenAll(writing, verifying, reading);
        Assert.Equal(Records + 1, await paging);
        Assert.True(await verifying > 0);
    }

    private static Task<T> Busily<T>(Func<T> loop) => Task.Factory.StartNew(loop, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    [Fact]
    public async Task A_reader_that_is_in_the_middle_of_a_file_finishes_it_when_it_was_sealed_and_reads_the_next_later()
    {
        _store.Options = _store.Options with { SegmentBytes = 30_000 };
        var log = await _store.OpenAsync();
        for (var i = 0; i < 20; i++) await log.AppendAsync(Some.Refusal(), default);
        using var records = AuditSource.Of(_store.Path).OpenRecords();
        using var reading = AuditSource.Of(_store.Path).Read(new AuditFilter { Order = AuditOrder.OldestFirst }).GetEnumerator();
        Assert.True(reading.MoveNext());

        for (var i = 0; i < 100; i++) await log.AppendAsync(Some.Refusal(), default);
        await log.DisposeAsync();

        Assert.True(log.SegmentsBegun >= 2);
        var sequences = new List<long> { reading.Current.Sequence };
        while (reading.MoveNext()) sequences.Add(reading.Current.Sequence);
        Assert.InRange(sequences.Count, 21, 122);
        Assert.Equal(Enumerable.Range(1, sequences.Count).Select(n => (long)n), sequences);
        Assert.Equal(21, records.Find(21)?.Sequence);
        _store.AssertIntact(records: 122);
    }

    [Fact]
    public void Verifying_reads_a_file_of_many_parts()
    {
        // Parts are 2 MB; some lines are larger than what a reader takes at once.
        using (var writer = _store.Write())
        {
            writer.SetHolder("me");
            for (var block = 0; block < 40; block++)
                writer.Append([.. Enumerable.Range(0, 100).Select(n => Some.Refusal() with { RequestPath = new string('p', n == 50 ? 300_000 : n * 20) })]);
        }

        Assert.True(new FileInfo(_store.Path).Length > 16 << 20);
        _store.AssertIntact(records: 4000);
        using var source = LineSource.Open(_store.Path);
        Assert.Equal(4000, source.Pages().Sum(page => page.Count));
        Assert.Equal((2500, 2500, 3999), (source.At(2500)?.Sequence, source.After(2499).First().Sequence, source.Newest("none", long.MaxValue)?.Sequence ?? 3999));
        Assert.Null(source.At(4001));
    }
}
