using System.Text;

namespace Gateway.Audit.Tests.Searching;

/// <summary>What the index keeps of a record's bytes is what the record says when it is read as an event.</summary>
public sealed class IndexedRecordTests
{
    private readonly IndexedRecord _record = new();

    public static TheoryData<string> Names => ["full", "intent", "refusal", "bare", "escaped", "decision", "look-alike"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Has_what_the_event_has(string name)
    {
        var bytes = AuditJson.ToUtf8(Event(name));
        var e = AuditJson.Parse(bytes);
        _record.Read(AuditJson.ToUtf8(Some.FullEvent()));
        _record.Read(bytes);

        Assert.Equal(RecordColumns.Microseconds(e.EventTime), _record.Time);
        string?[] expected =
        [
            e.Id, AuditWords.Of(e.Kind), e.Action, AuditWords.Of(e.Outcome), e.Reason?.ReasonCode, e.Reason?.Code ?? e.Decision?.Code, e.Decision?.Rule, e.Decision?.Revision,
            e.Initiator.Id, e.Initiator.Name, e.Initiator.TypeUri, e.Initiator.ProjectId, e.Target.Id, e.Target.TypeUri, e.Target.ProjectId, e.Observer.Id, e.RequestId,
            e.Backend?.RequestId, e.RequestPath,
        ];
        Assert.Equal(IndexedRecord.Columns, expected.Length);
        Assert.Equal(expected, Enumerable.Range(0, expected.Length).Select(i => _record.Has((IndexedField)i) ? Encoding.UTF8.GetString(_record[(IndexedField)i]) : null));
    }

    [Fact]
    public void Has_its_words_and_those_of_the_bodys_members()
    {
        _record.Read(AuditJson.ToUtf8(Some.Refusal() with
        {
            Target = new AuditTarget { Id = "", TypeUri = "compute/secret-type" },
            RequestPath = "/a\"b/é-ü_1/𝒳?x=%2f",
            Body = Some.Json($$$"""{"createBackup": {"na\u00efve": "w\u00e9 \ud800", "n": 12.50, "long": "{{{new string('l', 200)}}}"}}"""),
        }));
        var words = Encoding.UTF8.GetString(_record.Words).Split(' ', StringSplitOptions.RemoveEmptyEntries);

        Assert.Subset(words.ToHashSet(StringComparer.Ordinal), new HashSet<string>(["a", "b", "é-ü_1", "x", "2f", "createBackup", "naïve", "12", "50", "n", "update", "backup", "u-alice", new string('l', 128)], StringComparer.Ordinal));
        Assert.DoesNotContain(words, word => word.Contains("secret", StringComparison.Ordinal) || word.Contains("𝒳", StringComparison.Ordinal) || word == "action");
        Assert.DoesNotContain("requestPath", words);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"id\":")]
    [InlineData("")]
    public void Refuses_what_is_no_record(string text) => Assert.Throws<FormatException>(() => _record.Read(Encoding.UTF8.GetBytes(text)));

    private static AuditEvent Event(string name) => name switch
    {
        "full" => Some.FullEvent(),
        "intent" => Some.Intent(),
        "refusal" => Some.Refusal(),
        "bare" => new AuditEvent
        {
            Id = "i",
            EventTime = Some.Time,
            Kind = AuditKind.Lifecycle,
            Outcome = AuditOutcome.Success,
            Action = "start/log",
            Initiator = new AuditInitiator { Id = "", Name = "" },
            Target = new AuditTarget { Id = "t", TypeUri = "x" },
            Observer = new AuditObserver { Id = "o" },
        },
        "escaped" => Some.Refusal() with { Initiator = Some.Initiator("u-\"é\\\u0007") with { ProjectId = "p\n" }, RequestPath = "/\u2028\"" },
        "decision" => Some.Intent() with { Decision = new AuditDecision { Rule = "r", Allowed = false, Code = "fails", Tree = Some.Json("""{"rule": "inner", "code": "no", "revision": "no"}""") } },

        // Members of the same names elsewhere.
        "look-alike" => Some.Intent() with
        {
            Body = Some.Json("""{"id": "no", "request_id": "no", "name": "backend", "kind": "no", "content": {"request_id": "no"}}"""),
            Attachments = [new AuditAttachment("x", "x", Some.Json("""{"id": "no", "rule": "no", "kind": "no", "request_id": "no", "name": "record", "attachments": [{"name": "request", "content": {"id": "no"}}]}"""))],
        },
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };
}
