namespace Gateway.Audit.Tests;

public sealed class CrashTests : IDisposable
{
    private readonly TemporaryStore _store = new();

    public void Dispose() => _store.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(1000)]
    [InlineData(3000)]
    public async Task Every_acknowledged_record_survives_kill_9(int acknowledgedBeforeTheKill)
    {
        var acknowledged = await AppendUntilAsync(acknowledgedBeforeTheKill);

        var afterCrash = _store.Verify();
        await using (await _store.OpenAsync())
        {
        }

        var stored = _store.ReadAll().ToDictionary(r => r.Event.Id, r => r.Sequence);
        Assert.True(acknowledged.Count >= acknowledgedBeforeTheKill);
        Assert.All(acknowledged, a => Assert.Equal(a.Sequence, stored.GetValueOrDefault(a.Id)));
        Assert.Null(afterCrash.Finding);
        var recovered = _store.Verify();
        Assert.Null(recovered.Finding);
        Assert.Equal(0, recovered.OpenIntents);
        Assert.Equal(afterCrash.OpenIntents, AuditReader.Read(_store.Path, new AuditFilter { Kind = AuditKind.Recovery }).Count());
    }

    [Fact]
    public async Task Survives_being_killed_again_and_again()
    {
        var acknowledged = new List<(long Sequence, string Id)>();
        for (var i = 0; i < 5; i++) acknowledged.AddRange(await AppendUntilAsync(50 + (i * 37)));

        var stored = _store.ReadAll().ToDictionary(r => r.Event.Id, r => r.Sequence);
        Assert.All(acknowledged, a => Assert.Equal(a.Sequence, stored.GetValueOrDefault(a.Id)));
        Assert.Null(_store.Verify().Finding);
    }

    private Task<List<(long Sequence, string Id)>> AppendUntilAsync(int count) => AppenderProcess.RunUntilAsync(_store.Path, count);
}
