using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Actions;
using Gateway.Audit;
using Gateway.FrontDoor;
using Gateway.Identity;
using Gateway.Limits;
using Gateway.Policies;
using Gateway.Policy;

namespace Gateway.Auditing;

/// <summary>Translates a call into CADF's vocabulary: the subject becomes the initiator, the gateway the observer. No other file does.</summary>
internal sealed class AuditEventFactory(AuditObserver observer, AuditRulesStore rules, TimeProvider time)
{
    /// <summary>Longest part of a refused request line that is kept; a hostile one may be as long as it likes.</summary>
    private const int LongestText = 512;

    private static readonly JsonSerializerOptions WithoutNulls = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>The record of a call that is about to be forwarded.</summary>
    public AuditEvent Intent(CallRecord call) => Whole(call, AuditKind.Intent, AuditOutcome.Pending);

    /// <summary>What came of a forwarded call. Its token, the body's digest and what the limits said it leaves to its intent.</summary>
    /// <param name="call">The call.</param>
    /// <param name="intentId">Id of its intent.</param>
    /// <param name="end">How it ended.</param>
    public AuditEvent Outcome(CallRecord call, string intentId, CallEnd end) => new()
    {
        Id = RandomId.New().ToString("D"),
        EventTime = time.GetUtcNow(),
        Kind = AuditKind.Outcome,
        Outcome = OutcomeOf(end),
        IntentId = intentId,
        Action = ActionOf(call),
        Initiator = WithoutCredential(call.Initiator!),
        Target = Target(call),
        Observer = observer,
        Reason = Reason(call, end.Status, end.Code, end.Detail),
        RequestPath = PathOf(call),
        Method = Visible(call.Method),
        RequestId = call.RequestId,
        GlobalRequestId = call.Entry?.GlobalRequestId,
        Decision = call.Decision is { } decision ? DecisionJson.Brief(decision) : null,
        DurationMs = Milliseconds(end),
        Backend = BackendOf(call, end),
        Attachments = Degraded(call),
    };

    /// <summary>The one record of a call that did not wait for it.</summary>
    public AuditEvent Access(CallRecord call, CallEnd end) => Whole(call, AuditKind.Access, OutcomeOf(end), Reason(call, end.Status, end.Code, end.Detail)) with
    {
        DurationMs = Milliseconds(end),
        Backend = BackendOf(call, end),
    };

    /// <summary>The one record of a call that was not forwarded.</summary>
    public AuditEvent Refused(CallRecord call, Refusal refusal) =>
        Whole(call, AuditKind.Refusal, AuditOutcome.Failure, Reason(call, refusal.Status, refusal.Code, refusal.Detail ?? refusal.Message));

    private static AuditOutcome OutcomeOf(CallEnd end) => end.IsInDoubt ? AuditOutcome.Unknown : end.Status < 400 ? AuditOutcome.Success : AuditOutcome.Failure;

    private static double Milliseconds(CallEnd end) => Math.Round(end.Duration.TotalMilliseconds, 3);

    private static AuditBackend BackendOf(CallRecord call, CallEnd end) => new()
    {
        Cluster = call.Cluster,
        Destination = end.Destination,
        Status = end.BackendStatus,
        RequestId = end.BackendRequestId,
    };

    /// <summary>A change of the rules: the revision now in force, or the findings for which it was refused.</summary>
    public AuditEvent PolicyChanged(PolicyChange change, string inForce) => change.Loaded is { } set
        ? PolicyInForce("update/policy", set)
        : Control("deny/policy", inForce, "data/security/policy", AuditOutcome.Failure) with { Reason = new AuditReason { Code = "policy_refused", Text = change.Summary } };

