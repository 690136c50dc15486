using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Audit;

/// <summary>The one way an event is written as JSON, and read back: fixed order, absent fields left out, one line, UTF-8.</summary>
public static class AuditJson
{
    internal const string EventTypeUri = "http://schemas.dmtf.org/cloud/audit/1.0/event";

    // Nothing here is HTML, and the default encoder would write `+00:00` as `\u002B00:00`. That what is written is JSON is held by tests, not looked at for each record.
    internal static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    // A request body may be as deep as the door lets in; it stands a few levels down in the record.
    private static readonly JsonDocumentOptions ReadOptions = new() { MaxDepth = 1024 };

    public static byte[] ToUtf8(AuditEvent e)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
            Write(writer, e);
        return buffer.WrittenSpan.ToArray();
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

    internal static void Write(Utf8JsonWriter w, AuditEvent e)
    {
        w.WriteStartObject();
        w.WriteString("typeURI"u8, EventTypeUri);
        w.WriteString("id"u8, e.Id);
        w.WriteString("eventType"u8, e.EventType);
        WriteTime(w, "eventTime"u8, e.EventTime);
        w.WriteString("action"u8, e.Action);
        w.WriteString("outcome"u8, AuditWords.Of(e.Outcome));
        WriteInitiator(w, e.Initiator);
        WriteTarget(w, e.Target);
        WriteObserver(w, e.Observer);
        WriteReason(w, e.Reason);
        WriteOptional(w, "requestPath"u8, e.RequestPath);
        w.WriteStartArray("attachments"u8);
        WriteRecord(w, e);
        WriteRequest(w, e);
        WriteCredential(w, e.Initiator);
        WriteDecision(w, e.Decision);
        WriteBackend(w, e.Backend);
        WriteTiming(w, e.DurationMs);
        foreach (var attachment in e.Attachments)
        {
            w.WriteStartObject();
            w.WriteString("name"u8, attachment.Name);
            w.WriteString("typeURI"u8, attachment.TypeUri);
            w.WritePropertyName("content"u8);
            w.WriteRawValue(attachment.Content.Utf8.Span, skipInputValidation: true);
            w.WriteEndObject();
        }

        w.WriteEndArray();
        w.WriteEndObject();
        w.Flush();
    }

    private static void WriteInitiator(Utf8JsonWriter w, AuditInitiator initiator)
    {
        w.WriteStartObject("initiator"u8);
        w.WriteString("typeURI"u8, initiator.TypeUri);
        w.WriteString("id"u8, initiator.Id);
        WriteOptional(w, "name"u8, initiator.Name);
        WriteOptional(w, "domain"u8, initiator.Domain);
        WriteOptional(w, "project_id"u8, initiator.ProjectId);
        WriteOptional(w, "project_name"u8, initiator.ProjectName);
        WriteOptional(w, "project_domain_name"u8, initiator.ProjectDomainName);
        WriteOptional(w, "domain_id"u8, initiator.DomainId);
        WriteOptional(w, "domain_name"u8, initiator.DomainName);
        if (initiator.HostAddress is not null || initiator.HostAgent is not null)
        {
            w.WriteStartObject("host"u8);
            WriteOptional(w, "address"u8, initiator.HostAddress);
            WriteOptional(w, "agent"u8, initiator.HostAgent);
            w.WriteEndObject();
        }

        w.WriteEndObject();
    }

    private static void WriteTarget(Utf8JsonWriter w, AuditTarget target)
    {
        w.WriteStartObject("target"u8);
        w.WriteString("typeURI"u8, target.TypeUri);
        w.WriteString("id"u8, target.Id);
        WriteOptional(w, "name"u8, target.Name);
        WriteOptional(w, "project_id"u8, target.ProjectId);
        WriteOptional(w, "cluster"u8, target.Cluster);
        w.WriteEndObject();
    }

    private static void WriteObserver(Utf8JsonWriter w, AuditObserver observer)
    {
        w.WriteStartObject("observer"u8);
        w.WriteString("typeURI"u8, observer.TypeUri);
        w.WriteString("id"u8, observer.Id);
        WriteOptional(w, "name"u8, observer.Name);
        w.WriteEndObject();
    }

    private static void WriteReason(Utf8JsonWriter w, AuditReason? reason)
    {
        if (reason is null) return;
        w.WriteStartObject("reason"u8);
        WriteOptional(w, "reasonType"u8, reason.ReasonType);
        WriteOptional(w, "reasonCode"u8, reason.ReasonCode);
        WriteOptional(w, "policyType"u8, reason.PolicyType);
        WriteOptional(w, "policyId"u8, reason.PolicyId);
        WriteOptional(w, "code"u8, reason.Code);
        WriteOptional(w, "text"u8, reason.Text);
        w.WriteEndObject();
    }

    private static void WriteRecord(Utf8JsonWriter w, AuditEvent e)
    {
        StartAttachment(w, "record"u8, "gateway/audit/record"u8);
        w.WriteString("kind"u8, AuditWords.Of(e.Kind));
        WriteOptional(w, "intent"u8, e.IntentId);
        EndAttachment(w);
    }

