using System.Security.Cryptography;
using System.Text.Json;
using Gateway.Audit;
using Gateway.FrontDoor;
using Gateway.Limits;
using Gateway.Policies;
using Gateway.Policy;

namespace Gateway.Auditing;

/// <summary>Translates a call into CADF's vocabulary: the subject becomes the initiator, the gateway the observer. No other file does.</summary>
internal sealed class AuditEventFactory(AuditObserver observer, TimeProvider time)
{
    /// <summary>Longest part of a refused request line that is kept; a hostile one may be as long as it likes.</summary>
    private const int LongestText = 512;

    /// <summary>The record of a call that is about to be forwarded.</summary>
    public AuditEvent Intent(CallRecord call) => Describe(call) with { Kind = AuditKind.Intent, Outcome = AuditOutcome.Pending };

    /// <summary>What came of a forwarded call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="intentId">Id of its intent.</param>
    /// <param name="end">How it ended.</param>
    public AuditEvent Outcome(CallRecord call, string intentId, CallEnd end) => Describe(call) with
    {
        Kind = AuditKind.Outcome,
        Outcome = end.IsInDoubt ? AuditOutcome.Unknown : end.Status < 400 ? AuditOutcome.Success : AuditOutcome.Failure,
        IntentId = intentId,
        Body = null,
        Reason = Reason(call, end.Status, end.Code, end.Detail),
        DurationMs = Math.Round(end.Duration.TotalMilliseconds, 3),
        Backend = new AuditBackend
        {
            Cluster = call.Cluster,
            Destination = end.Destination,
            Status = end.BackendStatus,
            RequestId = end.BackendRequestId,
        },
    };

    /// <summary>The one record of a call that was not forwarded.</summary>
    public AuditEvent Refused(CallRecord call, Refusal refusal) => Describe(call) with
    {
        Kind = AuditKind.Refusal,
        Outcome = AuditOutcome.Failure,
        Reason = Reason(call, refusal.Status, refusal.Code, refusal.Detail ?? refusal.Message),
    };

    /// <summary>A change of the rules: the revision now in force, or the findings for which it was refused.</summary>
    public AuditEvent PolicyChanged(PolicyChange change, string inForce) => new()
    {
        Id = Guid.NewGuid().ToString("D"),
        EventTime = time.GetUtcNow(),
        EventType = "control",
        Kind = AuditKind.Lifecycle,
        Outcome = change.Loaded is null ? AuditOutcome.Failure : AuditOutcome.Success,
        Action = change.Loaded is null ? "deny/policy" : "update/policy",
        Initiator = new AuditInitiator { Id = observer.Id, TypeUri = observer.TypeUri, Name = observer.Name },
        Target = new AuditTarget { Id = change.Loaded?.Revision ?? inForce, TypeUri = "data/security/policy" },
        Observer = observer,
        Reason = new AuditReason { Code = change.Loaded is null ? "policy_refused" : "policy_loaded", Text = change.Loaded is null ? change.Summary : null },
    };

    private AuditEvent Describe(CallRecord call)
    {
        var body = call.Action?.RedactedBody();
        return new AuditEvent
        {
            Id = Guid.NewGuid().ToString("D"),
            EventTime = time.GetUtcNow(),
            Kind = AuditKind.Refusal,
            Outcome = AuditOutcome.Unknown,
            Action = call.Action?.CadfAction ?? call.Operation?.Operation.CadfAction ?? "unknown",
            Initiator = Initiator(call),
            Target = Target(call),
            Observer = observer,
            RequestPath = Visible(call.RawTarget),
            Method = Visible(call.Method),
            RequestId = call.RequestId,
            GlobalRequestId = call.Entry?.GlobalRequestId,
            Decision = call.Decision is { } decision ? Decision(call, decision) : null,
            // A digest of a body with a password in it, beside the rest of the body, would let the password be guessed.
            BodySha256 = body is { Removed: 0 } ? Convert.ToHexStringLower(SHA256.HashData(call.Body.Span)) : null,
            BodySize = call.Body.IsEmpty ? null : call.Body.Length,
            Body = body is null ? null : JsonElement.Parse(body.Json.Span),
            Attachments = [.. Attachments(call)],
        };
    }

    private static AuditInitiator Initiator(CallRecord call) => call.Subject is not { } subject
        ? new AuditInitiator { Id = "anonymous", TypeUri = "service/security/account/anonymous", HostAddress = call.Peer?.ToString(), HostAgent = Agent(call) }
        : new AuditInitiator
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
            HostAddress = call.Peer?.ToString(),
            HostAgent = Agent(call),
            Roles = subject.Roles,
            AuthMethods = subject.AuthMethods,
            TokenAuditIds = subject.AuditIds,
            TokenIssuedAt = subject.IssuedAt,
            TokenExpiresAt = subject.ExpiresAt,
            ApplicationCredentialId = subject.ApplicationCredentialId,
        };

    private static string? Agent(CallRecord call) => call.Agent is { Length: > 0 } agent ? Visible(agent) : null;

    private static AuditTarget Target(CallRecord call) => new()
    {
        // A call that names no thing is about the caller's project.
        Id = Visible(call.Operation?.ServerId ?? call.Operation?.TargetId ?? call.Subject?.ProjectId ?? "unknown"),
        TypeUri = call.Operation?.Operation.TargetType ?? "unknown",
        ProjectId = call.Target?.ProjectId,
        Cluster = call.Cluster,
    };

    private static AuditDecision Decision(CallRecord call, Decision decision) => new()
    {
        Rule = decision.Action,
        Text = decision.Rule,
        Allowed = decision.Allowed,
        Code = decision.Reason,
        Revision = decision.Revision,
    };

    private static AuditReason Reason(CallRecord call, int? status, string code, string? text) => new()
    {
        ReasonType = status is null ? null : "HTTP",
        ReasonCode = status?.ToString(),
        PolicyType = call.Decision is null ? null : "rule",
        PolicyId = call.Decision?.Action,
        Code = code,
        Text = text is null ? null : Visible(text),
    };

    private static IEnumerable<AuditAttachment> Attachments(CallRecord call)
    {
        if (call.Limits is not null) yield return LimitsOf(call);
        if (call.Action?.SchemaFault is { } fault)
            yield return new AuditAttachment("schema", "mime:application/json", JsonSerializer.SerializeToElement(new { fault = Visible(fault) }));
    }

    private static AuditAttachment LimitsOf(CallRecord call) =>
        new("limits", "mime:application/json", JsonSerializer.SerializeToElement(call.Limits!.Reports.Select(report => new
        {
            name = report.Name,
            limit = report.Limit,
            unit = report.Unit,
            burst = report.Burst,
            remaining = report.Remaining,
            retry_after_seconds = report.RetryAfter?.TotalSeconds,
            reset_after_seconds = report.ResetAfter.TotalSeconds,
            concurrent = report.IsConcurrency ? true : (bool?)null,
            cost = report.Cost,
            shadow = report.Shadow,
            untracked = report.State == BucketState.Untracked,
            degraded = report.Degraded,
        })));

    /// <summary>Control characters and line breaks never enter a record as themselves: no name or path can forge a line of it.</summary>
    private static string Visible(string text)
    {
        if (text.Length <= LongestText && !text.Any(c => char.IsControl(c) || char.IsSurrogate(c))) return text;
        var kept = text.Length <= LongestText ? text : text[..LongestText] + "…";
        return string.Concat(kept.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? $"\\u{(int)c:x4}" : c.ToString()));
    }
}
