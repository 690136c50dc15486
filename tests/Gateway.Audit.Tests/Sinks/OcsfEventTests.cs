using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;

namespace Gateway.Audit.Tests;

/// <summary>Held to the attributes that the schema's class 6003 requires, and to its enumerations.</summary>
public sealed class OcsfEventTests
{
    private static JsonNode Ocsf(AuditEvent e)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var bytes = AuditJson.ToUtf8(e);
        SinkJson.Write(buffer, SinkFormat.Ocsf, "gw-1", new StoredAuditEvent(7, new byte[32], new byte[32], bytes, AuditJson.Parse(bytes)));
        return JsonNode.Parse(buffer.WrittenSpan)!;
    }

    [Fact]
    public void A_call_becomes_an_API_activity()
    {
        var json = Ocsf(Some.FullEvent());
        Assert.Equal(
            (6003, 6, 3, 600303, 1, 1, "Success"),
            ((int)json["class_uid"]!, (int)json["category_uid"]!, (int)json["activity_id"]!, (int)json["type_uid"]!, (int)json["severity_id"]!, (int)json["status_id"]!, (string?)json["status"]));
        Assert.Equal(Some.FullEvent().EventTime.ToUnixTimeMilliseconds(), (long)json["time"]!);
        Assert.Equal(("5d1ffd7b-0000-4000-8000-000000000001", 7, "gw-1", "1.3.0", "cloud"), (
            (string?)json["metadata"]!["uid"], (int)json["metadata"]!["sequence"]!, (string?)json["metadata"]!["log_name"], (string?)json["metadata"]!["version"], (string?)json["metadata"]!["profiles"]![0]));
        Assert.Equal("5d1ffd7b-0000-4000-8000-000000000002", (string?)json["metadata"]!["correlation_uid"]);
        Assert.NotNull(json["metadata"]!["product"]!["vendor_name"]);
        Assert.Equal(("u-alice", "alice", "ac-1"), ((string?)json["actor"]!["user"]!["uid"], (string?)json["actor"]!["user"]!["name"], (string?)json["actor"]!["user"]!["credential_uid"]));
        Assert.Equal(("allow", "os_compute_api:os-create-backup", "r-1a2b"), (
            (string?)json["actor"]!["authorizations"]![0]!["decision"], (string?)json["actor"]!["authorizations"]![0]!["policy"]!["name"], (string?)json["actor"]!["authorizations"]![0]!["policy"]!["version"]));
        Assert.Equal(("update/backup", "req-1", 202), ((string?)json["api"]!["operation"], (string?)json["api"]!["request"]!["uid"], (int)json["api"]!["response"]!["code"]!));
        Assert.Equal("192.0.2.7", (string?)json["src_endpoint"]!["ip"]);
        Assert.Equal(("POST", "/v2.1/servers/srv-1/action"), ((string?)json["http_request"]!["http_method"], (string?)json["http_request"]!["url"]!["path"]));
        Assert.Equal(("srv-1", "compute/server"), ((string?)json["resources"]![0]!["uid"], (string?)json["resources"]![0]!["type"]));
        Assert.Equal(("OpenStack", "p-demo"), ((string?)json["cloud"]!["provider"], (string?)json["cloud"]!["project_uid"]));
        Assert.Equal(Encoding.UTF8.GetString(AuditJson.ToUtf8(Some.FullEvent())), (string?)json["raw_data"]);
    }

    [Fact]
    public void What_the_gateway_does_by_itself_comes_from_the_gateway()
    {
        var json = Ocsf(Some.Event(AuditKind.Lifecycle, AuditOutcome.Success) with
        {
            Action = "start/log",
            Initiator = new AuditInitiator { Id = "gw-1" },
            RequestPath = null,
            Method = null,
            RequestId = null,
        });
        Assert.Equal("gw-1", (string?)json["src_endpoint"]!["uid"]);
        Assert.Null(json["http_request"]);
    }

    [Theory]
    [InlineData("create", 1, null)]
    [InlineData("backup", 1, null)]
    [InlineData("read/list", 2, null)]
    [InlineData("update/reboot", 3, null)]
    [InlineData("start", 3, null)]
    [InlineData("delete/segment", 4, null)]
    [InlineData("authenticate/login", 99, "authenticate/login")]
    public void Verbs_become_activities_and_what_is_none_is_named(string action, int activity, string? name)
    {
        var json = Ocsf(Some.Refusal() with { Action = action });
        Assert.Equal((activity, 600300 + activity, name), ((int)json["activity_id"]!, (int)json["type_uid"]!, (string?)json["activity_name"]));
    }

    [Theory]
    [InlineData(AuditKind.Intent, AuditOutcome.Pending, 99, "pending", 1)]
    [InlineData(AuditKind.Refusal, AuditOutcome.Failure, 2, "Failure", 2)]
    [InlineData(AuditKind.Recovery, AuditOutcome.Unknown, 0, "Unknown", 3)]
    public void Outcomes_become_statuses_and_severities(AuditKind kind, AuditOutcome outcome, int status, string name, int severity)
    {
        var json = Ocsf(Some.Event(kind, outcome));
        Assert.Equal((status, name, severity), ((int)json["status_id"]!, (string?)json["status"], (int)json["severity_id"]!));
    }
}
