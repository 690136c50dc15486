namespace Gateway.Audit.Tests;

/// <summary>Killed fifty times at random moments under load, always on the same store.</summary>
public sealed class KillRoundTests : IDisposable
{
    private const int Rounds = 50;

    private readonly TemporaryStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Every_acknowledged_record_is_there_every_intent_is_closed_and_the_chain_holds()
    {
        // The moments are random, and the same in every run.
        var moments = new Random(20260301);
        var acknowledged = new List<(long Sequence, string Id)>();
        for (var round = 0; round < Rounds; round++) acknowledged.AddRange(await AppenderProcess.RunUntilAsync(_store.Path, moments.Next(1, 400)));
        await using (await _store.OpenAsync())
        {
        }

        var records = _store.ReadAll();
        var stored = records.ToDictionary(r => r.Event.Id, r => r.Sequence);
        Assert.All(acknowledged, a => Assert.Equal(a.Sequence, stored.GetValueOrDefault(a.Id)));
        var closed = records.Select(r => r.Event.IntentId).OfType<string>().ToHashSet();
        Assert.All(records.Where(r => r.Event.Kind == AuditKind.Intent), r => Assert.Contains(r.Event.Id, closed));
        Assert.Equal((null, 0), (_store.Verify().Finding, _store.Verify().OpenIntents));
    }
}
