using System.Collections;
using Gateway.Audit;
using Gateway.Auditing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Auditing;

/// <summary>How much may be searched at a time, and what a search gets while the index is behind.</summary>
public sealed class AuditLibraryTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("library-").FullName;
    private AuditRecord _record = null!;

    public async ValueTask InitializeAsync() => _record = await AuditingRegistration.OpenAsync(new AuditingOptions { DeadlineMilliseconds = 20_000 }, _directory, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        await _record.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task So_many_search_at_a_time_and_the_next_is_told_to_come_back()
    {
        await using var library = Library(new AuditLibraryOptions { Searches = 2, LongestWait = TimeSpan.FromSeconds(0.2), LongestSearch = TimeSpan.FromMinutes(5) });
        await UntilUpAsync(library);
        using var held = new HeldConditions();
        var holding = Enumerable.Range(0, 2).Select(_ => library.SearchAsync(new EventSearch { Conditions = held }, TestContext.Current.CancellationToken)).ToList();
        held.WaitForBoth();

        var refused = await Assert.ThrowsAsync<SearchUnavailableException>(() => library.SearchAsync(new EventSearch(), TestContext.Current.CancellationToken));
        Assert.Equal(("2 searches are being made, and no more at a time: ask again in a moment", 2), (refused.Message, refused.RetryAfterSeconds));
        await Assert.ThrowsAsync<SearchUnavailableException>(() => library.ValuesAsync("action", null, 10, TestContext.Current.CancellationToken));

        held.Release();
        await Task.WhenAll(holding);
        Assert.NotEmpty((await library.SearchAsync(new EventSearch(), TestContext.Current.CancellationToken)).Events);
    }

    [Fact]
    public async Task While_the_index_is_far_behind_a_search_is_told_how_far_and_it_goes_on_without_him()
    {
        await using var library = Library(new AuditLibraryOptions { LongestWait = TimeSpan.FromSeconds(0.2), LongestSearch = TimeSpan.FromMinutes(5) });
        await UntilUpAsync(library);
        var before = _record.Log.Status.Sequence;
        using (var writer = new SqliteConnection($"Data Source={_record.Places.Index};Pooling=False"))
        {
            // Another writer of the index, such as gatewayctl, who takes his time.
            await writer.OpenAsync(TestContext.Current.CancellationToken);
            using var begin = writer.CreateCommand();
            begin.CommandText = "BEGIN IMMEDIATE";
            await begin.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            for (var i = 0; i < 5; i++) await _record.Log.AppendAsync(SomeEvent(), TestContext.Current.CancellationToken);

            var refused = await Assert.ThrowsAsync<SearchUnavailableException>(() => library.SearchAsync(new EventSearch(), TestContext.Current.CancellationToken));
            Assert.Matches("^the search index has [1-9][0-9]* of [0-9]+ records still to take in, which goes on in the background: ask again later$", refused.Message);
            Assert.Equal(10, refused.RetryAfterSeconds);
        }

        await UntilUpAsync(library);
        var (events, _) = await library.SearchAsync(new EventSearch { Limit = 1000 }, TestContext.Current.CancellationToken);
        Assert.Equal(5, events.Count(stored => stored.Sequence > before && stored.Event.Kind == AuditKind.Refusal));
    }

    [Fact]
    public async Task A_search_finds_everything_that_was_recorded_before_it()
    {
        await using var library = Library(new AuditLibraryOptions { LongestWait = TimeSpan.FromMinutes(2), LongestSearch = TimeSpan.FromMinutes(5) });
        for (var i = 0; i < 20; i++)
        {
            var e = SomeEvent();
            await _record.Log.AppendAsync(e, TestContext.Current.CancellationToken);

            // Somebody else's catching up is joined, which may have looked at the end already.
            var other = library.CatchUpAsync(TestContext.Current.CancellationToken);
            var found = await library.SearchAsync(new EventSearch { Conditions = [new EventCondition("id", Comparison.Is, e.Id)] }, TestContext.Current.CancellationToken);
            Assert.Equal(e.Id, Assert.Single(found.Events).Event.Id);
            await other;
        }
    }

    [Fact]
    public async Task Goes_on_while_it_may_and_for_a_search_all_the_same()
    {
        await using var library = Library(new AuditLibraryOptions { LongestWait = TimeSpan.FromMinutes(2), LongestSearch = TimeSpan.FromMinutes(5) });

        // More than one transaction takes in.
        for (var i = 0; i < 43; i++) await Task.WhenAll(Enumerable.Range(0, 256).Select(_ => _record.Log.AppendAsync(SomeEvent(), TestContext.Current.CancellationToken).AsTask()));

        await library.CatchUpWhileAsync(() => false, TestContext.Current.CancellationToken);
        using (var index = AuditIndex.OpenForSearch(_record.Places.Index, _record.Log.Stream)) Assert.InRange(index.Through, 1, _record.Log.Status.Sequence - 1);

        var last = SomeEvent();
        await _record.Log.AppendAsync(last, TestContext.Current.CancellationToken);
        var found = await library.SearchAsync(new EventSearch { Conditions = [new EventCondition("id", Comparison.Is, last.Id)] }, TestContext.Current.CancellationToken);
        Assert.Equal(last.Id, Assert.Single(found.Events).Event.Id);
    }

    [Fact]
    public async Task What_cannot_be_caught_up_with_is_said_and_tried_again()
    {
        await using var library = Library(new AuditLibraryOptions { LongestWait = TimeSpan.FromMinutes(2) });
        Directory.CreateDirectory(_record.Places.Index);
        var refused = await Assert.ThrowsAsync<SearchUnavailableException>(() => library.SearchAsync(new EventSearch(), TestContext.Current.CancellationToken));
        Assert.Equal("the search index cannot be brought up to date at this time", refused.Message);
        Assert.StartsWith($"{_record.Places.Index}: the index cannot be used: ", library.Fault, StringComparison.Ordinal);

        Directory.Delete(_record.Places.Index);
        Assert.NotEmpty((await library.SearchAsync(new EventSearch(), TestContext.Current.CancellationToken)).Events);
        Assert.Null(library.Fault);
    }

    private AuditLibrary Library(AuditLibraryOptions options) => new(_record, options, TimeProvider.System, NullLogger<AuditLibrary>.Instance);

    /// <summary>With more patience than a search has.</summary>
    private static async Task UntilUpAsync(AuditLibrary library)
    {
        while (true)
        {
            await library.CatchUpAsync(TestContext.Current.CancellationToken);
            if (library.Fault is null) return;
        }
    }

    private static AuditEvent SomeEvent() => new()
    {
        Id = Guid.NewGuid().ToString(),
        EventTime = DateTimeOffset.UnixEpoch,
        Kind = AuditKind.Refusal,
        Outcome = AuditOutcome.Failure,
        Action = "update/backup",
        Initiator = new AuditInitiator { Id = "u" },
        Target = new AuditTarget { Id = "t", TypeUri = "compute/server" },
        Observer = new AuditObserver { Id = "gateway-1" },
    };

    /// <summary>Conditions that keep whoever looks at them.</summary>
    private sealed class HeldConditions : IReadOnlyList<EventCondition>, IDisposable
    {
        private readonly ManualResetEventSlim _open = new();
        private readonly CountdownEvent _arrivals = new(2);

        public int Count => 0;

        public EventCondition this[int index] => throw new ArgumentOutOfRangeException(nameof(index));

        public IEnumerator<EventCondition> GetEnumerator()
        {
            _arrivals.Signal();
            _open.Wait();
            return Enumerable.Empty<EventCondition>().GetEnumerator();
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public void WaitForBoth() => _arrivals.Wait(TestContext.Current.CancellationToken);

        public void Release() => _open.Set();

        public void Dispose()
        {
            _open.Set();
            _arrivals.Dispose();
        }
    }
}
