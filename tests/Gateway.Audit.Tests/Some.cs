using System.Text.Json;

namespace Gateway.Audit.Tests;

/// <summary>Builders of test data.</summary>
internal static class Some
{
    public static readonly DateTimeOffset Time = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    public static AuditObserver Observer() => new() { Id = "gw-1", Name = "front" };

    public static AuditInitiator Initiator(string user = "u-alice") => new()
    {
        Id = user,
        Name = user[2..],
        ProjectId = "p-demo",
        ProjectName = "demo",
        DomainId = "default",
        HostAddress = "192.0.2.7",
        Roles = ["member", "reader"],
        AuthMethods = ["password"],
        TokenAuditIds = ["3T2dc1CGQxyJsHdDu1xkcw"],
    };

    public static AuditEvent Event(AuditKind kind, AuditOutcome outcome) => new()
    {
        Id = Guid.NewGuid().ToString(),
        EventTime = Time,
        Kind = kind,
        Outcome = outcome,
        Action = "update/backup",
        Initiator = Initiator(),
        Target = new AuditTarget { Id = "srv-1", TypeUri = "compute/server", ProjectId = "p-demo", Cluster = "east" },
        Observer = Observer(),
        RequestPath = "/v2.1/servers/srv-1/action",
        Method = "POST",
        RequestId = "req-1",
    };

    public static AuditEvent Intent() => Event(AuditKind.Intent, AuditOutcome.Pending);

    public static AuditEvent OutcomeOf(AuditEvent intent, AuditOutcome outcome = AuditOutcome.Success) => intent with
    {
        Id = Guid.NewGuid().ToString(),
        Kind = AuditKind.Outcome,
        Outcome = outcome,
        IntentId = intent.Id,
        Reason = new AuditReason { ReasonType = "HTTP", ReasonCode = "202" },
        DurationMs = 12.5,
    };

    public static AuditEvent Refusal() => Event(AuditKind.Refusal, AuditOutcome.Failure) with
    {
        Reason = new AuditReason { ReasonType = "HTTP", ReasonCode = "403", Code = "denied", Text = "not yours" },
    };

    /// <summary>An event in which every field is set.</summary>
    public static AuditEvent FullEvent() => OutcomeOf(Intent()) with
    {
        Id = "5d1ffd7b-0000-4000-8000-000000000001",
        IntentId = "5d1ffd7b-0000-4000-8000-000000000002",
        EventTime = Time.AddTicks(1234560),
        Initiator = Initiator() with
        {
            Domain = "Default",
            ProjectDomainName = "Default",
            DomainName = "Default",
            SystemScope = "all",
            HostAgent = "python-novaclient",
            Forwarded = ["198.51.100.1"],
            TokenIssuedAt = Time.AddHours(-1),
            TokenExpiresAt = Time.AddHours(1),
            ApplicationCredentialId = "ac-1",
        },
        Target = new AuditTarget { Id = "srv-1", TypeUri = "compute/server", Name = "web", ProjectId = "p-demo", Cluster = "east" },
        Reason = new AuditReason
        {
            ReasonType = "HTTP",
            ReasonCode = "202",
            PolicyType = "oslo.policy",
            PolicyId = "os_compute_api:os-create-backup",
            Code = "allowed",
            Text = "the owner",
        },
        GlobalRequestId = "req-9",
        Decision = new AuditDecision
        {
            Rule = "os_compute_api:os-create-backup",
            Text = "rule:admin_or_owner",
            Allowed = true,
            Code = "allowed",
            Revision = "r-1a2b",
        },
        BodySha256 = new string('a', 64),
        BodySize = 81,
        Body = Json("""{"createBackup": {"name": "b\u00e9", "rotation": 1}}"""),
        Backend = new AuditBackend { Cluster = "east", Destination = "nova-1", Status = 202, RequestId = "req-b" },
        Attachments = [new AuditAttachment("limits", "gateway/limits", Json("""{"left": 3}"""))],
    };

    public static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement.Clone();
}
