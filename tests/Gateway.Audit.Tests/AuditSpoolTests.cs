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
        await again.DrainAsync(log, closeLeft: true);

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
            await spool.DrainAsync(log, closeLeft: true);
        }

        Assert.Equal([first.Id, second.Id], _store.ReadAll().Select(r => r.Event).Where(e => e.Kind == AuditKind.Refusal).Select(e => e.Id));
    }

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
