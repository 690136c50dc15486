using System.Text.Json;

namespace Gateway.Audit;

/// <summary>Reads an event back from its JSON. Fields it does not know are passed over, attachments it does not know are kept.</summary>
internal static class AuditJsonParser
{
    public static AuditEvent Event(JsonElement root)
    {
        var attachments = Attachments(root);
        JsonElement Content(string name) => attachments.FirstOrDefault(a => a.Name == name).Content;

        var record = Content("record");
        var request = Content("request");
        return new AuditEvent
        {
            Id = Required(root, "id"),
            EventType = Required(root, "eventType"),
            EventTime = root.GetProperty("eventTime").GetDateTimeOffset(),
            Action = Required(root, "action"),
            Outcome = AuditWords.Outcome(Text(root, "outcome")),
            Initiator = Initiator(root.GetProperty("initiator"), Content("credential")),
            Target = Target(root.GetProperty("target")),
            Observer = Observer(root.GetProperty("observer")),
            Reason = Reason(Member(root, "reason")),
            RequestPath = Text(root, "requestPath"),
            Kind = AuditWords.Kind(Text(record, "kind")),
            IntentId = Text(record, "intent"),
            Method = Text(request, "method"),
            RequestId = Text(request, "id"),
            GlobalRequestId = Text(request, "global_id"),
            BodySha256 = Text(request, "body_sha256"),
            BodySize = Member(request, "body_size") is { ValueKind: JsonValueKind.Number } size ? size.GetInt64() : null,
            Body = Element(request, "body"),
            Decision = Decision(Content("decision")),
            Backend = Backend(Content("backend")),
            DurationMs = Member(Content("timing"), "duration_ms") is { ValueKind: JsonValueKind.Number } ms ? ms.GetDouble() : null,
            Attachments = [.. attachments.Where(a => !AuditAttachment.Reserved.Contains(a.Name)).Select(a => new AuditAttachment(a.Name, a.TypeUri, a.Content))],
        };
    }

    private static List<(string Name, string TypeUri, JsonElement Content)> Attachments(JsonElement root)
    {
        var list = new List<(string Name, string TypeUri, JsonElement Content)>(6);
        if (Member(root, "attachments") is { ValueKind: JsonValueKind.Array } array)
        {
            foreach (var item in array.EnumerateArray())
                list.Add((Required(item, "name"), Required(item, "typeURI"), item.GetProperty("content")));
        }

        return list;
    }

    private static AuditInitiator Initiator(JsonElement e, JsonElement credential) => new()
    {
        TypeUri = Required(e, "typeURI"),
        Id = Required(e, "id"),
        Name = Text(e, "name"),
        Domain = Text(e, "domain"),
        ProjectId = Text(e, "project_id"),
        ProjectName = Text(e, "project_name"),
        ProjectDomainName = Text(e, "project_domain_name"),
        DomainId = Text(e, "domain_id"),
        DomainName = Text(e, "domain_name"),
        HostAddress = Text(Member(e, "host"), "address"),
        HostAgent = Text(Member(e, "host"), "agent"),
        Roles = List(credential, "roles"),
        AuthMethods = List(credential, "methods"),
        TokenAuditIds = List(credential, "audit_ids"),
        TokenIssuedAt = Time(credential, "issued_at"),
        TokenExpiresAt = Time(credential, "expires_at"),
        ApplicationCredentialId = Text(credential, "application_credential_id"),
        SystemScope = Text(credential, "system"),
        Forwarded = List(credential, "forwarded"),
    };

    private static AuditTarget Target(JsonElement e) => new()
    {
        TypeUri = Required(e, "typeURI"),
        Id = Required(e, "id"),
        Name = Text(e, "name"),
        ProjectId = Text(e, "project_id"),
        Cluster = Text(e, "cluster"),
    };

    private static AuditObserver Observer(JsonElement e) => new()
    {
        TypeUri = Required(e, "typeURI"),
        Id = Required(e, "id"),
        Name = Text(e, "name"),
    };

    private static AuditReason? Reason(JsonElement e) => e.ValueKind != JsonValueKind.Object ? null : new AuditReason
    {
        ReasonType = Text(e, "reasonType"),
        ReasonCode = Text(e, "reasonCode"),
        PolicyType = Text(e, "policyType"),
        PolicyId = Text(e, "policyId"),
        Code = Text(e, "code"),
        Text = Text(e, "text"),
    };

    private static AuditDecision? Decision(JsonElement e) => e.ValueKind != JsonValueKind.Object ? null : new AuditDecision
    {
        Rule = Required(e, "rule"),
        Text = Text(e, "text"),
        Allowed = e.GetProperty("allowed").GetBoolean(),
        Code = Text(e, "code"),
        Revision = Text(e, "revision"),
        Asked = Member(e, "asked") is { ValueKind: JsonValueKind.Array } asked
            ? [.. asked.EnumerateArray().Select(one => new AskedRule(Required(one, "rule"), one.GetProperty("allowed").GetBoolean(), Required(one, "code")))]
            : [],
        Caller = Element(e, "caller"),
        Target = Element(e, "target"),
        Tree = Element(e, "tree"),
    };

    private static AuditBackend? Backend(JsonElement e) => e.ValueKind != JsonValueKind.Object ? null : new AuditBackend
    {
        Cluster = Text(e, "cluster"),
        Destination = Text(e, "destination"),
        Status = Member(e, "status") is { ValueKind: JsonValueKind.Number } status ? status.GetInt32() : null,
        RequestId = Text(e, "request_id"),
    };

    private static JsonElement Member(JsonElement e, string name) =>
        e.ValueKind == JsonValueKind.Object && e.TryGetProperty(name, out var value) ? value : default;

    private static JsonText? Element(JsonElement e, string name) =>
        Member(e, name) is { ValueKind: not JsonValueKind.Undefined } value ? JsonText.Of(value) : null;

    private static string? Text(JsonElement e, string name) => Member(e, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    private static string Required(JsonElement e, string name) => Text(e, name) ?? throw new FormatException($"`{name}` is missing");

    private static DateTimeOffset? Time(JsonElement e, string name) =>
        Member(e, name) is { ValueKind: JsonValueKind.String } value ? value.GetDateTimeOffset() : null;

    private static IReadOnlyList<string> List(JsonElement e, string name) =>
        Member(e, name) is { ValueKind: JsonValueKind.Array } array ? [.. array.EnumerateArray().Select(v => v.GetString() ?? "")] : [];
}
