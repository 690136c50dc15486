namespace Gateway.Audit.Tests.Searching;

/// <summary>Every search that is promised is led by an index, in the order of the page: nothing is read through and nothing is sorted.</summary>
public sealed class SearchPlanTests : IDisposable
{
    private static readonly (string Attribute, string Value)[] Promised =
    [
        ("initiator_id", "u-alice"), ("initiator_name", "alice"), ("action", "update/backup"), ("outcome", "failure"), ("target_id", "srv-1"), ("time", "gte:2026-01-01,lt:2026-12-31"),
    ];

    private readonly TemporaryStore _store = new();
    private readonly AuditIndex _index;

    public SearchPlanTests() => _index = AuditIndex.Open(_store.Path + ".index", "gw-1");

    public void Dispose()
    {
        _index.Dispose();
        _store.Dispose();
    }

    /// <summary>Every subset of what is promised.</summary>
    public static TheoryData<string> Searches =>
        [.. Enumerable.Range(0, 1 << Promised.Length).Select(subset => string.Join('&', Promised.Where((_, i) => (subset & (1 << i)) != 0).Select(one => $"{one.Attribute}={one.Value}")))];

    [Theory]
    [MemberData(nameof(Searches))]
    public void Is_led_by_an_index_and_sorts_nothing(string conditions)
    {
        Fill();
        foreach (var order in Enum.GetValues<AuditOrder>())
            foreach (var cursor in new[] { null, "1772600767000000.3" })
                foreach (var project in new[] { null, "p-demo" })
                    AssertLed(Search(conditions) with { Order = order, Cursor = cursor, OnlyProject = project }, statements: project is null || conditions.Length > 0 ? null : 2);
    }

    [Fact]
    public void Several_values_are_several_statements_each_led_by_the_index()
    {
        Fill();
        AssertLed(Search("action=update/backup,update/reboot"), statements: 2);
        AssertLed(Search("outcome=failure,unknown,pending&time=gte:2026-01-01"), statements: 3);
        AssertLed(new EventSearch { OnlyProject = "p-demo" }, statements: 2);
    }

    [Fact]
    public void The_index_that_leads_to_the_fewest_events_leads()
    {
        Fill();
        Assert.Contains("event_by_action", Plan(Search("outcome=failure&action=update/rare&initiator_id=u-alice&target_id=srv-1")).Single(), StringComparison.Ordinal);
        Assert.Contains("event_by_target", Plan(Search("outcome=failure&target_id=srv-none&action=update/backup")).Single(), StringComparison.Ordinal);
        Assert.Contains("event_by_outcome", Plan(Search("outcome=unknown&initiator_id=u-alice")).Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("id=x", "event_by_id")]
    [InlineData("request_id=x", "event_by_request")]
    [InlineData("backend_request_id=x", "event_by_backend")]
    [InlineData("initiator_project_id=x", "event_by_project")]
    [InlineData("target_project_id=x", "event_by_target_project")]
    public void So_are_the_searches_for_one_call_and_one_project(string condition, string index) =>
        Assert.Contains($"SEARCH event USING INDEX {index} ", Plan(Search(condition))[0].Replace("COVERING ", "", StringComparison.Ordinal), StringComparison.Ordinal);

    [Fact]
    public void Values_go_from_one_to_the_next_or_are_those_of_the_newest_events()
    {
        foreach (var name in EventAttributes.Names)
        {
            foreach (var ofProject in new[] { false, true })
            {
                var plan = Explain(new SqlText().Add(AuditIndex.ValueText(EventAttributes.ColumnOf(name), ofProject, reach: 100)));
                Assert.All(plan, step => Assert.False(
                    step.StartsWith("SCAN event", StringComparison.Ordinal) && ofProject | SearchIndex.Leads(EventAttributes.ColumnOf(name)) && !step.Contains("INDEX", StringComparison.Ordinal), $"{name}: {step}"));
            }
        }

        // By the key, from the newest on, and no further than it may.
        Assert.Equal(["SCAN event"], Explain(new SqlText().Add("SELECT rule AS value FROM event ORDER BY sequence DESC LIMIT 100")));
    }

    private void AssertLed(EventSearch search, int? statements)
    {
        var plan = Plan(search);
        if (statements is { } count) Assert.Equal(count, plan.Count);
        foreach (var step in plan)
        {
            Assert.DoesNotContain("TEMP B-TREE", step, StringComparison.Ordinal);

            // Without any condition it goes along the time, as far as the page.
            if (search is { Conditions.Count: 0, OnlyProject: null, Cursor: null }) Assert.Matches("^SCAN event USING (COVERING )?INDEX event_by_time$", step);
            else Assert.Matches(@"^SEARCH event USING (COVERING )?INDEX event_by_[a-z_]+ \(", step);
        }
    }

    private List<string> Plan(EventSearch search) => [.. new SearchPlan(search, _index.Connection).Texts().SelectMany(Explain)];

    private List<string> Explain(SqlText text)
    {
        using var read = text.Prepare(_index.Connection, "EXPLAIN QUERY PLAN ");
        var steps = new List<string>();
        while (read.Step()) steps.Add(read.Text(3)!);
        return steps;
    }

    /// <summary>Many of alice's backups that failed, and few of anything else.</summary>
    private void Fill()
    {
        var events = Enumerable.Range(1, 60).Select(n => Some.Refusal() with
        {
            EventTime = Some.Time.AddMinutes(n),
            Action = n % 20 == 0 ? "update/rare" : "update/backup",
            Outcome = n == 7 ? AuditOutcome.Unknown : AuditOutcome.Failure,
        });
        _index.Add([.. events.Select((e, i) => new RecordBytes(i + 1, new byte[32], AuditJson.ToUtf8(e)))]);
    }

    private static EventSearch Search(string conditions) => new()
    {
        Conditions = [.. conditions.Split('&', StringSplitOptions.RemoveEmptyEntries).SelectMany(one => ConditionText.Parse(one.Split('=', 2)[0], one.Split('=', 2)[1]))],
    };
}
