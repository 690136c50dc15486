using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.FrontDoor;
using Gateway.Identity;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Gateway.Tests.Identity;

public sealed class AuthenticatorTests : IDisposable
{
    private const string Issuer = "https://identity.example/v3";
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly string _keysFile = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.json");
    private readonly ServiceProvider _services;

    public AuthenticatorTests()
    {
        File.WriteAllText(_keysFile, $$"""{"keys": [{{Jwk(_key)}}]}""");
        _services = Services(new IssuerOptions { Issuer = Issuer, Audiences = ["compute"], KeysFile = _keysFile });
    }

    public void Dispose()
    {
        _services.Dispose();
        _key.Dispose();
        File.Delete(_keysFile);
    }

    [Theory]
    [InlineData("X-Auth-Token", "")]
    [InlineData("Authorization", "Bearer ")]
    public async Task Knows_the_bearer_of_a_valid_token(string header, string prefix)
    {
        var token = Token(Claims());
        for (var i = 0; i < 2; i++)
        {
            // The second time it comes from the cache.
            var passage = await AuthenticateAsync((header, prefix + token));
            Assert.False(passage.IsRefused(out var subject, out _));
            Assert.Equal("u1", subject!.UserId);
        }
    }

    [Fact]
    public async Task Tells_the_callers_token_from_a_services_of_the_same_issuer()
    {
        var (user, service) = (Token(Claims()), Token(Claims(sub: "nova", roles: "service admin")));
        for (var i = 0; i < 2; i++)
        {
            Assert.False((await AuthenticateAsync(("X-Auth-Token", user), ("X-Service-Token", service))).IsRefused(out var subject, out _));
            Assert.Equal(("u1", "nova"), (subject!.UserId, subject.Service!.UserId));
            Assert.Empty(subject.Roles);
            Assert.Equal(["service", "admin"], subject.Service.Roles);
        }

        // What is remembered of the caller is not that a service once called for him.
        Assert.False((await AuthenticateAsync(("X-Auth-Token", user))).IsRefused(out var alone, out _));
        Assert.Null(alone!.Service);

        Assert.True((await AuthenticateAsync(("X-Auth-Token", user), ("X-Service-Token", user))).IsRefused(out _, out var refusal));
        Assert.Equal((401, "service_token_role"), (refusal!.Status, refusal.Code));
        Assert.True((await AuthenticateAsync(("X-Auth-Token", user), ("X-Service-Token", service + "x"))).IsRefused(out _, out refusal));
        Assert.Equal((401, "service_token_signature"), (refusal!.Status, refusal.Code));
    }

    [Theory]
    [InlineData("at+jwt")]
    [InlineData("application/at+jwt")]
    public async Task Knows_access_tokens_by_their_type_with_and_without_its_prefix(string type) =>
        Assert.False((await AuthenticateAsync(("X-Auth-Token", Token(Claims(), type: type)))).IsRefused(out _, out _));

    [Fact]
    public async Task Tries_every_key_of_one_id()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var services = Services(new IssuerOptions { Issuer = Issuer, Audiences = ["compute"], KeysFile = _keysFile });
        await File.WriteAllTextAsync(_keysFile, $$"""{"keys": [{{Jwk(other)}}, {{Jwk(_key)}}]}""");