    private static void WriteRequest(Utf8JsonWriter w, AuditEvent e)
    {
        if (e is { Method: null, RequestId: null, GlobalRequestId: null, BodySha256: null, BodySize: null, Body: null }) return;
        StartAttachment(w, "request"u8, "gateway/audit/request"u8);
        WriteOptional(w, "method"u8, e.Method);
        WriteOptional(w, "id"u8, e.RequestId);
        WriteOptional(w, "global_id"u8, e.GlobalRequestId);
        WriteOptional(w, "body_sha256"u8, e.BodySha256);
        if (e.BodySize is { } size) w.WriteNumber("body_size"u8, size);
        WriteOptional(w, "body"u8, e.Body);
        EndAttachment(w);
    }

    private static void WriteCredential(Utf8JsonWriter w, AuditInitiator initiator)
    {
        if (initiator is
            {
                Roles.Count: 0, AuthMethods.Count: 0, TokenAuditIds.Count: 0, Forwarded.Count: 0, SystemScope: null,
                TokenIssuedAt: null, TokenExpiresAt: null, ApplicationCredentialId: null,
            })
            return;

        StartAttachment(w, "credential"u8, "gateway/audit/credential"u8);
        WriteList(w, "roles"u8, initiator.Roles);
        WriteList(w, "methods"u8, initiator.AuthMethods);
        WriteList(w, "audit_ids"u8, initiator.TokenAuditIds);
        WriteOptionalTime(w, "issued_at"u8, initiator.TokenIssuedAt);
        WriteOptionalTime(w, "expires_at"u8, initiator.TokenExpiresAt);
        WriteOptional(w, "application_credential_id"u8, initiator.ApplicationCredentialId);
        WriteOptional(w, "system"u8, initiator.SystemScope);
        WriteList(w, "forwarded"u8, initiator.Forwarded);
        EndAttachment(w);
    }

    private static void WriteDecision(Utf8JsonWriter w, AuditDecision? decision)
    {
        if (decision is null) return;
        StartAttachment(w, "decision"u8, "gateway/audit/decision"u8);
        w.WriteString("rule"u8, decision.Rule);
        WriteOptional(w, "text"u8, decision.Text);
        w.WriteBoolean("allowed"u8, decision.Allowed);
        WriteOptional(w, "code"u8, decision.Code);
        WriteOptional(w, "revision"u8, decision.Revision);
        WriteAsked(w, decision.Asked);
        WriteOptional(w, "caller"u8, decision.Caller);
        WriteOptional(w, "target"u8, decision.Target);
        WriteOptional(w, "tree"u8, decision.Tree);
        EndAttachment(w);
    }

    private static void WriteAsked(Utf8JsonWriter w, IReadOnlyList<AskedRule> asked)
    {
        if (asked.Count == 0) return;
        w.WriteStartArray("asked"u8);
        foreach (var one in asked)
        {
            w.WriteStartObject();
            w.WriteString("rule"u8, one.Rule);
            w.WriteBoolean("allowed"u8, one.Allowed);
            w.WriteString("code"u8, one.Code);
            w.WriteEndObject();
        }

        w.WriteEndArray();
    }

    private static void WriteBackend(Utf8JsonWriter w, AuditBackend? backend)
    {
        if (backend is null) return;
        StartAttachment(w, "backend"u8, "gateway/audit/backend"u8);
        WriteOptional(w, "cluster"u8, backend.Cluster);
        WriteOptional(w, "destination"u8, backend.Destination);
        if (backend.Status is { } status) w.WriteNumber("status"u8, status);
        WriteOptional(w, "request_id"u8, backend.RequestId);
        EndAttachment(w);
    }

    private static void WriteTiming(Utf8JsonWriter w, double? durationMs)
    {
        if (durationMs is not { } duration) return;
        StartAttachment(w, "timing"u8, "gateway/audit/timing"u8);
        w.WriteNumber("duration_ms"u8, duration);
        EndAttachment(w);
    }

    private static void StartAttachment(Utf8JsonWriter w, ReadOnlySpan<byte> name, ReadOnlySpan<byte> typeUri)
    {
        w.WriteStartObject();
        w.WriteString("name"u8, name);
        w.WriteString("typeURI"u8, typeUri);
        w.WriteStartObject("content"u8);
    }

    private static void EndAttachment(Utf8JsonWriter w)
    {
        w.WriteEndObject();
        w.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter w, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null) w.WriteString(name, value);
    }

    private static void WriteOptional(Utf8JsonWriter w, ReadOnlySpan<byte> name, JsonText? value)
    {
        if (value is not { } json) return;
        w.WritePropertyName(name);
        w.WriteRawValue(json.Utf8.Span, skipInputValidation: true);
    }

    private static void WriteOptionalTime(Utf8JsonWriter w, ReadOnlySpan<byte> name, DateTimeOffset? value)
    {
        if (value is { } time) WriteTime(w, name, time);
    }

    private static void WriteTime(Utf8JsonWriter w, ReadOnlySpan<byte> name, DateTimeOffset time)
    {
        // The round-trip format has a way of its own that is ten times as fast as a custom one; it writes seven digits and a `Z`.
        Span<byte> text = stackalloc byte[32];
        time.UtcDateTime.TryFormat(text, out _, "O");
        "+00:00"u8.CopyTo(text[26..]);
        w.WriteString(name, text);
    }

    private static void WriteList(Utf8JsonWriter w, ReadOnlySpan<byte> name, IReadOnlyList<string> values)
    {
        if (values.Count == 0) return;
        w.WriteStartArray(name);
        foreach (var value in values) w.WriteStringValue(value);
        w.WriteEndArray();
    }
}
