using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Gateway.Audit;

/// <summary>
/// A record in the Open Cybersecurity Schema Framework, class API Activity (6003), with the profile <c>cloud</c>. What the schema has no place for stands in
/// <c>unmapped</c>; <c>raw_data</c> is the event as it was hashed.
/// </summary>
internal static class OcsfEvent
{
    private const string SchemaVersion = "1.3.0";
    private const int Class = 6003;

    public static void Write(Utf8JsonWriter w, string stream, StoredAuditEvent stored)
    {
        var e = stored.Event;
        var activity = Activity(e.Action);
        w.WriteStartObject();
        w.WriteNumber("class_uid"u8, Class);
        w.WriteString("class_name"u8, "API Activity");
        w.WriteNumber("category_uid"u8, Class / 1000);
        w.WriteString("category_name"u8, "Application Activity");
        w.WriteNumber("activity_id"u8, activity);
        if (activity == Other) w.WriteString("activity_name"u8, e.Action);
        w.WriteNumber("type_uid"u8, (Class * 100) + activity);
        w.WriteNumber("time"u8, e.EventTime.ToUnixTimeMilliseconds());
        var (severity, severityName) = Severity(e.Outcome);
        w.WriteNumber("severity_id"u8, severity);
        w.WriteString("severity"u8, severityName);
        var (status, statusName) = Status(e.Outcome);
        w.WriteNumber("status_id"u8, status);
        w.WriteString("status"u8, statusName);
        Optional(w, "status_code"u8, e.Reason?.ReasonCode ?? e.Reason?.Code);
        Optional(w, "status_detail"u8, e.Reason?.Text ?? e.Reason?.Code);
        w.WriteString("message"u8, $"{AuditWords.Of(e.Kind)} of {e.Action} by {e.Initiator.Name ?? e.Initiator.Id}: {AuditWords.Of(e.Outcome)}");
        WriteMetadata(w, stream, stored);
        WriteActor(w, e);
        WriteApi(w, e);
        WriteEndpoint(w, e);
        WriteRequest(w, e);
        WriteResource(w, e.Target);
        w.WriteStartObject("cloud"u8);
        w.WriteString("provider"u8, "OpenStack");
        Optional(w, "project_uid"u8, e.Initiator.ProjectId);
        Optional(w, "region"u8, e.Target.Cluster);
        w.WriteEndObject();
        WriteUnmapped(w, stream, stored);
        w.WriteString("raw_data"u8, Encoding.UTF8.GetString(stored.Bytes.Span));
        w.WriteEndObject();
    }

    private const int Other = 99;

    // CADF's verbs before the slash; those of OCSF are create, read, update, delete.
    private static int Activity(string action) => action.Split('/')[0] switch
    {
        "create" or "backup" or "capture" or "deploy" => 1,
        "read" or "monitor" => 2,
        "update" or "configure" or "enable" or "disable" or "start" or "stop" or "restore" or "evaluate" => 3,
        "delete" or "undeploy" => 4,
        _ => Other,
    };

    private static (int Id, string Name) Severity(AuditOutcome outcome) => outcome switch
    {
        AuditOutcome.Failure => (2, "Low"),
        AuditOutcome.Unknown => (3, "Medium"),
        _ => (1, "Informational"),
    };

    private static (int Id, string Name) Status(AuditOutcome outcome) => outcome switch
    {
        AuditOutcome.Success => (1, "Success"),
        AuditOutcome.Failure => (2, "Failure"),
        AuditOutcome.Pending => (Other, "pending"),
        _ => (0, "Unknown"),
    };

