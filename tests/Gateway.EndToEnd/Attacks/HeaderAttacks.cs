using static Gateway.EndToEnd.Attacks.Cases;

namespace Gateway.EndToEnd.Attacks;

/// <summary>82 to 90: what a client says of itself; 113, 121, 125: what it would like to plant or to find.</summary>
internal static class HeaderAttacks
{
    private const string Underscore = "A header name with an underscore is not accepted: some servers read it as a dash";
    private const string Nominated = "The Connection header names a header that must not be dropped";

    private static readonly string[] Identity =
    [
        "X-Identity-Status: Confirmed", "X-Roles: admin", "X-Role: admin", "X-User-Id: eve", "X-User-Name: eve", "X-User: eve", "X-Project-Id: eve", "X-Project-Name: eve",
        "X-Tenant: eve", "X-Tenant-Id: eve", "X-Tenant-Name: eve", "X-Domain-Id: eve", "X-User-Domain-Id: eve", "X-Project-Domain-Id: eve", "X-Is-Admin-Project: True",
        "X-Service-Identity-Status: Confirmed", "X-Service-Roles: service", "X-Service-User-Id: eve", "X-Service-Project-Id: eve", "X-Service-Catalog: []",
        "X-Gateway-Signature: v1=00", "X-Gateway-Timestamp: 1",
    ];

