using System.Text;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>
/// What is wrong with a request in all innocence, said in the API's own shapes; each in the record with its own reason, none at the backend.
/// The order of the checks is Nova's: size, token, microversion, content type, body. What somebody meant to be wrong is in <c>Attacks</c>.
/// </summary>
[Collection(nameof(RecordingGateway))]
public sealed class BadInputTests(RecordingGateway gateway)
{
    private const string Migrate = """{"migrate": null}""";
    private const string NotFound = "404 Not Found\n\nThe resource could not be found.\n";
    private const string Unauthorized =
        """{"error":{"code":401,"title":"Unauthorized","message":"The request you have made requires authentication."}}""";

    private static readonly int Cap = 114_688;

    public static TheoryData<string> Requests => [.. BadRequests.Keys];

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
                (g => RawRequest.Action(Token(g).Change(t => t.Header["alg"] = "none").Unsigned(), Migrate), 401, Unauthorized, "token_algorithm"),
            ["a token signed with the public key"] =
                (g => RawRequest.Action(Token(g).Change(t => t.Header["alg"] = "HS256").SignedWithThePublicKey(), Migrate), 401, Unauthorized,
                    "token_algorithm"),

            // How large.
            ["too large, for a client that reads JSON"] = (g => RawRequest.Action(g.Admin, Large(Cap + 1)).With("Accept: application/json"), 413,
                """{"message":"Request is too large.","code":"413 Payload Too Large","title":"Payload Too Large"}""", "body_too_large"),

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
        };

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

    private static byte[] Large(int size) => Utf8(Migrate.PadRight(size));

    private static string Fault(string message, int status = 400, string name = "badRequest") =>
        $$$"""{"{{{name}}}":{"code":{{{status}}},"message":"{{{message.Replace("\\", "\\\\", StringComparison.Ordinal)}}}"}}""";

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
