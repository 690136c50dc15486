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
        var outcome = Event("o", AuditKind.Outcome, "POST", intent.RequestPath!, null) with { IntentId = "i", Outcome = AuditOutcome.Success, EventTime = Start.AddSeconds(3) };

        var call = Assert.Single(new RecordedTraffic(Limits.Some.Catalogue).CallsIn([intent, outcome]));

        Assert.Equal((Start, Start.AddSeconds(3), true, "alice", LimitCounts.Calls), (call.Time, call.End, call.Succeeded, call.Who, call.Counts));
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

        var calls = new RecordedTraffic(Limits.Some.Catalogue).CallsIn([refusal]).ToArray();

        Assert.Equal(counts, calls.SingleOrDefault()?.Counts);
        if (counts is not null) Assert.Equal("servers:delete", calls[0].Request.ActionName);
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

        Assert.Empty(new RecordedTraffic(Limits.Some.Catalogue).CallsIn(events));
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