    private static void WriteMetadata(Utf8JsonWriter w, string stream, StoredAuditEvent stored)
    {
        w.WriteStartObject("metadata"u8);
        w.WriteString("version"u8, SchemaVersion);
        w.WriteStartObject("product"u8);
        w.WriteString("name"u8, "Compute Gateway");
        w.WriteString("vendor_name"u8, "Compute Gateway");
        w.WriteEndObject();
        w.WriteStartArray("profiles"u8);
        w.WriteStringValue("cloud");
        w.WriteEndArray();
        w.WriteString("uid"u8, stored.Event.Id);
        w.WriteNumber("sequence"u8, stored.Sequence);
        w.WriteString("log_name"u8, stream);
        w.WriteString("event_code"u8, stored.Event.Action);
        w.WriteString("original_time"u8, stored.Event.EventTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
        Optional(w, "correlation_uid"u8, stored.Event.IntentId ?? (stored.Event.Kind == AuditKind.Intent ? stored.Event.Id : null));
        w.WriteEndObject();
    }

    private static void WriteActor(Utf8JsonWriter w, AuditEvent e)
    {
        var who = e.Initiator;
        w.WriteStartObject("actor"u8);
        w.WriteStartObject("user"u8);
        w.WriteString("uid"u8, who.Id);
        Optional(w, "name"u8, who.Name);
        Optional(w, "domain"u8, who.Domain);
        Optional(w, "credential_uid"u8, who.ApplicationCredentialId);
        if (who.Roles.Count > 0)
        {
            w.WriteStartArray("groups"u8);
            foreach (var role in who.Roles)
            {
                w.WriteStartObject();
                w.WriteString("name"u8, role);
                w.WriteString("type"u8, "role");
                w.WriteEndObject();
            }

            w.WriteEndArray();
        }

        w.WriteEndObject();
        if (e.Decision is { } decision)
        {
            w.WriteStartArray("authorizations"u8);
            w.WriteStartObject();
            w.WriteString("decision"u8, decision.Allowed ? "allow" : "deny");
            w.WriteStartObject("policy"u8);
            w.WriteString("name"u8, decision.Rule);
            Optional(w, "desc"u8, decision.Text);
            Optional(w, "version"u8, decision.Revision);
            w.WriteEndObject();
            w.WriteEndObject();
            w.WriteEndArray();
        }

        w.WriteEndObject();
    }

    private static void WriteApi(Utf8JsonWriter w, AuditEvent e)
    {
        w.WriteStartObject("api"u8);
        w.WriteString("operation"u8, e.Action);
        if (e.RequestId is { } id)
        {
            w.WriteStartObject("request"u8);
            w.WriteString("uid"u8, id);
            w.WriteEndObject();
        }

        if (int.TryParse(e.Reason?.ReasonCode, NumberStyles.None, CultureInfo.InvariantCulture, out var code))
        {
            w.WriteStartObject("response"u8);
            w.WriteNumber("code"u8, code);
            w.WriteEndObject();
        }

        w.WriteStartObject("service"u8);
        w.WriteString("name"u8, "compute");
        w.WriteEndObject();
        w.WriteEndObject();
    }

    /// <summary>Whence it was asked; what the gateway does by itself comes from the gateway.</summary>
    private static void WriteEndpoint(Utf8JsonWriter w, AuditEvent e)
    {
        w.WriteStartObject("src_endpoint"u8);
        if (e.Initiator.HostAddress is { } address) w.WriteString("ip"u8, address);
        else w.WriteString("uid"u8, e.Observer.Id);
        w.WriteEndObject();
    }

    private static void WriteRequest(Utf8JsonWriter w, AuditEvent e)
    {
        if (e.Method is null || e.RequestPath is null) return;
        var query = e.RequestPath.IndexOf('?', StringComparison.Ordinal);
        w.WriteStartObject("http_request"u8);
        w.WriteString("http_method"u8, e.Method);
        w.WriteStartObject("url"u8);
        w.WriteString("path"u8, query < 0 ? e.RequestPath : e.RequestPath[..query]);
        if (query >= 0) w.WriteString("query_string"u8, e.RequestPath[(query + 1)..]);
        w.WriteEndObject();
        Optional(w, "uid"u8, e.GlobalRequestId);
        Optional(w, "user_agent"u8, e.Initiator.HostAgent);
        if (e.Initiator.Forwarded.Count > 0)
        {
            w.WriteStartArray("x_forwarded_for"u8);
            foreach (var address in e.Initiator.Forwarded) w.WriteStringValue(address);
            w.WriteEndArray();
        }

        w.WriteEndObject();
    }

    private static void WriteResource(Utf8JsonWriter w, AuditTarget target)
    {
        w.WriteStartArray("resources"u8);
        w.WriteStartObject();
        w.WriteString("uid"u8, target.Id);
        w.WriteString("type"u8, target.TypeUri);
        Optional(w, "name"u8, target.Name);
        Optional(w, "region"u8, target.Cluster);
        Optional(w, "namespace"u8, target.ProjectId);
        w.WriteEndObject();
        w.WriteEndArray();
    }

    private static void WriteUnmapped(Utf8JsonWriter w, string stream, StoredAuditEvent stored)
    {
        w.WriteStartObject("unmapped"u8);
        w.WriteString("stream"u8, stream);
        w.WriteString("kind"u8, AuditWords.Of(stored.Event.Kind));
        w.WriteString("previous"u8, Convert.ToHexStringLower(stored.Previous.Span));
        w.WriteString("hash"u8, Convert.ToHexStringLower(stored.Hash.Span));
        w.WriteEndObject();
    }

    private static void Optional(Utf8JsonWriter w, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null) w.WriteString(name, value);
    }
}
