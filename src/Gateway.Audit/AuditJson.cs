using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Audit;

/// <summary>The one way an event is written as JSON, and read back: fixed order, absent fields left out, one line, UTF-8.</summary>
public static class AuditJson
{
    internal static ReadOnlySpan<byte> EventTypeUri => "http://schemas.dmtf.org/cloud/audit/1.0/event"u8;

    // Nothing here is HTML, and the default encoder would write `+00:00` as `\u002B00:00`. That what is written is JSON is held by tests, not looked at each time.
    internal static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    // A request body may be as deep as the door lets in; it stands a few levels down in the record.
    private static readonly JsonDocumentOptions ReadOptions = new() { MaxDepth = 1024 };

    public static byte[] ToUtf8(AuditEvent e)
    {
        var line = new JsonLine();
        Write(line, e);
        return line.Written.ToArray();
    }

    /// <summary>Reads what <see cref="ToUtf8"/> wrote.</summary>
    /// <exception cref="FormatException">The bytes are not an event of ours.</exception>
    public static AuditEvent Parse(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8, ReadOptions);
            return AuditJsonParser.Event(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException($"not an audit event: {e.Message}", e);
        }
    }

    internal static void Write(JsonLine w, AuditEvent e)
    {
        w.Open();
        w.Put("typeURI"u8, EventTypeUri);
        w.Put("id"u8, e.Id);
        w.Put("eventType"u8, e.EventType);
        w.Put("eventTime"u8, e.EventTime);
        w.Put("action"u8, e.Action);
        w.Put("outcome"u8, AuditWords.Of(e.Outcome));
        WriteInitiator(w, e.Initiator);
        WriteTarget(w, e.Target);
        WriteObserver(w, e.Observer);
        WriteReason(w, e.Reason);
        w.Put("requestPath"u8, e.RequestPath);
        w.OpenArray("attachments"u8);
        WriteRecord(w, e);
        WriteRequest(w, e);
        WriteCredential(w, e.Initiator);
        WriteDecision(w, e.Decision);
        WriteBackend(w, e.Backend);
        WriteTiming(w, e.DurationMs);
        foreach (var attachment in e.Attachments)
        {
            w.Open();
            w.Put("name"u8, attachment.Name);
            w.Put("typeURI"u8, attachment.TypeUri);
            w.Put("content"u8, attachment.Content);
            w.Close();
        }

        w.CloseArray();
        w.End();
    }

    private static void WriteInitiator(JsonLine w, AuditInitiator initiator)
    {
        w.Open("initiator"u8);
        w.Put("typeURI"u8, initiator.TypeUri);
        w.Put("id"u8, initiator.Id);
        w.Put("name"u8, initiator.Name);
        w.Put("domain"u8, initiator.Domain);
        w.Put("project_id"u8, initiator.ProjectId);
        w.Put("project_name"u8, initiator.ProjectName);
        w.Put("project_domain_name"u8, initiator.ProjectDomainName);
        w.Put("domain_id"u8, initiator.DomainId);
        w.Put("domain_name"u8, initiator.DomainName);
        if (initiator.HostAddress is not null || initiator.HostAgent is not null)
        {
            w.Open("host"u8);
            w.Put("address"u8, initiator.HostAddress);
            w.Put("agent"u8, initiator.HostAgent);
            w.Close();
        }

        w.Close();
    }

    private static void WriteTarget(JsonLine w, AuditTarget target)
    {
        w.Open("target"u8);
        w.Put("typeURI"u8, target.TypeUri);
        w.Put("id"u8, target.Id);
        w.Put("name"u8, target.Name);
        w.Put("project_id"u8, target.ProjectId);
        w.Put("cluster"u8, target.Cluster);
        w.Close();
    }

    private static void WriteObserver(JsonLine w, AuditObserver observer)
    {
        w.Open("observer"u8);
        w.Put("typeURI"u8, observer.TypeUri);
        w.Put("id"u8, observer.Id);
        w.Put("name"u8, observer.Name);
        w.Close();
    }

    private static void WriteReason(JsonLine w, AuditReason? reason)
    {
        if (reason is null) return;
        w.Open("reason"u8);
        w.Put("reasonType"u8, reason.ReasonType);
        w.Put("reasonCode"u8, reason.ReasonCode);
        w.Put("policyType"u8, reason.PolicyType);
        w.Put("policyId"u8, reason.PolicyId);
        w.Put("code"u8, reason.Code);
        w.Put("text"u8, reason.Text);
        w.Close();
    }

    private static void WriteRecord(JsonLine w, AuditEvent e)
    {
        OpenAttachment(w, "record"u8, "gateway/audit/record"u8);
        w.Put("kind"u8, AuditWords.Of(e.Kind));
        w.Put("intent"u8, e.IntentId);
        CloseAttachment(w);
    }

    private static void WriteRequest(JsonLine w, AuditEvent e)
    {
        if (e is { Method: null, RequestId: null, GlobalRequestId: null, BodySha256: null, BodySize: null, Body: null }) return;
        OpenAttachment(w, "request"u8, "gateway/audit/request"u8);
        w.Put("method"u8, e.Method);
        w.Put("id"u8, e.RequestId);
        w.Put("global_id"u8, e.GlobalRequestId);
        w.Put("body_sha256"u8, e.BodySha256);
        w.Put("body_size"u8, e.BodySize);
        w.Put("body"u8, e.Body);
        CloseAttachment(w);
    }

    private static void WriteCredential(JsonLine w, AuditInitiator initiator)
    {
        if (initiator is
            {
                Roles.Count: 0, AuthMethods.Count: 0, TokenAuditIds.Count: 0, Forwarded.Count: 0, SystemScope: null,
                TokenIssuedAt: null, TokenExpiresAt: null, ApplicationCredentialId: null,
            })
            return;

        OpenAttachment(w, "credential"u8, "gateway/audit/credential"u8);
        w.Put("roles"u8, initiator.Roles);
        w.Put("methods"u8, initiator.AuthMethods);
        w.Put("audit_ids"u8, initiator.TokenAuditIds);
        w.Put("issued_at"u8, initiator.TokenIssuedAt);
        w.Put("expires_at"u8, initiator.TokenExpiresAt);
        w.Put("application_credential_id"u8, initiator.ApplicationCredentialId);
        w.Put("system"u8, initiator.SystemScope);
        w.Put("forwarded"u8, initiator.Forwarded);
        CloseAttachment(w);
    }

    private static void WriteDecision(JsonLine w, AuditDecision? decision)
    {
        if (decision is null) return;
        OpenAttachment(w, "decision"u8, "gateway/audit/decision"u8);
        w.Put("rule"u8, decision.Rule);
        w.Put("text"u8, decision.Text);
        w.Put("allowed"u8, decision.Allowed);
        w.Put("code"u8, decision.Code);
        w.Put("revision"u8, decision.Revision);
        WriteAsked(w, decision.Asked);
        w.Put("caller"u8, decision.Caller);
        w.Put("target"u8, decision.Target);
        w.Put("tree"u8, decision.Tree);
        CloseAttachment(w);
    }

    private static void WriteAsked(JsonLine w, IReadOnlyList<AskedRule> asked)
    {
        if (asked.Count == 0) return;
        w.OpenArray("asked"u8);
        foreach (var one in asked)
        {
            w.Open();
            w.Put("rule"u8, one.Rule);
            w.Put("allowed"u8, one.Allowed);
            w.Put("code"u8, one.Code);
            w.Close();
        }

        w.CloseArray();
    }

    private static void WriteBackend(JsonLine w, AuditBackend? backend)
    {
        if (backend is null) return;
        OpenAttachment(w, "backend"u8, "gateway/audit/backend"u8);
        w.Put("cluster"u8, backend.Cluster);
        w.Put("destination"u8, backend.Destination);
        w.Put("status"u8, backend.Status);
        w.Put("request_id"u8, backend.RequestId);
        CloseAttachment(w);
    }

    private static void WriteTiming(JsonLine w, double? durationMs)
    {
        if (durationMs is not { } duration) return;
        OpenAttachment(w, "timing"u8, "gateway/audit/timing"u8);
        w.Put("duration_ms"u8, duration);
        CloseAttachment(w);
    }

    private static void OpenAttachment(JsonLine w, ReadOnlySpan<byte> name, ReadOnlySpan<byte> typeUri)
    {
        w.Open();
        w.Put("name"u8, name);
        w.Put("typeURI"u8, typeUri);
        w.Open("content"u8);
    }

    private static void CloseAttachment(JsonLine w)
    {
        w.Close();
        w.Close();
    }
}