    public static readonly AttackCase[] All =
    [
        Forwarded("082 Identity in headers, for an allowed action", g => With(g, Identity)),
        Refused("082 Identity in headers, for a forbidden action", g => RawRequest.Action(g.Alice, Migrate).With(Identity), 403, "policy_denied",
            "Policy doesn't allow os_compute_api:os-migrate-server:migrate to be performed."),
        Refused("082 Identity in headers and no token", _ => RawRequest.Action(null, Migrate).With(Identity), 401, "token_missing"),
        Forwarded("083 The whole system in a header, for an allowed action", g => With(g, "OpenStack-System-Scope: all")),
        Refused("083 The whole system in a header, for a forbidden action", g => RawRequest.Action(g.Alice, Migrate).With("OpenStack-System-Scope: all"), 403, "policy_denied"),
        Refused("084 Roles with an underscore", g => RawRequest.Action(g.Alice, Migrate).With("X_Roles: admin"), 400, "header_underscore", Underscore),
        Refused("084 Another's token with underscores", g => RawRequest.Action(g.Alice, Migrate).With($"X_Auth_Token: {g.Admin}"), 400, "header_underscore", Underscore),
        Refused("084 Another's token with one underscore", g => RawRequest.Action(g.Alice, Migrate).With($"X-Auth_Token: {g.Admin}"), 400, "header_underscore", Underscore),
        Refused("084 A length with an underscore", g => With(g, "Content_Length: 4"), 400, "header_underscore", Underscore),
        Refused("085 Two tokens, in letters of two kinds", g => new RawRequest("POST", RawRequest.ActionPath).With($"x-auth-token: {g.Alice}", $"X-AUTH-TOKEN: {g.Admin}")
            .With("Content-Type: application/json").WithBody(Utf8(Migrate)), 400, "header_repeated", "The header 'X-Auth-Token' may be sent once only"),
        Forwarded("085 A token in capitals", g => RawRequest.Action(null, Migrate).With($"X-AUTH-TOKEN: {g.Admin}")),
        Refused("086 A token to be dropped on the way", g => With(g, "Connection: X-Auth-Token"), 400, "connection_nominates", Nominated),
        Refused("086 Roles to be dropped on the way", g => With(g, "Connection: X-Roles"), 400, "connection_nominates", Nominated),
        Refused("086 A token to be dropped on the way, after a word that belongs there", g => With(g, "Connection: close, X-Auth-Token"), 400, "connection_nominates", Nominated),
        Refused("086 A type to be dropped on the way, before a word that belongs there", g => With(g, "Connection: Content-Type, keep-alive"), 400, "connection_nominates", Nominated),
        Refused("086 A version to be dropped on the way, in a second header",
            g => With(g, "OpenStack-API-Version: compute 2.30", "Connection: keep-alive", "Connection: OpenStack-API-Version"), 400, "connection_nominates", Nominated),
        Refused("086 The framing to be dropped on the way", g => With(g, "Connection: Transfer-Encoding"), 400, "connection_nominates", Nominated),
        Refused("086 A word that is not ASCII", g => With(g, "Connection: clo\u00e9"), 400, "connection_nominates", Nominated),
        Refused("087 Two tokens", g => RawRequest.Action(g.Alice, Migrate).As(g.Admin), 400, "header_repeated", "The header 'X-Auth-Token' may be sent once only"),
        Refused("087 Two kinds of token", g => RawRequest.Action(g.Alice, Migrate).With($"Authorization: Bearer {g.Admin}"), 400, "two_tokens",
            "Send either 'X-Auth-Token' or 'Authorization', not both"),
        Refused("087 A token by its old name", g => RawRequest.Action(null, Migrate).With($"X-Storage-Token: {g.Alice}"), 400, "storage_token",
            "The header 'X-Storage-Token' is not accepted; send 'X-Auth-Token'"),
        Refused("087 A token by both its names", g => RawRequest.Action(g.Alice, Migrate).With($"X-Storage-Token: {g.Admin}"), 400, "storage_token"),
        Forwarded("088 An address of the client's own making", g => With(g, "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Host: eve.example", "X-Forwarded-Proto: https",
            "X-Forwarded-Port: 1", "Forwarded: for=6.6.6.6;host=eve.example", "X-Real-IP: 6.6.6.6", "X-Client-IP: 6.6.6.6", "True-Client-IP: 6.6.6.6", "Via: 1.1 eve")),
        Forwarded("089 A request id of ten thousand letters", g => With(g, $"X-OpenStack-Request-ID: req-{new string('a', 10_000)}")),
        Forwarded("089 A request id with more behind it", g => With(g, "X-OpenStack-Request-ID: req-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee X-Roles: admin")),
        Forwarded("089 A trace that is none", g => With(g, $"traceparent: {new string('0', 10_000)}", $"tracestate: {new string('x', 10_000)}")),
        Forwarded("089 A trace with more behind it", g => With(g, "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, x")),
        Forwarded("089 Two traces", g => With(g, "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "traceparent: 00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")),
        Forwarded("089 A client's name that no header can carry", g => With(g, "User-Agent: caf\u00c3\u00a9")),
        Refused("090 Two versions", g => With(g, "OpenStack-API-Version: compute 2.1, compute 2.60"), 400, "microversion_repeated",
            "The compute microversion may be sent once only"),
        Refused("090 Two versions in two headers", g => With(g, "OpenStack-API-Version: compute 2.1", "OpenStack-API-Version: compute 2.60"), 400, "microversion_repeated",
            "The compute microversion may be sent once only"),
        Refused("090 Two versions by the old name", g => With(g, "X-OpenStack-Nova-API-Version: 2.1", "X-OpenStack-Nova-API-Version: 2.60"), 400, "header_repeated",
            "The header 'X-OpenStack-Nova-API-Version' may be sent once only"),
        Forwarded("090 The newest version", g => With(g, "OpenStack-API-Version: compute latest")),
        Refused("090 The newest version, loudly", g => With(g, "OpenStack-API-Version: compute LATEST"), 400, "microversion_malformed"),
        Refused("090 An action before its version", g => RawRequest.Action(g.Admin, """{"trigger_crash_dump": null}"""), 404, "action_not_in_version",
            "The resource could not be found."),
        Refused("090 An action after its version", g => RawRequest.Action(g.Admin, """{"addFixedIp": {"networkId": "1"}}""").With("OpenStack-API-Version: compute 2.44"), 404,
            "action_not_in_version", "The resource could not be found."),
        Refused("090 A host for a migration, in the version that has one", g => RawRequest.Action(g.Alice, """{"migrate": {"host": "host1"}}""")
            .With("X-OpenStack-Nova-API-Version: 2.56"), 403, "policy_denied"),

        Unrouted("113 A brace in the project", $"/v2.1/%7B{People.AdminProject}%7D/servers/{Id}/action"),
        Unrouted("113 A line break in the project", $"/v2.1/{People.AdminProject}%0A/servers/{Id}/action", "path_not_canonical"),
        Unrouted("113 A star in the project", $"/v2.1/*/servers/{Id}/action"),

        Secret("121 A password", $$$"""{"changePassword": {"adminPass": "{{{AttackWatch.Canary}}}"}}""", "changePassword"),
        Secret("121 A password of a rescue", $$$"""{"rescue": {"adminPass": "{{{AttackWatch.Canary}}}"}}""", "rescue"),
        Secret("121 A password, data, and properties of a rebuild",
            $$$"""
              {"rebuild": {"imageRef": "7c9f2a1e-5b0d-4c55-9d8e-0a1b2c3d4e01", "adminPass": "{{{AttackWatch.Canary}}}",
               "metadata": {"db": "{{{AttackWatch.Canary}}}"}, "personality": [{"path": "/root/key", "contents": "{{{AttackWatch.Base64Canary}}}"}]}}
              """, "rebuild"),
        Secret("121 A password below a name that may hold anything", $$$"""{"lock": {"deep": [{"adminPass": "{{{AttackWatch.Canary}}}"}]}}""", "lock"),
        Refused("121 A password of the wrong kind, which the fault would show",
            g => RawRequest.Action(g.Admin, $$$"""{"changePassword": {"adminPass": ["{{{AttackWatch.Canary}}}"]}}"""), 400, "schema"),
        Refused("121 A password under a name too many, which the fault would show",
            g => RawRequest.Action(g.Admin, $$$"""{"changePassword": {"adminPass": "{{{AttackWatch.Canary}}}", "adminpass2": 1}}"""), 400, "schema"),
        Refused("121 A password of someone who may not", g => RawRequest.Action(g.Bob, $$$"""{"changePassword": {"adminPass": "{{{AttackWatch.Canary}}}"}}"""), 404,
            "target_of_another_project"),
        Refused("121 A password for a service of another kind", _ => RawRequest.Action(null, Migrate).With($"Authorization: Basic {AttackWatch.Base64Canary}"), 401,
            "token_scheme"),

        Unrouted("125 The metrics", "/metrics"),
        Unrouted("125 The health", "/healthz/ready"),
        Unrouted("125 The record", "/admin/audit"),
        Unrouted("125 The rules", "/admin/policy"),
        Unrouted("125 The console", "/console"),
    ];

    private static AttackCase Secret(string name, string body, string action) => Forwarded(name, g => RawRequest.Action(g.Admin, body), action);

    private static AttackCase Unrouted(string name, string target, string code = "operation_unknown") => Refused(
        name, g => At(g, target.EndsWith("/action", StringComparison.Ordinal) ? "POST" : "GET", target), 404, code, "The resource could not be found.");
}
