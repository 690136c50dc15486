using System.Text.Json;
using Gateway.Admin;
using Gateway.Audit;
using Gateway.Limits;
using Xunit;

namespace Gateway.Tests.Admin;

public sealed class RecordedTrafficTests
{
    private const string ServerId = "6fabb290-c4c2-4523-b737-402381e15f0d";
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Finds_the_call_again_in_its_record()
    {
        var intent = Event("i", AuditKind.Intent, "POST", $"/v2.1/servers/{ServerId}/action", """{"os-migrateLive": {"host": "node-7", "block_migration": "auto"}}""");
        var outcome = Event("o", AuditKind.Outcome, "POST", intent.RequestPath!, null) with { IntentId = "i", Outcome = AuditOutcome.Success, EventTime = Start.AddSeconds(3), Backend = new AuditBackend { Status = 202 } };

        var moments = new RecordedTraffic(Limits.Some.Catalogue).MomentsIn([intent, outcome]).ToArray();

        Assert.Equal(2, moments.Length);
        var call = Assert.IsType<RecordedCall>(moments[0]);
        Assert.Equal((Start, "i", "alice", LimitCounts.Calls), (call.Time, call.Id, call.Who, call.Counts));
        Assert.Equal(new RecordedEnd(Start.AddSeconds(3), "i", GoesOn: true), moments[1]);
        var request = call.Request;
        Assert.Equal(("u1", "p1", "os-migrateLive", "d1"), (request.UserId, request.ProjectId, request.ActionName, request.DomainId));
        Assert.Equal((ServerId, "node-7", "nova", "192.0.2.1"), (request.ServerId, request.Host, request.Cluster, request.Peer!.ToString()));
        Assert.Equal(["member"], request.Roles);
    }

    [Theory]
    [InlineData("limited", LimitCounts.Calls)]
    [InlineData("policy_denied", LimitCounts.Denials)]
    [InlineData("target_not_found", LimitCounts.Denials)]
    [InlineData("body_empty", null)]
    internal void Tells_calls_from_denials_and_from_what_was_neither(string code, LimitCounts? counts)
    {
        var refusal = Event("r", AuditKind.Refusal, "DELETE", $"/v2.1/servers/{ServerId}", null) with { Reason = new AuditReason { Code = code } };

        var calls = new RecordedTraffic(Limits.Some.Catalogue).MomentsIn([refusal]).Cast<RecordedCall>().ToArray();

        Assert.Equal(counts, calls.SingleOrDefault()?.Counts);
        if (counts is not null) Assert.Equal("servers:delete", calls[0].Request.ActionName);
    }

    [Fact]
    public void Takes_a_call_that_did_not_wait_for_its_record_for_one_that_was_over_at_once()
    {
        var read = Event("a", AuditKind.Access, "GET", $"/v2.1/servers/{ServerId}", null) with { Outcome = AuditOutcome.Success };

        var call = Assert.IsType<RecordedCall>(Assert.Single(new RecordedTraffic(Limits.Some.Catalogue).MomentsIn([read])));

        Assert.Equal(("servers:show", null, LimitCounts.Calls), (call.Request.ActionName, call.Id, call.Counts));
    }

    [Theory]
    [InlineData(AuditKind.Outcome, AuditOutcome.Success, 202, "forwarded", true)]
    [InlineData(AuditKind.Outcome, AuditOutcome.Success, 304, "forwarded", false)]
    [InlineData(AuditKind.Outcome, AuditOutcome.Failure, 409, "forwarded", false)]
    [InlineData(AuditKind.Outcome, AuditOutcome.Failure, null, "backend_unreachable", false)]
    [InlineData(AuditKind.Outcome, AuditOutcome.Unknown, null, "client_gone", true)]
    [InlineData(AuditKind.Outcome, AuditOutcome.Unknown, null, "recovered", false)]
    [InlineData(AuditKind.Recovery, AuditOutcome.Unknown, null, "recovered", false)]
    public void Tells_what_may_be_at_work_from_what_is_over(AuditKind kind, AuditOutcome outcome, int? status, string code, bool goesOn)
    {
        var end = Event("o", kind, "POST", $"/v2.1/servers/{ServerId}/action", null) with
        {
            IntentId = "i",
            Outcome = outcome,
            Backend = status is null ? null : new AuditBackend { Status = status },
            Reason = new AuditReason { Code = code },
        };

        Assert.Equal([new RecordedEnd(Start, "i", goesOn)], new RecordedTraffic(Limits.Some.Catalogue).MomentsIn([end]));
    }

    [Fact]
    public void Reads_no_record_before_it_is_needed()
    {
        var read = 0;
        var moments = new RecordedTraffic(Limits.Some.Catalogue).MomentsIn(Enumerable.Range(0, 1_000_000).Select(i =>
        {
            read++;
            return Event($"{i}", AuditKind.Intent, "DELETE", $"/v2.1/servers/{ServerId}", null);
        }));

        Assert.Equal(3, moments.Take(3).Count());
        Assert.Equal(3, read);
    }

    [Fact]
    public void Leaves_out_what_was_no_call_of_the_API()
    {
        AuditEvent[] events =
        [
            Event("1", AuditKind.Intent, "POST", "/nowhere", null), Event("2", AuditKind.Intent, "POST", $"/v2.1/servers/{ServerId}/action", """{"unheard-of": null}"""),
            Event("3", AuditKind.Lifecycle, "POST", "/v2.1/servers", null),
            Event("4", AuditKind.Intent, "POST", "/v2.1/servers", null) with { Initiator = new AuditInitiator { Id = "anonymous" } },
        ];

        Assert.Empty(new RecordedTraffic(Limits.Some.Catalogue).MomentsIn(events));
    }

    private static AuditEvent Event(string id, AuditKind kind, string method, string path, string? body) => new()
    {
        Id = id,
        EventTime = Start,
        Kind = kind,
        Outcome = AuditOutcome.Pending,
        Action = "update",
        Initiator = new AuditInitiator { Id = "u1", Name = "alice", ProjectId = "p1", Domain = "d1", HostAddress = "192.0.2.1", Roles = ["member"] },
        Target = new AuditTarget { Id = ServerId, TypeUri = "compute/server", Cluster = "nova" },
        Observer = new AuditObserver { Id = "gateway-1" },
        Method = method,
        RequestPath = path,
        Body = body is null ? null : JsonElement.Parse(body),
    };
}
