using System.Text;

namespace Gateway.Audit.Tests.Searching;

/// <summary>What the store dropped for its age is found no more, and does not stay in the index's file.</summary>
public sealed class RetentionTests : IDisposable
{
    private const string Gone = "u-zacharias-whose-records-were-dropped";

    private readonly TemporaryStore _store = new();

    public RetentionTests() => _store.Options = _store.Options with { SegmentBytes = 150_000, MaxBatch = 4 };

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task What_was_dropped_is_forgotten_and_the_rest_is_found()
    {
        await FillAsync();
        using (var index = Open())
        {
            index.CatchUp(AuditSource.Of(_store.Path), ct: TestContext.Current.CancellationToken);
            Assert.NotEmpty(index.Search(new EventSearch { Text = Gone }, TestContext.Current.CancellationToken).Sequences);
        }

        Assert.Contains(Gone, Files(), StringComparison.Ordinal);
        var first = await DropAsync();
        using (var index = Open())
        {
            index.CatchUp(AuditSource.Of(_store.Path), ct: TestContext.Current.CancellationToken);
            Assert.Empty(index.Search(new EventSearch { Text = Gone }, TestContext.Current.CancellationToken).Sequences);
            Assert.Empty(index.Search(new EventSearch { Conditions = [new("initiator_id", Comparison.Is, Gone)] }, TestContext.Current.CancellationToken).Sequences);
            Assert.DoesNotContain(Gone, index.Values("initiator_id", null, 100, TestContext.Current.CancellationToken));
            Assert.Equal(first - 1, index.Forgotten);
            var left = index.SearchAll(new EventSearch(), TestContext.Current.CancellationToken).ToList();
            Assert.Equal(Enumerable.Range((int)first, left.Count).Select(n => (long)n), left);
            Assert.NotEmpty(index.Search(new EventSearch { Text = "u-alice" }, TestContext.Current.CancellationToken).Sequences);
        }

        Assert.DoesNotContain(Gone, Files(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_that_was_behind_what_was_dropped_goes_on_from_what_is_left()
    {
        await FillAsync();
        using (var index = Open())
        {
            using var records = AuditSource.Of(_store.Path).OpenRecords();
            index.Add(records.BytesAfter(0, 10, int.MaxValue));
        }

        var first = await DropAsync();
        using var behind = Open();
        behind.CatchUp(AuditSource.Of(_store.Path), ct: TestContext.Current.CancellationToken);
        Assert.Equal(first, behind.SearchAll(new EventSearch(), TestContext.Current.CancellationToken).First());
    }

    [Fact]
    public async Task What_was_put_back_is_found_again()
    {
        await FillAsync();
        var kept = AuditSegments.Sealed(_store.Path)[0].Path;
        var bytes = await File.ReadAllBytesAsync(kept, TestContext.Current.CancellationToken);
        using var index = Open();
        index.CatchUp(AuditSource.Of(_store.Path), ct: TestContext.Current.CancellationToken);
        await DropAsync();
        index.CatchUp(AuditSource.Of(_store.Path), ct: TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(kept, bytes, TestContext.Current.CancellationToken);
        index.CatchUp(AuditSource.Of(_store.Path), ct: TestContext.Current.CancellationToken);
        Assert.NotEmpty(index.Search(new EventSearch { Text = Gone }, TestContext.Current.CancellationToken).Sequences);
    }

    private AuditIndex Open() => AuditIndex.Open(_store.Path + ".index", "gw-1");

    /// <summary>A first file with records of one who has none later, and one or more after it.</summary>
    private async Task FillAsync()
    {
        await using var log = await _store.OpenAsync();
        await log.AppendAsync(Some.Refusal() with { Initiator = Some.Initiator(Gone) }, default);
        for (var i = 0; i < 400; i++) await log.AppendAsync(Some.Refusal(), default);
        Assert.NotEmpty(AuditSegments.Sealed(_store.Path));
    }

    /// <summary>Drops what is sealed; the first record that is left.</summary>
    private async Task<long> DropAsync()
    {
        var last = AuditSegments.Sealed(_store.Path)[^1].Last;
        await using var log = await _store.OpenAsync();
        await using var checkpointer = _store.Checkpoint(log);
        var later = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(_store.Time.GetUtcNow().AddDays(31));
        await SegmentRetention.DropAsync(log, checkpointer, _store.Path, TimeSpan.FromDays(30), long.MaxValue, later);
        Assert.Empty(AuditSegments.Sealed(_store.Path));
        return last + 1;
    }

    private string Files() => Encoding.Latin1.GetString(File.ReadAllBytes(_store.Path + ".index"));
}
