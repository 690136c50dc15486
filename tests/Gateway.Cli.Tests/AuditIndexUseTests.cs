using System.Runtime.CompilerServices;
using Gateway.Audit;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Cli.Tests;

/// <summary>All that a search finds comes in the order of the records, a few at a time.</summary>
public sealed class AuditIndexUseTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_export_holds_a_few_events_in_memory_however_many_there_are_and_in_order()
    {
        const int Count = 3000;
        var store = _folder.File("audit.jsonl");
        await FillAsync(store, Count);
        var source = AuditSource.Of(store);
        using var use = AuditIndexUse.Open(source, null, TestContext.Current.CancellationToken);

        var (most, found) = Held(use.FindAll(new EventSearch { Conditions = [new EventCondition("kind", Comparison.Is, "refusal")] }, TestContext.Current.CancellationToken));

        Assert.Equal(Enumerable.Range(2, Count).Select(n => (long)n), found);
        Assert.InRange(most, 0, 500);
    }

    /// <summary>How many of the events that were handed out are still held by somebody, at most, and their numbers.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (int Most, List<long> Sequences) Held(IEnumerable<StoredAuditEvent> events)
    {
        var (most, handed, sequences) = (0, new List<WeakReference>(), new List<long>());
        foreach (var stored in events)
        {
            handed.Add(new WeakReference(stored));
            sequences.Add(stored.Sequence);
            if (sequences.Count % 1000 != 0) continue;
            GC.Collect();
            most = Math.Max(most, handed.Count(one => one.IsAlive));
        }

        return (most, sequences);
    }

    /// <summary>Each happened before the one that was recorded before it, so that the order of time is the other one.</summary>
    private static async Task FillAsync(string path, int count)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var log = await AuditLog.OpenAsync(new AuditLogOptions { Path = path, StreamId = "gw-1", Deadline = TimeSpan.FromSeconds(30), MaxBatch = 1000 }, clock, CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, count).Select(n => log.AppendAsync(
            new AuditEvent
            {
                Id = Guid.NewGuid().ToString(),
                EventTime = clock.GetUtcNow().AddSeconds(-n),
                Kind = AuditKind.Refusal,
                Outcome = AuditOutcome.Failure,
                Action = "update",
                Initiator = new AuditInitiator { Id = "a11ce" },
                Target = new AuditTarget { Id = "s", TypeUri = "compute/server" },
                Observer = new AuditObserver { Id = "gw-1" },
            },
            CancellationToken.None).AsTask()));
    }
}
