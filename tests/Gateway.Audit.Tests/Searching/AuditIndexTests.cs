namespace Gateway.Audit.Tests.Searching;

/// <summary>What a search finds, page by page, also while the log grows.</summary>
public sealed class AuditIndexTests : IAsyncLifetime
{
    private readonly TemporaryStore _store = new();
    private AuditIndex _index = null!;

    /// <summary>1 opened; 2 alice's refused backup; 3, 4 bob's reboot, an hour later, in project p-other; 5 alice's forced delete of bob's server; 6 closed.</summary>
    public async ValueTask InitializeAsync()
    {
        await using (var log = await _store.OpenAsync())
        {
            await log.AppendAsync(Some.Refusal() with { RequestId = "req-a", Body = Some.Json("""{"createBackup": {"name": "weekly é-backup"}}""") }, default);
            var reboot = Some.Intent() with
            {
                Action = "update/reboot",
                Initiator = Some.Initiator("u-bob") with { ProjectId = "p-other" },
                Target = new AuditTarget { Id = "srv-2", TypeUri = "compute/server", ProjectId = "p-other" },
                RequestId = "req-b",
                EventTime = Some.Time.AddHours(1),
            };
            await log.AppendAsync(reboot, default);
            await log.AppendAsync(Some.OutcomeOf(reboot) with { Backend = new AuditBackend { Cluster = "east", Status = 202, RequestId = "req-nova" } }, default);
            await log.AppendAsync(Some.Refusal() with { Action = "delete/force", Target = reboot.Target, EventTime = Some.Time.AddHours(2), RequestId = "req-c" }, default);
        }

        _index = Open();
        _index.CatchUp(AuditSource.Of(_store.Path), ct: TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _index.Dispose();
        _store.Dispose();
        return ValueTask.CompletedTask;
    }

    private AuditIndex Open() => AuditIndex.Open(_store.Path + ".index", "gw-1");

    public static TheoryData<string, long[]> Conditions => new()
    {
        { "", [5, 4, 3, 6, 2, 1] },
        { "initiator_id=u-bob", [4, 3] },
        { "initiator_name=alice", [5, 2] },
        { "initiator_name=!alice", [4, 3, 6, 1] },
        { "initiator_name=!alice,!bob", [6, 1] },
        { "initiator_name=alice,bob", [5, 4, 3, 2] },
        { "action=update/reboot&outcome=success", [4] },
        { "outcome=!success&kind=!lifecycle", [5, 3, 2] },
        { "target_id=srv-2", [5, 4, 3] },
        { "target_project_id=p-other", [5, 4, 3] },
        { "initiator_project_id=p-demo", [5, 2] },
        { "time=gte:2026-03-04T06:00:00", [5, 4, 3] },
        { "time=gt:2026-03-04T06:06:07,lt:2026-03-04T08:00", [5] },
        { "time=lt:2026-03-04T06:00", [6, 2, 1] },
        { "reason_code=403", [5, 2] },
        { "reason_code=gte:400", [5, 2] },
        { "request_id=req-b", [4, 3] },
        { "backend_request_id=req-nova", [4] },
        { "target_id=' OR 1=1 --", [] },
    };

    [Theory]
    [MemberData(nameof(Conditions))]
    public void Finds_by_attributes(string conditions, long[] expected) => Assert.Equal(expected, Find(conditions).Sequences);

    [Theory]
    [InlineData("weekly", new long[] { 2 })]
    [InlineData("WEEKLY createBackup", new long[] { 2 })]
    [InlineData("week*", new long[] { 2 })]
    [InlineData("week", new long[] { })]
    [InlineData("é-backup", new long[] { 2 })]
    [InlineData("req-nova", new long[] { 4 })]
    [InlineData("update/reboot", new long[] { 4, 3 })]
    [InlineData("srv-2 alice", new long[] { 5 })]
    [InlineData("\" OR NOT (", new long[] { })]
    [InlineData("text:alice -bob", new long[] { })]
    public void Finds_by_words(string text, long[] expected) =>
        Assert.Equal(expected, _index.Search(new EventSearch { Text = text }, TestContext.Current.CancellationToken).Sequences);

    [Fact]
    public void Words_and_attributes_go_together() =>
        Assert.Equal([5L], _index.Search(new EventSearch { Text = "srv-2", Conditions = [new("outcome", Comparison.Is, "failure")] }, TestContext.Current.CancellationToken).Sequences);

    [Fact]
    public void A_projects_reviewer_sees_what_was_asked_from_it_and_what_is_about_it()
    {
        Assert.Equal([5L, 2], _index.Search(new EventSearch { OnlyProject = "p-demo" }, TestContext.Current.CancellationToken).Sequences);
        Assert.Equal([5L, 4, 3], _index.Search(new EventSearch { OnlyProject = "p-other" }, TestContext.Current.CancellationToken).Sequences);
        var first = _index.Search(new EventSearch { OnlyProject = "p-other", Limit = 2 }, TestContext.Current.CancellationToken);
        Assert.Equal([5L, 4], first.Sequences);
        Assert.Equal([3L], _index.Search(new EventSearch { OnlyProject = "p-other", Limit = 2, Cursor = first.Next }, TestContext.Current.CancellationToken).Sequences);
        Assert.Empty(_index.Search(new EventSearch { OnlyProject = "p-other", Conditions = [new("request_id", Comparison.Is, "req-a")] }, TestContext.Current.CancellationToken).Sequences);
    }

    [Theory]
    [InlineData("colour=red", "no attribute `colour`; known are id, kind,")]
    [InlineData("time=yesterday", "time `yesterday`: write one such as 2026-03-01")]
    [InlineData("action=", "action=``: a value is missing")]
    [InlineData("action=gte:", "action=`gte:`: a value is missing")]
    public void Says_what_it_cannot_search_for(string conditions, string problem) =>
        Assert.StartsWith(problem, Assert.Throws<EventSearchException>(() => Find(conditions)).Message, StringComparison.Ordinal);

    [Fact]
    public void Refuses_cursors_limits_and_words_that_are_none()
    {
        Assert.Equal("cursor `1`: is not one that a page gave", Assert.Throws<EventSearchException>(() => Find("", cursor: "1")).Message);
        Assert.Equal("limit `0`: must lie between 1 and 1000", Assert.Throws<EventSearchException>(() => Find("", limit: 0)).Message);
        Assert.StartsWith("search `%`: holds no word", Assert.Throws<EventSearchException>(() => _index.Search(new EventSearch { Text = "%" }, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("compute")]
    public async Task Pages_neither_miss_nor_repeat_while_events_come(string? text)
    {
        await using var log = await _store.OpenAsync();
        for (var i = 0; i < 30; i++) await log.AppendAsync(Some.Refusal() with { EventTime = Some.Time.AddDays(1).AddMinutes(i / 3), RequestPath = "/compute" }, default);
        _index.CatchUp(AuditSource.Of(_store.Path), ct: TestContext.Current.CancellationToken);
        var search = new EventSearch { Conditions = [new("kind", Comparison.Is, "refusal")], Text = text, Limit = 7 };
        var all = _index.Search(search with { Limit = 1000 }, TestContext.Current.CancellationToken).Sequences;

        var seen = new List<long>();
        for (EventPage page; ; search = search with { Cursor = page.Next })
        {
            page = _index.Search(search, TestContext.Current.CancellationToken);
            seen.AddRange(page.Sequences);
            await log.AppendAsync(Some.Refusal() with { EventTime = Some.Time.AddDays(2), RequestPath = "/compute" }, default);
            _index.CatchUp(AuditSource.Of(_store.Path), ct: TestContext.Current.CancellationToken);
            if (page.Next is null) break;
        }

        Assert.Equal(all, seen);
    }

    [Fact]
    public void Lists_and_counts_the_values_of_an_attribute()
    {
        Assert.Equal(["delete/force", "start/log", "stop/log", "update/backup", "update/reboot"], _index.Values("action", null, 100));
        Assert.Equal(["delete/force", "update/reboot"], _index.Values("action", "p-other", 100));
        Assert.Equal(["delete/force"], _index.Values("action", null, 1));
        Assert.Equal([("failure", 2L), ("pending", 1), ("success", 1)], _index.Counts("outcome", new EventSearch { Conditions = [new("kind", Comparison.IsNot, "lifecycle")] }, 10));
    }

    [Fact]
    public void Values_without_an_index_of_their_own_are_those_of_the_newest_events()
    {
        Assert.Equal(["intent", "lifecycle", "outcome", "refusal"], _index.Values("kind", null, 100, reach: 20_000, TestContext.Current.CancellationToken));
        Assert.Equal(["lifecycle", "refusal"], _index.Values("kind", null, 100, reach: 2, TestContext.Current.CancellationToken));
        Assert.Equal(["delete/force", "update/reboot"], _index.Values("action", "p-other", 100, reach: 2, TestContext.Current.CancellationToken));
        Assert.Equal(["start/log"], _index.Values("action", null, 100, reach: 2, TestContext.Current.CancellationToken).Where(value => value == "start/log"));
        Assert.Equal(["delete/force"], _index.Values("action", "p-other", 100, reach: 1, TestContext.Current.CancellationToken).Where(value => value.StartsWith("delete", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_takes_too_long_ends_and_says_so()
    {
        var sequence = _index.Through;
        _index.Add([.. Enumerable.Range(0, 5000).Select(_ => new RecordBytes(++sequence, new byte[32], AuditJson.ToUtf8(Some.Refusal())))]);
        using var over = new CancellationTokenSource();
        over.Cancel();
        Action[] searches =
        [
            () => _index.Search(new EventSearch { Text = "compute" }, over.Token),
            () => _index.Values("kind", null, 10, over.Token),
            () => _index.Values("kind", "p-demo", 10, over.Token),
            () => _index.Counts("kind", new EventSearch(), 10, over.Token),
            // One step of SQLite's, which nobody but itself can end.
            () => Assert.Fail($"{_index.SearchAll(new EventSearch(), over.Token).Count()} were found"),
        ];
        Assert.All(searches, search => Assert.Equal("the search took too long: narrow it, by time for example", Assert.Throws<EventSearchException>(search).Message));
        Assert.NotEmpty(_index.Search(new EventSearch(), TestContext.Current.CancellationToken).Sequences);
    }

    [Fact]
    public void A_reader_makes_no_index_and_changes_none()
    {
        Assert.Contains("it may be deleted at any time and is made again", Assert.Throws<AuditStoreException>(() => AuditIndex.OpenForSearch(_store.Path + ".none", "gw-1")).Message, StringComparison.Ordinal);
        Assert.Equal($"{_store.Path}.index: is not the index of `gw-2`, or not of this version", Assert.Throws<AuditStoreException>(() => AuditIndex.OpenForSearch(_store.Path + ".index", "gw-2")).Message);
        using var reader = AuditIndex.OpenForSearch(_store.Path + ".index", "gw-1");
        Assert.Equal([5L, 4, 3, 6, 2, 1], reader.Search(new EventSearch(), TestContext.Current.CancellationToken).Sequences);
        Assert.Equal([1L, 2, 3, 4, 5, 6], reader.SearchAll(new EventSearch(), TestContext.Current.CancellationToken));
        Assert.Throws<Microsoft.Data.Sqlite.SqliteException>(() => reader.Add([new RecordBytes(7, new byte[32], AuditJson.ToUtf8(Some.Refusal()))]));
    }

    [Theory]
    [InlineData("", new long[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData("target_id=srv-2", new long[] { 3, 4, 5 })]
    [InlineData("action=update/reboot,delete/force&outcome=!pending", new long[] { 4, 5 })]
    public void Finds_all_in_the_order_of_their_numbers(string conditions, long[] expected)
    {
        Assert.Equal(expected, _index.SearchAll(SearchOf(conditions), TestContext.Current.CancellationToken));
        Assert.Equal(expected.Intersect([2L, 5]), _index.SearchAll(SearchOf(conditions) with { Text = "alice" }, TestContext.Current.CancellationToken));
        Assert.Equal(expected.Intersect([3L, 4, 5]), _index.SearchAll(SearchOf(conditions) with { OnlyProject = "p-other" }, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_index_of_another_store_is_made_anew()
    {
        _index.Dispose();
        File.Delete(_store.Path);
        await _store.FillAsync(calls: 10);
        _index = Open();
        _index.CatchUp(AuditSource.Of(_store.Path), ct: TestContext.Current.CancellationToken);
        Assert.Equal(22, _index.Search(new EventSearch { Limit = 1000 }, TestContext.Current.CancellationToken).Sequences.Count);
        Assert.Empty(_index.Search(new EventSearch { Text = "weekly" }, TestContext.Current.CancellationToken).Sequences);

        _index.Dispose();
        await File.WriteAllTextAsync(_store.Path + ".index", "no index", TestContext.Current.CancellationToken);
        Assert.Contains("it may be deleted at any time and is made again", Assert.Throws<AuditStoreException>(Open).Message, StringComparison.Ordinal);
        File.Delete(_store.Path + ".index");
        _index = Open();
    }

    private EventPage Find(string conditions, string? cursor = null, int limit = 50) =>
        _index.Search(SearchOf(conditions) with { Cursor = cursor, Limit = limit }, TestContext.Current.CancellationToken);

    private static EventSearch SearchOf(string conditions) => new()
    {
        Conditions = [.. conditions.Split('&', StringSplitOptions.RemoveEmptyEntries).SelectMany(one => ConditionText.Parse(one.Split('=', 2)[0], one.Split('=', 2)[1]))],
    };
}
