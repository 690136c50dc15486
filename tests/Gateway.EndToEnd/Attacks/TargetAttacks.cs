using static Gateway.EndToEnd.Attacks.Cases;

namespace Gateway.EndToEnd.Attacks;

/// <summary>67 to 81: paths, methods, and what else says what is asked.</summary>
internal static class TargetAttacks
{
    private const string MethodInQuery = "Malformed request URL: the query parameter '_method' is not accepted";
    private const string OverrideHeader = "A header that overrides the method is not accepted";

    public static readonly AttackCase[] All =
    [
        Unrouted("067 Doubled slashes in front", "POST", $"/{RawRequest.ActionPath}"),
        Unrouted("067 Doubled slashes after the version", "POST", $"/v2.1//servers/{Id}/action"),
        Unrouted("067 Doubled slashes before the action", "POST", $"/v2.1/servers/{Id}//action"),
        Unrouted("067 Doubled slashes at the end", "POST", $"{RawRequest.ActionPath}//"),
        Unrouted("068 Dots that lead back", "POST", $"/v2.1/flavors/../servers/{Id}/action"),
        Unrouted("068 A dot that leads nowhere", "POST", $"/v2.1/./servers/{Id}/action"),
        Unrouted("068 Dots that lead back, encoded", "POST", $"/v2.1/flavors/%2E%2E/servers/{Id}/action"),
        Unrouted("068 Dots that lead back, encoded in small letters", "POST", $"/v2.1/flavors/%2e%2e/servers/{Id}/action"),
        Unrouted("068 Dots at the end", "POST", $"{RawRequest.ActionPath}/.."),
        Unrouted("069 A letter encoded twice", "POST", $"/v2.1/servers/{Id}/%2561ction"),
        Unrouted("069 Dots encoded twice", "POST", $"/v2.1/flavors/%252e%252e/servers/{Id}/action"),
        Unrouted("070 An encoded slash", "POST", $"/v2.1/servers/{Id}%2Faction"),
        Unrouted("070 An encoded slash in small letters", "POST", $"/v2.1/servers/{Id}%2faction"),
        Unrouted("070 A backslash", "POST", $"/v2.1/servers/{Id}\\action"),
        Unrouted("070 An encoded backslash", "POST", $"/v2.1/servers/{Id}%5Caction"),
        Unrouted("070 An encoded backslash in small letters", "POST", $"/v2.1/servers/{Id}%5caction"),
        Unrouted("071 A letter encoded without need", "POST", $"/v2.1/servers/{Id}/%61ction"),
        Unrouted("071 A digit of the server's id encoded without need", "POST", $"/v2.1/servers/%31{Id[1..]}/action"),
        Unrouted("072 A slash at the end", "POST", $"{RawRequest.ActionPath}/", "operation_unknown"),
        Unrouted("072 A type at the end", "POST", $"{RawRequest.ActionPath}.json", "operation_unknown"),
        Unrouted("072 A parameter of the path's last segment", "POST", $"{RawRequest.ActionPath};x=1"),
        Unrouted("072 A parameter of the server's id", "POST", $"/v2.1/servers/{Id};x=1/action"),
        Unrouted("072 An encoded blank at the end", "POST", $"{RawRequest.ActionPath}%20", "operation_unknown"),
        Unrouted("072 An encoded fragment", "POST", $"{RawRequest.ActionPath}%23x", "operation_unknown"),
        Unrouted("072 A fragment", "POST", $"{RawRequest.ActionPath}#x"),
        Unrouted("072 An encoded question mark", "POST", $"{RawRequest.ActionPath}%3Fx", "operation_unknown"),
        Unrouted("072 An encoded question mark in small letters", "POST", $"{RawRequest.ActionPath}%3fx"),
        Unrouted("072 An encoded line feed at the end", "POST", $"{RawRequest.ActionPath}%0A"),
        Refused("072 A fragment in the query", g => At(g, "POST", $"{RawRequest.ActionPath}?a#x"), 400, "query_malformed",
            "Malformed request URL: the query holds a character that is not allowed"),
        Refused("072 Two parameters or one, parted by a semicolon", g => At(g, "GET", "/v2.1/servers/detail?all_tenants=0;all_tenants=1"), 400, "query_malformed",
            "Malformed request URL: the query holds a character that is not allowed"),
        Refused("074 An octet of no alphabet in the query", g => At(g, "GET", $"/v2.1/servers/detail?project_id={People.OtherProject}%FF"), 400, "query_malformed",
            "Malformed request URL: the query's percent-encoding is not that of a text in UTF-8"),
        Unrouted("073 The action in capitals", "POST", $"/v2.1/servers/{Id}/ACTION", "operation_unknown"),
        Unrouted("073 The servers in capitals", "POST", $"/v2.1/SERVERS/{Id}/action", "operation_unknown"),
        Unrouted("073 The version in capitals", "POST", $"/V2.1/servers/{Id}/action", "operation_unknown"),
        Unrouted("073 A server's id in capitals", "POST", "/v2.1/servers/AAAAAAAA-2222-3333-4444-555555555555/action", "operation_unknown"),
        Unrouted("073 A server's id without dashes", "POST", $"/v2.1/servers/{Id.Replace("-", "", StringComparison.Ordinal)}/action", "operation_unknown"),
        Unrouted("074 An octet of no alphabet in the server's id", "POST", $"/v2.1/servers/{Id}%ff/action"),
        Unrouted("074 An octet of no alphabet in capitals", "POST", $"/v2.1/servers/{Id}%FF/action"),
        Unrouted("074 A dot in more bytes than it needs", "POST", $"/v2.1/servers/%C0%AE%C0%AE/{Id}/action"),
        Unrouted("074 A line break and a header in the server's id", "POST", $"/v2.1/servers/{Id}%0d%0aX-Roles:admin/action"),
        Unrouted("074 A line break and a header in the server's id, in capitals", "POST", $"/v2.1/servers/{Id}%0D%0AX-Roles:admin/action"),
        Unrouted("074 A name where an id belongs", "POST", "/v2.1/servers/web/action", "operation_unknown"),
        Unrouted("074 Half an encoding", "POST", $"/v2.1/servers/{Id}%2/action"),
        Refused("075 Another's project in the path", g => At(g, "POST", $"/v2.1/{People.OtherProject}/servers/{Id}/action"), 400, "project_mismatch",
            $"Malformed request URL: URL's project_id '{People.OtherProject}' doesn't match Context's project_id '{People.AdminProject}'"),
        Forwarded("075 The caller's own project in the path", g => At(g, "POST", $"/v2.1/{People.AdminProject}/servers/{Id}/action")),
        Forwarded("075 The older version's path", g => At(g, "POST", $"/v2/servers/{Id}/action")),
        Unrouted("076 A method in small letters", "post", RawRequest.ActionPath, "method_unknown"),
        Unrouted("076 A method in letters of both kinds", "PoST", RawRequest.ActionPath, "method_unknown"),
        Unrouted("077 PUT on the action's path", "PUT", RawRequest.ActionPath, "operation_unknown"),
        Unrouted("077 PATCH on the action's path", "PATCH", RawRequest.ActionPath, "operation_unknown"),
        Unrouted("077 GET on the action's path", "GET", RawRequest.ActionPath, "operation_unknown"),
        Unrouted("077 DELETE on the action's path", "DELETE", RawRequest.ActionPath, "operation_unknown"),
        Refused("077 GET with a body", g => new RawRequest("GET", "/v2.1/servers/detail").As(g.Alice).WithBody(Utf8(Migrate)), 400, "body_not_allowed",
            "A request body is not accepted here"),
        Refused("077 GET with a body in chunks", g => new RawRequest("GET", "/v2.1/servers/detail").As(g.Alice).WithBody(Utf8(Migrate)).Chunked(8), 400, "body_not_allowed",
            "A request body is not accepted here"),
        Refused("078 A method in the query", g => At(g, "PUT", $"{RawRequest.ActionPath}?_method=POST"), 400, "method_override", MethodInQuery),
        Refused("078 A method in the query, encoded", g => At(g, "GET", $"/v2.1/servers/{Id}?x=1&%5Fmethod=DELETE"), 400, "method_override", MethodInQuery),
        Refused("078 A method in the query, behind a semicolon", g => At(g, "GET", $"/v2.1/servers/{Id}?x=1;_method=DELETE"), 400, "method_override", MethodInQuery),
        Refused("078 A method in a header", g => With(g, "X-HTTP-Method-Override: DELETE"), 400, "method_override", OverrideHeader),
        Refused("078 A method in a header by another name", g => With(g, "x-method-override: PUT"), 400, "method_override", OverrideHeader),
        Refused("078 A method in a header by a third name", g => With(g, "X-HTTP-Method: PATCH"), 400, "method_override", OverrideHeader),
        Unrouted("079 A method of debuggers", "TRACE", RawRequest.ActionPath, "method_unknown"),
        Unrouted("079 A method that asks for methods", "OPTIONS", RawRequest.ActionPath, "method_unknown"),
        Refused("079 A method that asks for methods of everything", g => At(g, "OPTIONS", "*"), 400, "target_form",
            "Malformed request URL: only a path is accepted as the request target"),
        new("079 A tunnel to a path", g => Latin1($"CONNECT {RawRequest.ActionPath} HTTP/1.1\r\nHost: a\r\nX-Auth-Token: {g.Admin}\r\n\r\n"),
            new Refused(404, "method_unknown")),
        new("079 A tunnel to another host", g => Latin1($"CONNECT elsewhere.example:22 HTTP/1.1\r\nHost: elsewhere.example:22\r\nX-Auth-Token: {g.Admin}\r\n\r\n"),
            new Refused(400, "target_form")),
        Forwarded("080 Other targets in headers, for an allowed action", g => With(g, Rewritten)),
        Refused("080 Other targets in headers, for a forbidden action", g => RawRequest.Action(g.Alice, Migrate).With(Rewritten), 403, "policy_denied",
            "Policy doesn't allow os_compute_api:os-migrate-server:migrate to be performed."),

        // What acts on a server without being one of its actions, by someone whose server it is not.
        OfAnother("081 A volume attached to another's server", "POST", $"/v2.1/servers/{Id}/os-volume_attachments",
            """{"volumeAttachment": {"volumeId": "99999999-9999-9999-9999-999999999999"}}"""),
        OfAnother("081 A console of another's server", "POST", $"/v2.1/servers/{Id}/remote-consoles", """{"remote_console": {"protocol": "vnc", "type": "novnc"}}""",
            "OpenStack-API-Version: compute 2.60"),
        OfAnother("081 An interface of another's server", "POST", $"/v2.1/servers/{Id}/os-interface", """{"interfaceAttachment": {}}"""),
        OfAnother("081 Another's server changed", "PUT", $"/v2.1/servers/{Id}", """{"server": {"name": "mine"}}"""),
        OfAnother("081 Another's server deleted", "DELETE", $"/v2.1/servers/{Id}", null),
        OfAnother("081 Another's server's password read", "GET", $"/v2.1/servers/{Id}/os-server-password", null),
        Unrouted("081 An action as a path of its own", "POST", $"/v2.1/servers/{Id}/reboot", "operation_unknown"),
        Unrouted("081 A path that only a newer compute service has", "POST", $"/v2.1/servers/{Id}/os-flying-carpet", "operation_unknown"),
        Forwarded("081 A server changed by an administrator", g => At(g, "PUT", $"/v2.1/servers/{Id}").WithBody(Utf8("""{"server": {"name": "kept"}}""")), null),
    ];

    private static string[] Rewritten =>
    [
        "X-Original-URL: /v2.1/os-services", "X-Rewrite-URL: /v2.1/os-services", "X-Forwarded-Uri: /v2.1/os-services", "X-Forwarded-Prefix: /v2.1/flavors/..",
        "X-Forwarded-Path: /v2.1/os-services", "X-Original-Method: GET",
    ];

    private static AttackCase Unrouted(string name, string method, string target, string code = "path_not_canonical") =>
        Refused(name, g => At(g, method, target), 404, code, "The resource could not be found.");

    private static AttackCase OfAnother(string name, string method, string target, string? body, params string[] headers) => Refused(
        name, g => (body is null ? new RawRequest(method, target).As(g.Bob) : RawRequest.Action(g.Bob, body) with { Method = method, Target = target }).With(headers),
        404, "target_of_another_project", $"Instance {Id} could not be found.");
}
