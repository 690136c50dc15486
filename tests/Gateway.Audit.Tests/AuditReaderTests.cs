namespace Gateway.Audit.Tests;

public sealed class AuditReaderTests : IAsyncLifetime
{
    private readonly TemporaryStore _store = new();

    /// <summary>1 opened; 2 alice's refused backup, 3 and 4 bob's reboot, an hour later; 5 closed.</summary>
    public async ValueTask InitializeAsync()
    {
        await using var log = await _store.OpenAsync();
        await log.AppendAsync(Some.Refusal() with { RequestId = "req-a" }, default);
        var reboot = Some.Intent() with
        {
            Action = "update/reboot",
            Initiator = Some.Initiator("u-bob") with { ProjectId = "p-other" },
            Target = new AuditTarget { Id = "srv-2", TypeUri = "compute/server" },
            RequestId = "req-b",
            EventTime = Some.Time.AddHours(1),
        };
        await log.AppendAsync(reboot, default);
        await log.AppendAsync(Some.OutcomeOf(reboot) with { Backend = new AuditBackend { Cluster = "east", Status = 202, RequestId = "req-nova" } }, default);
    }

    public ValueTask DisposeAsync()
    {
        _store.Dispose();
        return ValueTask.CompletedTask;
    }

    public static TheoryData<AuditFilter, long[]> Filters => new()
    {
        { new AuditFilter(), [5, 4, 3, 2, 1] },
        { new AuditFilter { Order = AuditOrder.OldestFirst }, [1, 2, 3, 4, 5] },
        { new AuditFilter { User = "u-bob" }, [4, 3] },
        { new AuditFilter { User = "alice" }, [2] },
        { new AuditFilter { User = "ali" }, [] },
        { new AuditFilter { ProjectId = "p-other" }, [4, 3] },
        { new AuditFilter { Action = "update/backup" }, [2] },
        { new AuditFilter { Outcome = AuditOutcome.Failure }, [2] },
        { new AuditFilter { Kind = AuditKind.Lifecycle }, [5, 1] },
        { new AuditFilter { TargetId = "srv-2" }, [4, 3] },
        { new AuditFilter { RequestId = "req-b", Kind = AuditKind.Outcome }, [4] },
        { new AuditFilter { RequestId = "req-nova" }, [4, 3] },
        { new AuditFilter { RequestId = "req-nov" }, [] },
        { new AuditFilter { From = Some.Time.AddHours(1) }, [4, 3] },
        { new AuditFilter { To = Some.Time.AddHours(1) }, [5, 2, 1] },
        { new AuditFilter { From = Some.Time.AddTicks(10), To = Some.Time.AddHours(1).AddTicks(10) }, [4, 3] },
        { new AuditFilter { After = 2 }, [5, 4, 3] },
        { new AuditFilter { Before = 3 }, [2, 1] },
        { new AuditFilter { Limit = 2 }, [5, 4] },
        { new AuditFilter { Limit = 2, Order = AuditOrder.OldestFirst, After = 1 }, [2, 3] },
        { new AuditFilter { User = "' OR 1=1 --" }, [] },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public void Reads_what_the_filter_asks_for(AuditFilter filter, long[] expected) =>
        Assert.Equal(expected, AuditReader.Read(_store.Path, filter).Select(r => r.Sequence));

    [Fact]
    public void Gives_the_event_its_bytes_and_its_hash()
    {
        var stored = AuditReader.Find(_store.Path, 2);

        Assert.NotNull(stored);
        Assert.Equal("req-a", stored.Event.RequestId);
        Assert.Equal(AuditJson.ToUtf8(stored.Event), stored.Bytes.ToArray());
        Assert.Equal(32, stored.Hash.Length);
        Assert.Null(AuditReader.Find(_store.Path, 6));
    }

    [Theory]
    [InlineData(AuditOrder.NewestFirst)]
    [InlineData(AuditOrder.OldestFirst)]
    public async Task Reads_more_than_a_page_without_missing_or_repeating(AuditOrder order)
    {
        await using (var log = await _store.OpenAsync())
            await Task.WhenAll(Enumerable.Range(0, 1500).Select(_ => log.AppendAsync(Some.Refusal(), default).AsTask()));

        var sequences = AuditReader.Read(_store.Path, new AuditFilter { Order = order }).Select(r => r.Sequence).ToList();

        var expected = Enumerable.Range(1, 1507).Select(n => (long)n);
        Assert.Equal(order == AuditOrder.OldestFirst ? expected : expected.Reverse(), sequences);
        Assert.Equal(1001, AuditReader.Read(_store.Path, new AuditFilter { Order = order, Limit = 1001 }).Count());
    }

    [Fact]
    public void Reads_a_path_with_characters_that_mean_something_in_an_address()
    {
        var copy = Path.Combine(Path.GetDirectoryName(_store.Path)!, "a copy; of=50% #1?.jsonl");
        File.Copy(_store.Path, copy);

        Assert.Equal(5, AuditReader.Read(copy, new AuditFilter()).Count());
    }

    [Fact]
    public void Names_a_record_that_cannot_be_read()
    {
        _store.EditBody(2, _ => "{}");

        var error = Assert.Throws<AuditStoreException>(() => AuditReader.Find(_store.Path, 2));

        Assert.StartsWith($"{_store.Path}: record 2: not an audit event: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_when_there_is_no_store() =>
        Assert.Equal($"{_store.Path}.none: no such file", Assert.Throws<AuditStoreException>(() => AuditReader.Read(_store.Path + ".none", new AuditFilter()).ToList()).Message);
}