    /// <summary>The rules that decide from now on, whole, so that any decision can be made again from the record alone.</summary>
    public AuditEvent PolicyInForce(string action, PolicySet set) => Control(action, set.Revision, "data/security/policy", AuditOutcome.Success) with
    {
        Reason = new AuditReason { Code = action == "start/policy" ? "policy_in_force" : "policy_loaded" },
        Attachments =
        [
            new AuditAttachment("policy", "gateway/audit/policy", JsonSerializer.SerializeToElement(new
            {
                revision = set.Revision,
                defaults = set.Options.Defaults,
                default_rule = set.Options.DefaultRule,
                semantics = set.Options.Semantics.ToString().ToLowerInvariant(),
                enforce_scope = set.Options.EnforceScope,
                enforce_new_defaults = set.Options.EnforceNewDefaults,
                further_rules = set.Options.FurtherActions.Order(StringComparer.Ordinal),
                files = set.Sources.Select(source => new { name = Path.GetFileName(source.Path), text = Encoding.UTF8.GetString(source.Content.Span) }),
            })),
        ],
    };

    /// <summary>That somebody read the record, with what he asked for.</summary>
    public AuditEvent Reading(HttpContext context, Subject subject, AuditOutcome outcome, string action, int status) => new()
    {
        Id = RandomId.New().ToString("D"),
        EventTime = time.GetUtcNow(),
        Kind = AuditKind.Access,
        Outcome = outcome,
        Action = action,
        Initiator = Initiator(subject) with { HostAddress = context.Connection.RemoteIpAddress?.ToString(), HostAgent = Visible(context.Request.Headers.UserAgent.ToString()) },
        Target = new AuditTarget { Id = observer.Id, TypeUri = "data/audit/events" },
        Observer = observer,
        Reason = new AuditReason { ReasonType = "HTTP", ReasonCode = status.ToString(), Code = outcome == AuditOutcome.Success ? "record_read" : "record_not_shown" },
        RequestPath = Visible(RequestLine.WithoutSecrets($"{context.Request.Path}{context.Request.QueryString}", rules.Current.Redaction)),
        Method = "GET",
        Attachments = IsVouchedFor(subject) ? [IdentityOf(subject)] : [],
    };

    /// <summary>A change of what is recorded: the file's new text, or why it was refused.</summary>
    public AuditEvent AuditRulesChanged(AuditRulesChange change) =>
        Control(change.Fault is null ? "update/audit-rules" : "deny/audit-rules", observer.Id, "data/audit/rules", change.Fault is null ? AuditOutcome.Success : AuditOutcome.Failure) with
        {
            Reason = new AuditReason { Code = change.Fault is null ? "audit_rules_loaded" : "audit_rules_refused", Text = change.Fault },
            Attachments = change.Text is { } text ? [new AuditAttachment("audit_rules", "gateway/audit/rules", JsonSerializer.SerializeToElement(new { text }))] : [],
        };

    private AuditEvent Control(string action, string target, string type, AuditOutcome outcome) => new()
    {
        Id = RandomId.New().ToString("D"),
        EventTime = time.GetUtcNow(),
        EventType = "control",
        Kind = AuditKind.Lifecycle,
        Outcome = outcome,
        Action = action,
        Initiator = new AuditInitiator { Id = observer.Id, TypeUri = observer.TypeUri, Name = observer.Name },
        Target = new AuditTarget { Id = target, TypeUri = type },
        Observer = observer,
    };

    /// <summary>All there is to say: with the token, the body, how the decision came about, what the limits said.</summary>
    private AuditEvent Whole(CallRecord call, AuditKind kind, AuditOutcome outcome, AuditReason? reason = null)
    {
        var body = RecordedBody(call);
        return new AuditEvent
        {
            Id = RandomId.New().ToString("D"),
            EventTime = time.GetUtcNow(),
            Kind = kind,
            Outcome = outcome,
            Action = ActionOf(call),
            Initiator = call.Initiator ??= Initiator(call),
            Target = Target(call),
            Observer = observer,
            Reason = reason,
            RequestPath = PathOf(call),
            Method = Visible(call.Method),
            RequestId = call.RequestId,
            GlobalRequestId = call.Entry?.GlobalRequestId,
            Decision = call.Question is { Answers.Count: > 0 } question ? DecisionJson.Of(question) : null,
            Body = (call.AuditRule ?? AuditRule.Default).Level == RecordLevel.Request && body is not null ? JsonText.Written(body.Json) : null,
            // A digest of a body with a password in it, beside the rest of the body, would let the password be guessed.
            BodySha256 = body is { Removed: 0 } ? call.BodyDigest ??= Convert.ToHexStringLower(SHA256.HashData(call.Body.Span)) : null,
            BodySize = call.Body.IsEmpty ? null : call.Body.Length,
            Attachments = Attachments(call),
        };
    }

