using System.Text;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>
/// What is wrong with a request, said in the API's own shapes; each in the record with its own reason, none at the backend.
/// The order of the checks is Nova's: size, token, microversion, content type, body.
/// </summary>
[Collection(nameof(RecordingGateway))]
public sealed class BadInputTests(RecordingGateway gateway)
{
    private const string Migrate = """{"migrate": null}""";
    private const string NotFound = "404 Not Found\n\nThe resource could not be found.\n";
    private const string Unauthorized =
        """{"error":{"code":401,"title":"Unauthorized","message":"The request you have made requires authentication."}}""";

    private static readonly string Id = RecordingBackend.ServerId;
    private static readonly int Cap = 114_688;

    public static TheoryData<string> Bodies => [.. BadBodies.Keys];

    public static TheoryData<string> Requests => [.. BadRequests.Keys];

    public static TheoryData<string> NoRequests => [.. NotHttp.Keys];

    /// <summary>Bodies of an action call in every other way in order: the fault's message and the reason in the record.</summary>
    private static readonly Dictionary<string, (byte[] Body, string Message, string Reason)> BadBodies = new(StringComparer.Ordinal)
    {
        ["empty object"] = (Utf8("{}"), "Malformed request body", "body_no_key"),
        ["two actions"] = (Utf8("""{"os-start": null, "os-stop": null}"""), "Malformed request body", "body_two_keys"),
        ["an allowed action first, a forbidden one second"] =
            (Utf8("""{"createBackup": {"name": "b", "backup_type": "", "rotation": 1}, "migrate": null}"""), "Malformed request body", "body_two_keys"),
        ["the same action twice"] = (Utf8("""{"migrate": null, "migrate": null}"""), "Malformed request body", "body_duplicate_key"),
        ["the same action twice, once escaped"] = (Utf8("""{"migrate": null, "\u006digrate": null}"""), "Malformed request body", "body_duplicate_key"),
        ["a member twice"] =
            (Utf8("""{"createBackup": {"name": "b", "backup_type": "", "rotation": 1, "rotation": 9}}"""), "Malformed request body", "body_duplicate_key"),
        ["nothing"] = ([], "Malformed request body", "body_empty"),
        ["spaces"] = (Utf8(" \r\n\t"), "Malformed request body", "body_empty"),
        ["array"] = (Utf8("""["migrate"]"""), "Malformed request body", "body_not_object"),
        ["string"] = (Utf8("\"migrate\""), "Malformed request body", "body_not_object"),
        ["null"] = (Utf8("null"), "Malformed request body", "body_not_object"),
        ["number"] = (Utf8("5"), "Malformed request body", "body_not_object"),
        ["no JSON"] = (Utf8("migrate"), "Malformed request body", "body_not_json"),
        ["trailing comma"] = (Utf8("""{"migrate": null,}"""), "Malformed request body", "body_not_json"),
        ["a comment"] = (Utf8("""{"migrate": null /* now */}"""), "Malformed request body", "body_not_json"),
        ["single quotes"] = (Utf8("{'migrate': null}"), "Malformed request body", "body_not_json"),
        ["a second document"] = (Utf8("""{"migrate": null}{"os-stop": null}"""), "Malformed request body", "body_not_json"),
        ["trailing NUL"] = (Utf8("{\"migrate\": null}\0"), "Malformed request body", "body_not_json"),
        ["cut short"] = (Utf8("""{"migrate": nu"""), "Malformed request body", "body_not_json"),
        ["not a number"] = (Utf8("""{"migrate": NaN}"""), "Malformed request body", "body_not_json"),
        ["byte order mark"] = ([0xEF, 0xBB, 0xBF, .. Utf8(Migrate)], "Malformed request body", "body_bom"),
        ["UTF-16"] = (Encoding.Unicode.GetBytes(Migrate), "Malformed request body", "body_not_json"),
        ["UTF-16 with its mark"] = ([0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Migrate)], "Malformed request body", "body_not_utf8"),
        ["broken UTF-8 in the key"] = (Latin1("{\"mi\u00ffgrate\": null}"), "Malformed request body", "body_not_utf8"),
        ["overlong UTF-8 in a value"] = (Latin1("{\"migrate\": \"\u00c0\u0080\"}"), "Malformed request body", "body_not_utf8"),
        ["half a surrogate pair in the key"] = (Utf8("""{"\ud800migrate": null}"""), "Malformed request body", "body_lone_surrogate"),
        ["half a surrogate pair in a value"] = (Utf8("""{"migrate": "\udc00"}"""), "Malformed request body", "body_lone_surrogate"),
        ["too deep"] = (Utf8($"{{\"migrate\": {new string('[', 40)}{new string(']', 40)}}}"), "Malformed request body", "body_too_deep"),
        ["too deep for a stack"] = (Utf8($"{{\"migrate\": {new string('[', 50_000)}{new string(']', 50_000)}}}"), "Malformed request body", "body_too_deep"),
        ["too many keys"] =
            (Utf8($"{{\"migrate\": {{{string.Join(',', Enumerable.Range(0, 6000).Select(i => $"\"k{i}\":1"))}}}}}"), "Malformed request body", "body_too_many_keys"),
        ["a number without end"] = (Utf8($"{{\"migrate\": {new string('9', 5000)}}}"), "Malformed request body", "body_number"),
        ["a number beyond all"] = (Utf8("""{"migrate": 1e400}"""), "Malformed request body", "body_number"),
        ["an unknown action"] = (Utf8("""{"os-fooBar": {}}"""), "There is no such action: os-fooBar", "unknown_action"),
        ["an action in the wrong case"] = (Utf8("""{"Migrate": null}"""), "There is no such action: Migrate", "unknown_action"),
        ["a look-alike letter"] = (Utf8("{\"loc\u212a\": null}"), "There is no such action: loc\u212a", "action_name"),
        ["a space before the action"] = (Utf8("""{" migrate": null}"""), "There is no such action:  migrate", "action_name"),
        ["an empty action"] = (Utf8("""{"": null}"""), "There is no such action: ", "action_name"),
        ["a line break in the action"] = (Utf8("""{"migrate\r\nX-Roles: admin": null}"""), "There is no such action: migrate\\r\\nX-Roles: admin", "action_name"),
    };

    /// <summary>Whole requests: status, body and the reason in the record.</summary>
    private static readonly Dictionary<string, (Func<RecordingGateway, RawRequest> Request, int Status, string Body, string Reason)> BadRequests =
        new(StringComparer.Ordinal)
        {
            // Who asks.
            ["no token"] = (_ => RawRequest.Action(null, Migrate), 401, Unauthorized, "token_missing"),
            ["an empty token"] = (_ => RawRequest.Action("", Migrate), 401, Unauthorized, "token_missing"),
            ["no token on any path"] = (_ => new RawRequest("GET", "/v2.1/servers/detail"), 401, Unauthorized, "token_missing"),
            ["a token that is none"] = (_ => RawRequest.Action("gAAAAABno-token-of-ours", Migrate), 401, Unauthorized, "token_issuer_unknown"),
            ["a password instead"] =
                (_ => RawRequest.Action(null, Migrate).With("Authorization: Basic YWxpY2U6YWxpY2UtcGFzc3dvcmQ="), 401, Unauthorized, "token_scheme"),
            ["an expired token"] = (g => RawRequest.Action(Token(g).Change(Expired).Signed(), Migrate), 401, Unauthorized, "token_expired"),
            ["a token of tomorrow"] = (g => RawRequest.Action(Token(g).Change(NotYetValid).Signed(), Migrate), 401, Unauthorized, "token_not_yet_valid"),
            ["a token without an end"] = (g => RawRequest.Action(Token(g).Change(WithoutEnd).Signed(), Migrate), 401, Unauthorized, "token_invalid"),
            ["a token for another service"] =
                (g => RawRequest.Action(Token(g).Change(t => t.Claims["aud"] = "storage").Signed(), Migrate), 401, Unauthorized, "token_audience"),
            ["a token of another issuer"] =
                (g => RawRequest.Action(Token(g).Change(t => t.Claims["iss"] = "http://keystone.example/v3").Signed(), Migrate), 401, Unauthorized,
                    "token_issuer_unknown"),
            ["a token of nobody"] =
                (g => RawRequest.Action(Token(g).Change(t => t.Claims.Remove("sub")).Signed(), Migrate), 401, Unauthorized, "token_without_user"),
            ["a token with more roles than were signed"] = (g => RawRequest.Action(Retold(g), Migrate), 401, Unauthorized, "token_signature"),
            ["a token of another key"] = (g => RawRequest.Action(Token(g).SignedByAnother(), Migrate), 401, Unauthorized, "token_signature"),
            ["a token of a key that nobody has"] =
                (g => RawRequest.Action(Token(g).Change(t => t.Header["kid"] = "../../dev/null").SignedByAnother(), Migrate), 401, Unauthorized,
                    "token_key_unknown"),
            ["an unsigned token"] =
                (g => RawRequest.Action(Token(g).Change(t => t.Header["alg"] = "none").Unsigned(), Migrate), 401, Unauthorized, "token_signature"),
            ["a token signed with the public key"] =
                (g => RawRequest.Action(Token(g).Change(t => t.Header["alg"] = "HS256").SignedWithThePublicKey(), Migrate), 401, Unauthorized,
                    "token_signature"),
            ["two tokens"] = (g => RawRequest.Action(g.Alice, Migrate).As(g.Admin), 400,
                Fault("The header 'X-Auth-Token' may be sent once only"), "header_repeated"),
            ["two kinds of token"] = (g => RawRequest.Action(g.Alice, Migrate).With($"Authorization: Bearer {g.Admin}"), 400,
                Fault("Send either 'X-Auth-Token' or 'Authorization', not both"), "two_tokens"),
            ["a token by its old name"] = (g => RawRequest.Action(null, Migrate).With($"X-Storage-Token: {g.Alice}"), 400,
                Fault("The header 'X-Storage-Token' is not accepted; send 'X-Auth-Token'"), "storage_token"),

            // How large.
            ["too large"] = (g => RawRequest.Action(g.Admin, Large(Cap + 1)), 413, "413 Payload Too Large\n\nRequest is too large.\n", "body_too_large"),
            ["too large, from nobody"] = (_ => RawRequest.Action(null, Large(Cap + 1)), 413, "413 Payload Too Large\n\nRequest is too large.\n", "body_too_large"),
            ["too large, for a client that reads JSON"] = (g => RawRequest.Action(g.Admin, Large(Cap + 1)).With("Accept: application/json"), 413,
                """{"message":"Request is too large.","code":"413 Payload Too Large","title":"Payload Too Large"}""", "body_too_large"),
            ["too large, in chunks"] = (g => RawRequest.Action(g.Admin, Large(Cap + 1)).Chunked(4096), 413,
                "413 Payload Too Large\n\nRequest is too large.\n", "body_too_large"),
            ["much too large, in chunks"] = (g => RawRequest.Action(g.Admin, Large(10 * Cap)).Chunked(65_536), 413,
                "413 Payload Too Large\n\nRequest is too large.\n", "body_too_large"),

            // What the body is said to be.
            ["compressed"] = (g => RawRequest.Action(g.Admin, Migrate).With("Content-Encoding: gzip"), 415,
                Fault("A Content-Encoding is not accepted", 415, "badMediaType"), "content_encoding"),
            ["compressed by nothing"] = (g => RawRequest.Action(g.Admin, Migrate).With("Content-Encoding: identity"), 415,
                Fault("A Content-Encoding is not accepted", 415, "badMediaType"), "content_encoding"),
            ["another charset"] = (g => Typed(g, "application/json; charset=utf-16"), 415,
                Fault("Unsupported Content-Type: the charset must be UTF-8", 415, "badMediaType"), "charset"),
            ["an old charset"] = (g => Typed(g, "application/json; charset=\"utf-7\""), 415,
                Fault("Unsupported Content-Type: the charset must be UTF-8", 415, "badMediaType"), "charset"),
            ["a form"] = (g => Typed(g, "application/x-www-form-urlencoded"), 415, Fault("Unsupported Content-Type", 415, "badMediaType"), "content_type"),
            ["XML"] = (g => Typed(g, "application/xml"), 415, Fault("Unsupported Content-Type", 415, "badMediaType"), "content_type"),
            ["two types"] = (g => RawRequest.Action(g.Admin, Migrate).With("Content-Type: text/plain"), 400,
                Fault("The header 'Content-Type' may be sent once only"), "header_repeated"),
            ["a body where none belongs"] = (g => new RawRequest("GET", "/v2.1/servers/detail").As(g.Alice).WithBody("{}"u8), 400,
                Fault("A request body is not accepted here"), "body_not_allowed"),

            // Which version.
            ["a version beyond the newest"] = (g => RawRequest.Action(g.Admin, Migrate).With("OpenStack-API-Version: compute 2.999"), 406,
                Fault("Version 2.999 is not supported by the API. Minimum is 2.1 and maximum is 2.96.", 406, "computeFault"), "microversion_out_of_range"),
            ["a version before the oldest"] = (g => RawRequest.Action(g.Admin, Migrate).With("X-OpenStack-Nova-API-Version: 2.0"), 406,
                Fault("Version 2.0 is not supported by the API. Minimum is 2.1 and maximum is 2.96.", 406, "computeFault"), "microversion_out_of_range"),
            ["a version that is none"] = (g => RawRequest.Action(g.Admin, Migrate).With("OpenStack-API-Version: compute 2.01"), 400,
                Fault("API Version String 2.01 is of invalid format. Must be of format MajorNum.MinorNum."), "microversion_malformed"),
            ["the newest version, loudly"] = (g => RawRequest.Action(g.Admin, Migrate).With("OpenStack-API-Version: compute LATEST"), 400,
                Fault("API Version String LATEST is of invalid format. Must be of format MajorNum.MinorNum."), "microversion_malformed"),
            ["two versions"] = (g => RawRequest.Action(g.Admin, Migrate).With("OpenStack-API-Version: compute 2.1, compute 2.60"), 400,
                Fault("The compute microversion may be sent once only"), "microversion_repeated"),
            ["an action before its version"] = (g => RawRequest.Action(g.Admin, """{"trigger_crash_dump": null}"""), 404,
                Fault("The resource could not be found.", 404, "itemNotFound"), "action_not_in_version"),

            // Of what types. The text is Nova's, Python's spelling of values included.
            ["a backup without a name"] = (g => RawRequest.Action(g.Alice, """{"createBackup": {"backup_type": "daily", "rotation": 1}}"""), 400,
                Fault("Invalid input for field/attribute createBackup. Value: {'backup_type': 'daily', 'rotation': 1}. 'name' is a required property"), "schema"),
            ["a backup kept less than never"] =
                (g => RawRequest.Action(g.Alice, """{"createBackup": {"name": "b", "backup_type": "daily", "rotation": -1}}"""), 400,
                    Fault("Invalid input for field/attribute rotation. Value: -1. -1 is less than the minimum of 0"), "schema"),
            ["a backup with a flag for a number"] =
                (g => RawRequest.Action(g.Alice, """{"createBackup": {"name": "b", "backup_type": "daily", "rotation": true}}"""), 400,
                    Fault("Invalid input for field/attribute rotation. Value: True. True is not of type 'integer', 'string'"), "schema"),
            ["a backup of nothing"] = (g => RawRequest.Action(g.Alice, """{"createBackup": null}"""), 400,
                Fault("Invalid input for field/attribute createBackup. Value: None. None is not of type 'object'"), "schema"),
            ["a live migration without its choices"] = (g => RawRequest.Action(g.Admin, """{"os-migrateLive": {"host": null}}"""), 400,
                Fault("Invalid input for field/attribute os-migrateLive. Value: {'host': None}. 'block_migration' is a required property"), "schema"),
            ["a state that is none"] = (g => RawRequest.Action(g.Admin, """{"os-resetState": {"state": "deleted"}}"""), 400,
                Fault("Invalid input for field/attribute state. Value: deleted. 'deleted' is not one of ['active', 'error']"), "schema"),
            ["a migration to a host of many"] =
                (g => RawRequest.Action(g.Admin, """{"migrate": {"host": ["host1"]}}""").With("OpenStack-API-Version: compute 2.56"), 400,
                    Fault("Invalid input for field/attribute host. Value: ['host1']. ['host1'] is not of type 'string', 'null'"), "schema"),
            ["a body error of a caller who may not"] = (g => RawRequest.Action(g.Alice, """{"os-resetState": {}}"""), 400,
                Fault("Invalid input for field/attribute os-resetState. Value: {}. 'state' is a required property"), "schema"),

            // Where.
            ["an unknown path"] = (g => At(g, "POST", "/v2.1/flying-carpets"), 404, NotFound, "operation_unknown"),
            ["an unknown path, for a client that reads JSON"] = (g => At(g, "POST", "/v2.1/flying-carpets").With("Accept: application/json"), 404,
                """{"message":"The resource could not be found.","code":"404 Not Found","title":"Not Found"}""", "operation_unknown"),
            ["no such method"] = (g => At(g, "PUT", RawRequest.ActionPath), 404, NotFound, "operation_unknown"),
            ["an administration path"] = (g => At(g, "GET", "/metrics"), 404, NotFound, "operation_unknown"),
            ["a method in lower case"] = (g => At(g, "post", RawRequest.ActionPath), 404, NotFound, "method_unknown"),
            ["a method of debuggers"] = (g => At(g, "TRACE", RawRequest.ActionPath), 404, NotFound, "method_unknown"),
            ["a method in the query"] = (g => At(g, "PUT", $"{RawRequest.ActionPath}?_method=POST"), 400,
                Fault("Malformed request URL: the query parameter '_method' is not accepted"), "method_override"),
            ["a method in the query, encoded"] = (g => At(g, "GET", $"/v2.1/servers/{Id}?x=1;%5Fmethod=DELETE"), 400,
                Fault("Malformed request URL: the query parameter '_method' is not accepted"), "method_override"),
            ["doubled slashes in front"] = (g => At(g, "POST", $"/{RawRequest.ActionPath}"), 404, NotFound, "path_not_canonical"),
            ["doubled slashes inside"] = (g => At(g, "POST", $"/v2.1//servers/{Id}/action"), 404, NotFound, "path_not_canonical"),
            ["an encoded slash"] = (g => At(g, "POST", $"/v2.1/servers/{Id}%2Faction"), 404, NotFound, "path_not_canonical"),
            ["an encoded letter"] = (g => At(g, "POST", $"/v2.1/servers/{Id}/%61ction"), 404, NotFound, "path_not_canonical"),
            ["a twice encoded letter"] = (g => At(g, "POST", $"/v2.1/servers/{Id}/%2561ction"), 404, NotFound, "path_not_canonical"),
            ["a backslash"] = (g => At(g, "POST", $"/v2.1/servers/{Id}\\action"), 404, NotFound, "path_not_canonical"),
            ["dots"] = (g => At(g, "POST", $"/v2.1/flavors/../servers/{Id}/action"), 404, NotFound, "path_not_canonical"),
            ["a dot"] = (g => At(g, "POST", $"/v2.1/./servers/{Id}/action"), 404, NotFound, "path_not_canonical"),
            ["encoded dots"] = (g => At(g, "POST", $"/v2.1/flavors/%2E%2E/servers/{Id}/action"), 404, NotFound, "path_not_canonical"),
            ["a path parameter"] = (g => At(g, "POST", $"/v2.1/servers/{Id};x=1/action"), 404, NotFound, "path_not_canonical"),
            ["an encoded line feed at the end"] = (g => At(g, "POST", $"{RawRequest.ActionPath}%0A"), 404, NotFound, "path_not_canonical"),
            ["a slash at the end"] = (g => At(g, "POST", $"{RawRequest.ActionPath}/"), 404, NotFound, "operation_unknown"),
            ["an action in capitals"] = (g => At(g, "POST", $"/v2.1/servers/{Id}/ACTION"), 404, NotFound, "operation_unknown"),
            ["a server id in capitals"] = (g => At(g, "POST", "/v2.1/servers/AAAAAAAA-2222-3333-4444-555555555555/action"), 404, NotFound, "operation_unknown"),
            ["a server id without dashes"] = (g => At(g, "POST", $"/v2.1/servers/{Id.Replace("-", "", StringComparison.Ordinal)}/action"), 404, NotFound,
                "operation_unknown"),
            ["another's address in the target"] = (g => At(g, "POST", $"http://elsewhere.example{RawRequest.ActionPath}")
                .Without("Host").With("Host: elsewhere.example"), 400,
                Fault("Malformed request URL: only a path is accepted as the request target"), "target_form"),
            ["another's project in the path"] = (g => At(g, "POST", $"/v2.1/{People.OtherProject}/servers/{Id}/action"), 400,
                Fault($"Malformed request URL: URL's project_id '{People.OtherProject}' doesn't match Context's project_id '{People.AdminProject}'"),
                "project_mismatch"),

            // Framing, and headers that another server could read differently.
            ["a length and chunks"] = (g => RawRequest.Action(g.Admin, Migrate).Chunked(8).With("Content-Length: 17"), 400,
                Fault("Content-Length and Transfer-Encoding cannot be sent together"), "content_length_and_transfer_encoding"),
            ["chunks of something"] = (g => RawRequest.Action(g.Admin, Migrate).Chunked(8).Without("Transfer-Encoding")
                .With("Transfer-Encoding: gzip, chunked"), 400, Fault("The only Transfer-Encoding accepted is 'chunked'"), "transfer_encoding"),
            ["an underscore in a name"] = (g => RawRequest.Action(g.Alice, Migrate).With($"X_Auth_Token: {g.Admin}"), 400,
                Fault("A header name with an underscore is not accepted: some servers read it as a dash"), "header_underscore"),
            ["a token to be dropped on the way"] = (g => RawRequest.Action(g.Admin, Migrate).With("Connection: X-Auth-Token"), 400,
                Fault("The Connection header names a header that must not be dropped"), "connection_nominates"),
            ["roles to be dropped on the way"] = (g => RawRequest.Action(g.Admin, Migrate).With("Connection: X-Roles"), 400,
                Fault("The Connection header names a header that must not be dropped"), "connection_nominates"),
            ["another protocol"] = (g => RawRequest.Action(g.Admin, Migrate).With("Connection: Upgrade", "Upgrade: h2c"), 400,
                Fault("This API does not change protocols"), "upgrade"),
        };

    private static readonly Dictionary<string, Func<RecordingGateway, byte[]>> NotHttp = new(StringComparer.Ordinal)
    {
        ["two lengths"] = g => With(g, "Content-Length: 18"),
        ["the same length twice"] = g => With(g, $"Content-Length: {Migrate.Length}"),
        ["two lengths in one"] = g => Instead(g, "Content-Length", $"{Migrate.Length}, {Migrate.Length}"),
        ["a length of hexadecimal digits"] = g => Instead(g, "Content-Length", "0x11"),
        ["a length with a plus"] = g => Instead(g, "Content-Length", "+17"),
        ["a length in words"] = g => Instead(g, "Content-Length", "seventeen, more or less"),
        ["a length with a minus"] = g => Instead(g, "Content-Length", "-17"),
        ["a length beyond all"] = g => Instead(g, "Content-Length", "99999999999999999999"),
        ["no host"] = g => RawRequest.Action(g.Admin, Migrate).Without("Host").ToBytes(),
        ["two hosts"] = g => With(g, "Host: elsewhere.example"),
        ["chunks that are none"] = g => With(g, "Transfer-Encoding: xchunked"),
        ["chunks before something"] = g => With(g, "Transfer-Encoding: chunked, identity"),
        ["a space before the colon"] = g => With(g, "X-Roles : admin"),
        ["a folded line"] = g => With(g, " admin"),
        ["a NUL in a value"] = g => With(g, "X-Note: a\0b"),
        ["a carriage return in a value"] = g => With(g, "X-Note: a\rX-Roles: admin"),
        ["an encoded NUL in the path"] = g => (RawRequest.Action(g.Admin, Migrate) with { Target = $"/v2.1/servers/{Id}%00/action" }).ToBytes(),
        ["header lines ended by line feeds"] = g =>
            Latin1($"POST {RawRequest.ActionPath} HTTP/1.1\nHost: a\nX-Auth-Token: {g.Admin}\nContent-Length: 17\n\n{Migrate}"),
        ["a chunk whose size is negative"] = g => (RawRequest.Action(g.Admin, Migrate).Chunked(8) with { Body = Utf8("-8\r\n{\"migrat\r\n0\r\n\r\n") }).ToBytes(),
        ["a chunk extension with a bare line feed"] =
            g => (RawRequest.Action(g.Admin, Migrate).Chunked(8) with { Body = Utf8($"11;a\n{Migrate}\r\n0\r\n\r\n") }).ToBytes(),
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Refuses_a_body(string name)
    {
        var (body, message, reason) = BadBodies[name];

        var answer = await RefusedAsync(RawRequest.Action(gateway.Admin, body), reason);

        Assert.Equal((400, Fault(message)), (answer.Status, answer.Body));
        Assert.Equal("application/json; charset=UTF-8", answer.Header("Content-Type"));
        Assert.Equal(("compute 2.1", "2.1"), (answer.Header("OpenStack-API-Version"), answer.Header("X-OpenStack-Nova-API-Version")));
        Assert.Equal(["OpenStack-API-Version", "X-OpenStack-Nova-API-Version"], answer.All("Vary"));
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Refuses_a_request(string name)
    {
        var (request, status, body, reason) = BadRequests[name];

        var answer = await RefusedAsync(request(gateway), reason);

        Assert.Equal((status, body), (answer.Status, answer.Body));
        Assert.Equal(
            body.StartsWith('{') ? "application/json; charset=UTF-8" : "text/plain; charset=UTF-8", answer.Header("Content-Type"));
        if (status == 401) Assert.Equal($"Keystone uri=\"{gateway.Process.Identity}v3\"", answer.Header("WWW-Authenticate"));
    }

    /// <summary>What the web server itself will not take for HTTP: answered before there is a request that could be recorded.</summary>
    [Theory]
    [MemberData(nameof(NoRequests))]
    public async Task Refuses_what_is_not_HTTP(string name)
    {
        var before = gateway.Backend.Received.Count;
        using var connection = await RawConnection.OpenAsync(gateway.Process.DataPort);

        await connection.SendAsync(NotHttp[name](gateway));

        var answer = await connection.ReadAsync();
        Assert.True(answer.Status == 400, $"{name}: {answer}");
        Assert.True(await connection.IsClosedAsync(), $"{name}: the connection stays open");
        Assert.Equal(before, gateway.Backend.Received.Count);
    }

    [Fact]
    public async Task Sends_nothing_on_for_a_client_that_leaves_within_its_body()
    {
        var (received, recorded) = (gateway.Backend.Received.Count, RecordedCalls.All(gateway.Process.Store)[^1].Sequence);
        using (var connection = await RawConnection.OpenAsync(gateway.Process.DataPort))
        {
            await connection.SendAsync(RawRequest.Action(gateway.Admin, Migrate).ToBytes()[..^3]);
        }

        var record = await Patience.UntilAsync(() => RecordedCalls.All(gateway.Process.Store)[^1], last => last.Sequence > recorded);

        Assert.Equal("refusal", record.Kind);
        // Which of the two is noticed first, the end of the connection or of the body, is chance.
        Assert.Contains(record.ReasonCode, new[] { "client_gone", "body_unreadable" });
        Assert.Equal(received, gateway.Backend.Received.Count);
    }

    [Fact]
    public async Task Keeps_no_token_and_no_password_in_the_record()
    {
        await gateway.SendAsync(RawRequest.Action(gateway.Alice, """{"changePassword": {"adminPass": "correct horse"}}"""));
        await gateway.SendAsync(RawRequest.Action(null, Migrate).With("Authorization: Basic YWxpY2U6YWxpY2UtcGFzc3dvcmQ="));

        var records = RecordedCalls.All(gateway.Process.Store);

        Assert.Contains(records, record => (string?)record.Content("decision")?["rule"] == "os_compute_api:os-admin-password");
        foreach (var secret in new[] { "correct horse", "YWxpY2U6YWxpY2UtcGFzc3dvcmQ=", gateway.Alice, gateway.Alice.Split('.')[2] })
        {
            Assert.DoesNotContain(records, record => record.ToString().Contains(secret, StringComparison.Ordinal));
            Assert.DoesNotContain(secret, gateway.Process.Output, StringComparison.Ordinal);
        }
    }

    /// <summary>One answer with its ids, one record with its reason, nothing new at the backend.</summary>
    private async Task<RawAnswer> RefusedAsync(RawRequest request, string reason)
    {
        var before = gateway.Backend.Received.Count;
        var answer = await gateway.SendAsync(request);

        Assert.True(answer.HasRequestIds, answer.ToString());
        var record = Assert.Single(RecordedCalls.Of(gateway.Process.Store, answer.RequestId));
        Assert.Equal(
            ("refusal", "failure", reason, answer.Status.ToString()), (record.Kind, record.Outcome, record.ReasonCode, record.Status));
        Assert.Equal(before, gateway.Backend.Received.Count);
        return answer;
    }

    private static SignedToken Token(RecordingGateway gateway) => new(gateway.Process, gateway.Admin);

    /// <summary>The rest of a token that was signed, around claims that were not.</summary>
    private static string Retold(RecordingGateway gateway)
    {
        var genuine = gateway.Alice.Split('.');
        var forged = new SignedToken(gateway.Process, gateway.Alice).Change(t => t.Claims["openstack_roles"]!.AsArray().Add("admin")).Signed().Split('.');
        return $"{genuine[0]}.{forged[1]}.{genuine[2]}";
    }

    private static void Expired(SignedToken token)
    {
        var now = TimeProvider.System.GetUtcNow();
        token.Claims["iat"] = now.AddHours(-2).ToUnixTimeSeconds();
        token.Claims["exp"] = now.AddHours(-1).ToUnixTimeSeconds();
    }

    private static void NotYetValid(SignedToken token) => token.Claims["nbf"] = TimeProvider.System.GetUtcNow().AddMinutes(30).ToUnixTimeSeconds();

    private static void WithoutEnd(SignedToken token) => token.Claims.Remove("exp");

    private static RawRequest At(RecordingGateway gateway, string method, string target) =>
        method == "GET" ? new RawRequest(method, target).As(gateway.Admin) : RawRequest.Action(gateway.Admin, Migrate) with { Method = method, Target = target };

    private static RawRequest Typed(RecordingGateway gateway, string type) =>
        RawRequest.Action(gateway.Admin, Migrate).Without("Content-Type").With($"Content-Type: {type}");

    private static byte[] With(RecordingGateway gateway, string header) => RawRequest.Action(gateway.Admin, Migrate).With(header).ToBytes();

    private static byte[] Instead(RecordingGateway gateway, string name, string value) =>
        RawRequest.Action(gateway.Admin, Migrate).Without(name).With($"{name}: {value}").ToBytes();

    private static byte[] Large(int size) => Utf8(Migrate.PadRight(size));

    private static string Fault(string message, int status = 400, string name = "badRequest") =>
        $$$"""{"{{{name}}}":{"code":{{{status}}},"message":"{{{message.Replace("\\", "\\\\", StringComparison.Ordinal)}}}"}}""";

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);
}