        Assert.False((await AuthenticateAsync(services, ("X-Auth-Token", Token(Claims())))).IsRefused(out _, out _));
        // By neither of them.
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.True((await AuthenticateAsync(services, ("X-Auth-Token", Token(Claims(), key: stranger)))).IsRefused(out _, out var refusal));
        Assert.Equal((401, "token_signature"), (refusal!.Status, refusal.Code));
    }

    [Fact]
    public async Task No_token_of_an_issuer_lives_longer_because_a_service_brings_it()
    {
        var expired = Token(Claims(exp: TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 3600));

        Assert.True((await AuthenticateAsync(("X-Auth-Token", expired), ("X-Service-Token", Token(Claims(sub: "nova", roles: "service"))))).IsRefused(out _, out var refusal));

        Assert.Equal((401, "token_expired"), (refusal!.Status, refusal.Code));
    }

    [Fact]
    public async Task Refuses_tokens_that_do_not_verify()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var valid = Token(Claims());
        var parts = valid.Split('.');
        var otherPayload = Base64UrlEncoder.Encode("""{"sub":"root"}""");
        (string What, string Token, string Code)[] cases =
        [
            ("expired", Token(Claims(exp: now - 3600)), "token_expired"),
            ("not yet valid", Token(Claims(nbf: now + 300)), "token_not_yet_valid"),
            ("without expiry", Token("""{"iss":"https://identity.example/v3","aud":"compute","sub":"u1"}"""), "token_invalid"),
            ("another audience", Token(Claims(aud: "image")), "token_audience"),
            ("another issuer", Token(Claims(iss: "https://evil.example")), "token_issuer_unknown"),
            ("another payload", $"{parts[0]}.{otherPayload}.{parts[2]}", "token_issuer_unknown"),
            ("a changed signature", $"{parts[0]}.{parts[1]}.{Base64UrlEncoder.Encode(new byte[64])}", "token_signature"),
            ("an unknown key id", Token(Claims(), kid: "k2"), "token_key_unknown"),
            ("no signature", $"{Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""")}.{parts[1]}.", "token_algorithm"),
            ("an HMAC with the public key", Hmac(Claims()), "token_algorithm"),
            ("a type that is no token", Token(Claims(), type: "logout+jwt"), "token_invalid"),
            ("without a user", Token(Claims(sub: string.Empty)), "token_without_user"),
            ("not a token at all", "gAAAAABopaque", "token_issuer_unknown"),
            ("five parts that are not encoded", $"{parts[0]}.a.b.c.d", "token_encrypted"),
            ("a path as key id", Token(Claims(), kid: "../../dev/null"), "token_key_unknown"),
        ];
        foreach (var (what, token, code) in cases)
        {
            var passage = await AuthenticateAsync(("X-Auth-Token", token));
            Assert.True(passage.IsRefused(out _, out var refusal), what);
            Assert.Equal((what, 401, code), (what, refusal!.Status, refusal.Code));
        }
    }

    [Theory]
    [InlineData("sub", "u1\r\nX-Roles: admin")]
    [InlineData("sub", "u1\nX-Roles: admin")]
    [InlineData("sub", "u\0")]
    [InlineData("openstack_user_name", "alice\rX-Roles: admin")]
    [InlineData("openstack_project_id", "p1\u007f")]
    [InlineData("openstack_project_name", "demo\u0085")]
    [InlineData("openstack_user_domain_name", "Default\r\n")]
    [InlineData("openstack_roles", "member\r\nX-Is-Admin-Project: True")]
    public async Task Refuses_a_token_that_would_become_more_headers_than_one(string claim, string value)
    {
        var claims = System.Text.Json.Nodes.JsonNode.Parse(Claims())!.AsObject();
        claims[claim] = value;
        Assert.True((await AuthenticateAsync(("X-Auth-Token", Token(claims.ToJsonString())))).IsRefused(out _, out var refusal));
        Assert.Equal((401, "token_control_character"), (refusal!.Status, refusal.Code));

        // In a list, too, the token is refused, not the one role.
        claims = System.Text.Json.Nodes.JsonNode.Parse(Claims())!.AsObject();
        claims["openstack_roles"] = new System.Text.Json.Nodes.JsonArray("member", value);
        Assert.True((await AuthenticateAsync(("X-Auth-Token", Token(claims.ToJsonString())))).IsRefused(out _, out refusal));
        Assert.Equal((401, "token_control_character"), (refusal!.Status, refusal.Code));
    }

    [Theory]
    [InlineData("X-Auth-Token")]
    [InlineData("X-Service-Token")]
    public async Task Takes_no_token_with_a_control_character(string header)
    {
        foreach (var control in "\r\n\0\t\u007f")
        {
            var token = Token(Claims());
            (string, string)[] headers = header == "X-Auth-Token" ? [(header, $"{token}{control}x")] : [("X-Auth-Token", token), (header, $"{token}{control}x")];
            Assert.True((await AuthenticateAsync(headers)).IsRefused(out _, out var refusal));
            Assert.EndsWith("token_malformed", refusal!.Code, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Refuses_a_request_without_one_clear_token()
    {
        (int Status, string Code, (string, string)[] Headers)[] cases =
        [
            (401, "token_missing", []),
            (401, "token_scheme", [("Authorization", "Basic YWxhZGRpbg==")]),
            (401, "token_malformed", [("X-Auth-Token", new string('a', 20_000))]),
            (400, "two_tokens", [("X-Auth-Token", "a"), ("Authorization", "Bearer a")]),
            (400, "storage_token", [("X-Auth-Token", "a"), ("X-Storage-Token", "a")]),
        ];
        foreach (var (status, code, headers) in cases)
        {
            Assert.True((await AuthenticateAsync(headers)).IsRefused(out _, out var refusal));
            Assert.Equal((status, code), (refusal!.Status, refusal.Code));
        }
    }

    [Fact]
    public async Task Says_unavailable_and_not_unauthorized_when_the_keys_cannot_be_read()
    {
        File.Delete(_keysFile);
        Assert.True((await AuthenticateAsync(("X-Auth-Token", Token(Claims())))).IsRefused(out _, out var refusal));
        Assert.Equal((503, "identity_unavailable"), (refusal!.Status, refusal.Code));
    }

    private static string Claims(
        string iss = Issuer, string aud = "compute", string sub = "u1", long? exp = null, long nbf = 0, string roles = "") =>
        JsonSerializer.Serialize(new { iss, aud, sub, nbf, openstack_roles = roles, exp = exp ?? TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 600 });

    private static string Jwk(ECDsa key)
    {
        var point = key.ExportParameters(false).Q;
        return JsonSerializer.Serialize(
            new { kty = "EC", crv = "P-256", use = "sig", alg = "ES256", kid = "k1", x = Base64UrlEncoder.Encode(point.X), y = Base64UrlEncoder.Encode(point.Y) });
    }

    private string Token(string claims, string kid = "k1", string type = "JWT", ECDsa? key = null)
    {
        var head = $"{Base64UrlEncoder.Encode(JsonSerializer.Serialize(new { alg = "ES256", typ = type, kid }))}.{Base64UrlEncoder.Encode(claims)}";
        return $"{head}.{Base64UrlEncoder.Encode((key ?? _key).SignData(Encoding.ASCII.GetBytes(head), HashAlgorithmName.SHA256))}";
    }

    private string Hmac(string claims)
    {
        var head = $"{Base64UrlEncoder.Encode("""{"alg":"HS256","typ":"JWT","kid":"k1"}""")}.{Base64UrlEncoder.Encode(claims)}";
        return $"{head}.{Base64UrlEncoder.Encode(HMACSHA256.HashData(_key.ExportSubjectPublicKeyInfo(), Encoding.ASCII.GetBytes(head)))}";
    }

    private static ServiceProvider Services(IssuerOptions issuer) => new ServiceCollection()
        .AddLogging()
        .AddSingleton(TimeProvider.System)
        .AddIdentity(new IdentityOptions { Issuers = [issuer] }, TimeProvider.System)
        .BuildServiceProvider();

    private Task<Passage<Subject>> AuthenticateAsync(params (string Name, string Value)[] headers) => AuthenticateAsync(_services, headers);

    private static async Task<Passage<Subject>> AuthenticateAsync(ServiceProvider services, params (string Name, string Value)[] headers)
    {
        // One scope a request, as the server does: the handlers live as long.
        await using var scope = services.CreateAsyncScope();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
        foreach (var (name, value) in headers) context.Request.Headers[name] = value;
        return await services.GetRequiredService<Authenticator>().AuthenticateAsync(context);
    }
}