    private static string ActionOf(CallRecord call) => call.Action?.CadfAction ?? call.Operation?.Operation.CadfAction ?? "unknown";

    private string PathOf(CallRecord call) => call.RecordedPath ??= Visible(RequestLine.WithoutSecrets(call.RawTarget, rules.Current.Redaction, call.Operation));

    /// <summary>The body without its secrets, the same in all records of a call.</summary>
    private RedactedBody? RecordedBody(CallRecord call) =>
        call.Body.IsEmpty ? null : call.RecordedBody ??= call.Action?.RedactedBody(rules.Current.Redaction);

    private static AuditInitiator Initiator(CallRecord call) => call.Subject is not { } subject
        ? new AuditInitiator { Id = "anonymous", TypeUri = "service/security/account/anonymous", HostAddress = call.Peer?.ToString(), HostAgent = Agent(call), Forwarded = Forwarded(call) }
        : Initiator(subject) with { HostAddress = call.Peer?.ToString(), HostAgent = Agent(call), Forwarded = Forwarded(call) };

    private static AuditInitiator Initiator(Subject subject) => new()
    {
        Id = subject.UserId,
        Name = subject.UserName,
        Domain = subject.UserDomainId,
        ProjectId = subject.ProjectId,
        ProjectName = subject.ProjectName,
        ProjectDomainName = subject.ProjectDomainName,
        DomainId = subject.DomainId,
        DomainName = subject.DomainName,
        SystemScope = subject.SystemScope,
        Roles = subject.Roles,
        AuthMethods = subject.AuthMethods,
        TokenAuditIds = subject.AuditIds,
        TokenIssuedAt = subject.IssuedAt,
        TokenExpiresAt = subject.ExpiresAt,
        ApplicationCredentialId = subject.ApplicationCredentialId,
    };

    /// <summary>Who he was and in which roles; the rest of his token stands in the intent.</summary>
    private static AuditInitiator WithoutCredential(AuditInitiator initiator) => initiator with
    {
        AuthMethods = [],
        TokenAuditIds = [],
        TokenIssuedAt = null,
        TokenExpiresAt = null,
        ApplicationCredentialId = null,
        Forwarded = [],
    };

    private static string? Agent(CallRecord call) => call.Agent is { Length: > 0 } agent ? Safe(agent) : null;

