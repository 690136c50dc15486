using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Gateway.Identity;

/// <summary>Reads the subject from Keystone's description of a token (Identity API v3, <c>GET /v3/auth/tokens</c>).</summary>
internal static class KeystoneTokenReader
{
    /// <exception cref="JsonException">It is not such a description, or says something that is not understood.</exception>
    /// <exception cref="SubjectMalformedException">A name or an id holds what no header can.</exception>
    public static Subject Read(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        if (Child(document.RootElement, "token") is not { } token) throw new JsonException("the answer holds no `token`");
        var user = Child(token, "user") ?? throw new JsonException("the token names no `user`");
        var project = Child(token, "project");
        var domain = Child(token, "domain");
        var credential = Child(token, "application_credential");
        return new Subject
        {
            UserId = Text(user, "id") ?? throw new JsonException("the token's `user` has no `id`"),
            UserName = Text(user, "name"),
            UserDomainId = Text(Child(user, "domain"), "id"),
            UserDomainName = Text(Child(user, "domain"), "name"),
            ProjectId = project is null ? null : Text(project, "id") ?? throw new JsonException("the token's `project` has no `id`"),
            ProjectName = Text(project, "name"),
            ProjectDomainId = Text(Child(project, "domain"), "id"),
            ProjectDomainName = Text(Child(project, "domain"), "name"),
            DomainId = Text(domain, "id"),
            DomainName = Text(domain, "name"),
            SystemScope = Child(token, "system") is { } system && system.TryGetProperty("all", out var all) && all.ValueKind == JsonValueKind.True ? "all" : null,
            // Roles travel in a header, joined by commas: a name that holds one would be two.
            Roles = [.. Items(token, "roles").Select(role => Text(role, "name") ?? throw new JsonException("a role has no `name`")).Where(name => !name.Contains(',', StringComparison.Ordinal))],
            IsAdminProject = token.TryGetProperty("is_admin_project", out var admin) ? admin.ValueKind == JsonValueKind.True : null,
            AuthMethods = Texts(token, "methods"),
            AuditIds = Texts(token, "audit_ids"),
            ApplicationCredentialId = Text(credential, "id"),
            AccessRules = credential is { } restricted ? RulesOf(restricted) : null,
            IssuedAt = Text(token, "issued_at") is { } issued ? Time(issued) : null,
            ExpiresAt = Time(Text(token, "expires_at") ?? throw new JsonException("the token has no `expires_at`")),
        };
    }

    /// <summary>A list, even an empty one, restricts; only its absence does not.</summary>
    private static AccessRules? RulesOf(JsonElement credential) =>
        !credential.TryGetProperty("access_rules", out var rules) || rules.ValueKind == JsonValueKind.Null ? null
        : rules.ValueKind == JsonValueKind.Array ? new AccessRules([.. rules.EnumerateArray().Select(RuleOf)])
        : throw new JsonException("`access_rules` is not a list");

    private static AccessRule RuleOf(JsonElement rule) => new(
        Text(rule, "service") ?? throw new JsonException("an access rule has no `service`"),
        Text(rule, "method") ?? throw new JsonException("an access rule has no `method`"),
        Text(rule, "path") ?? throw new JsonException("an access rule has no `path`"));

    private static JsonElement? Child(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } element && element.TryGetProperty(name, out var child) && child.ValueKind == JsonValueKind.Object ? child : null;

    private static string? Text(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } element && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 } text ? HeaderText.Of(text, name) : null;

    private static JsonElement.ArrayEnumerator Items(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : default;

    private static ImmutableArray<string> Texts(JsonElement parent, string name) =>
        [.. Items(parent, name).Where(item => item.ValueKind == JsonValueKind.String).Select(item => HeaderText.Of(item.GetString(), name)!)];

    private static DateTimeOffset Time(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : throw new JsonException($"`{text}` is not a time");
}