    private static IReadOnlyList<string> Forwarded(CallRecord call) =>
        call.Forwarded is { Length: > 0 } chain ? [.. Safe(chain).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)] : [];

    private static AuditTarget Target(CallRecord call) => new()
    {
        // A call that names no thing is about the caller's project.
        Id = call.Operation is { IsTargetSecret: true } ? Redactor.Marker : Visible(call.Operation?.ServerId ?? call.Operation?.TargetId ?? call.Subject?.ProjectId ?? "unknown"),
        TypeUri = call.Operation?.Operation.TargetType ?? "unknown",
        ProjectId = call.Target?.ProjectId ?? ((call.Action?.TargetProject ?? call.Operation?.TargetProject) is { Length: > 0 } named ? Safe(named) : null),
        Cluster = call.Cluster,
    };

    private static AuditReason Reason(CallRecord call, int? status, string code, string? text) => new()
    {
        ReasonType = status is null ? null : "HTTP",
        ReasonCode = status?.ToString(),
        PolicyType = call.Decision is null ? null : "rule",
        PolicyId = call.Decision?.Action,
        Code = code,
        Text = text is null ? null : Safe(text),
    };

    private List<AuditAttachment> Attachments(CallRecord call)
    {
        var attachments = new List<AuditAttachment>(2);
        if (call.Subject is { } subject && IsVouchedFor(subject)) attachments.Add(IdentityOf(subject));
        if (call.Limits is { } limits) attachments.Add(new AuditAttachment("limits", "mime:application/json", JsonText.Written(JsonBytes.Of(limits.Reports, WriteLimits))));
        attachments.AddRange(Degraded(call));
        if (call.Action?.SchemaFault is { } fault)
            attachments.Add(new AuditAttachment("schema", "mime:application/json", JsonSerializer.SerializeToElement(new { fault = Safe(fault) })));
        return attachments;
    }

    private static IReadOnlyList<AuditAttachment> Degraded(CallRecord call) =>
        call.Degraded.Count == 0 ? [] : [new AuditAttachment("degraded", "gateway/audit/degraded", JsonSerializer.SerializeToElement(call.Degraded))];

    private static bool IsVouchedFor(Subject subject) => subject.Confirmed is not null || subject.Service is not null;

    /// <summary>How old the identity service's word about the caller was when it was relied on, and the service that called for him.</summary>
    private AuditAttachment IdentityOf(Subject subject) => new("identity", "gateway/audit/identity", JsonSerializer.SerializeToElement(
        new
        {
            age_seconds = subject.Confirmed is { } confirmed ? Math.Round(time.GetElapsedTime(confirmed).TotalSeconds, 3) : (double?)null,
            service = subject.Service is not { } service ? null : new
            {
                user_id = service.UserId,
                user_name = service.UserName,
                project_id = service.ProjectId,
                project_name = service.ProjectName,
                roles = service.Roles.ToArray(),
            },
        },
        WithoutNulls));

    private static void WriteLimits(Utf8JsonWriter w, IReadOnlyList<LimitReport> reports)
    {
        w.WriteStartArray();
        foreach (var report in reports)
        {
            w.WriteStartObject();
            w.WriteString("name"u8, report.Name);
            w.WriteNumber("limit"u8, report.Limit);
            w.WriteString("unit"u8, report.Unit);
            w.WriteNumber("burst"u8, report.Burst);
            w.WriteNumber("remaining"u8, report.Remaining);
            if (report.RetryAfter is { } retry) w.WriteNumber("retry_after_seconds"u8, retry.TotalSeconds);
            w.WriteNumber("reset_after_seconds"u8, report.ResetAfter.TotalSeconds);
            if (report.IsConcurrency) w.WriteBoolean("concurrent"u8, true);
            if (report.Cost != 1) w.WriteNumber("cost"u8, report.Cost);
            if (report.Shadow) w.WriteBoolean("shadow"u8, true);
            if (report.State == BucketState.Untracked) w.WriteBoolean("untracked"u8, true);
            if (report.Degraded is { } mode) w.WriteString("degraded"u8, mode);
            w.WriteEndObject();
        }

        w.WriteEndArray();
    }

    /// <summary>A message may quote what was sent: one with an address that gives access in it is not kept.</summary>
    private static string Safe(string text) => SecretText.IsIn(text) ? Redactor.Marker : Visible(text);

    /// <summary>Control characters and line breaks never enter a record as themselves: no name or path can forge a line of it.</summary>
    private static string Visible(string text)
    {
        if (text.Length <= LongestText && text.AsSpan().IndexOfAnyInRange('\0', '\u001f') < 0 && text.AsSpan().IndexOfAnyInRange('\u007f', '\u009f') < 0 && text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') < 0)
            return text;

        var kept = text.Length <= LongestText ? text : text[..LongestText] + "…";
        return string.Concat(kept.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? $"\\u{(int)c:x4}" : c.ToString()));
    }
}
