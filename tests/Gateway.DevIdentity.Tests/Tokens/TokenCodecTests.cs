using System.Buffers.Text;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Gateway.DevIdentity.Tests.Tokens;

/// <summary>Tokens as a verifier sees them that knows only the published key.</summary>
public sealed class TokenCodecTests
{
    [Fact]
    public async Task Signs_project_tokens_with_the_published_key()
    {
        await using var identity = await RunningIdentity.StartAsync();
        var (token, document) = await identity.LogInAsync("alice", Some.InDemo);

        var key = (await identity.Http.GetFromJsonAsync<JsonObject>(new Uri("/.well-known/jwks.json", UriKind.Relative)))!["keys"]![0]!;
        var (header, claims) = Verified(token, key);

        Assert.Equal($$"""{"alg":"ES256","typ":"JWT","kid":"{{key["kid"]}}"}""", header.ToJsonString());
        Assert.Equal(
            $$"""
            {"iss":"{{identity.Url}}/v3","aud":"compute","sub":"e2eb87225491f0cf3e9c3812d5d337ee","iat":1772366400,"exp":1772370000,
            "openstack_methods":["password"],"openstack_audit_ids":["{{document["audit_ids"]![0]}}"],
            "openstack_user_name":"alice","openstack_user_domain_id":"default",
            "openstack_project_id":"d799dd2d294cd5344e7bdd6ee4c62554","openstack_project_name":"demo","openstack_project_domain_id":"default",
            "openstack_roles":["member","reader"]}
            """.ReplaceLineEndings(""),
            claims.ToJsonString());
    }

    [Fact]
    public async Task Publishes_one_P256_key_and_nothing_of_its_private_half()
    {
        await using var identity = await RunningIdentity.StartAsync();

        var keys = (await identity.Http.GetFromJsonAsync<JsonObject>(new Uri("/.well-known/jwks.json", UriKind.Relative)))!["keys"]!.AsArray();

        var key = Assert.Single(keys)!.AsObject();
        Assert.Equal(["kty", "crv", "use", "alg", "kid", "x", "y"], key.Select(member => member.Key));
        Assert.Equal(("EC", "P-256", "sig", "ES256"), ((string)key["kty"]!, (string)key["crv"]!, (string)key["use"]!, (string)key["alg"]!));
    }

    [Theory]
    [InlineData("admin", Some.System, "openstack_system", "all", """["admin","member","reader"]""")]
    [InlineData("rita", Some.InDemo, "openstack_project_id", Some.DemoId, """["reader"]""")]
    public async Task Names_the_scope_and_the_roles_on_it(string user, string scope, string claim, string value, string roles)
    {
        await using var identity = await RunningIdentity.StartAsync();

        var claims = ClaimsOf((await identity.LogInAsync(user, scope)).Token);

        Assert.Equal(value, (string)claims[claim]!);
        Assert.Equal(roles, claims["openstack_roles"]!.ToJsonString());
    }

    [Fact]
    public async Task Names_no_scope_and_no_roles_in_an_unscoped_token()
    {
        await using var identity = await RunningIdentity.StartAsync();

        var claims = ClaimsOf((await identity.LogInAsync("alice")).Token);

        Assert.Equal(
            ["iss", "aud", "sub", "iat", "exp", "openstack_methods", "openstack_audit_ids", "openstack_user_name", "openstack_user_domain_id", "openstack_roles"],
            claims.Select(claim => claim.Key));
        Assert.Empty(claims["openstack_roles"]!.AsArray());
    }

    [Fact]
    public async Task Accepts_no_token_with_a_changed_character()
    {
        await using var identity = await RunningIdentity.StartAsync();
        var (token, _) = await identity.LogInAsync("alice", Some.InDemo);

        // Every tenth place, in all three parts; the last character of a part may hold unused bits only, so it is left out.
        var last = token.Length - 1;
        for (var i = 0; i < last; i += 10)
        {
            if (token[i] == '.' || token[i + 1] == '.') continue;
            var changed = $"{token[..i]}{(token[i] == 'A' ? 'B' : 'A')}{token[(i + 1)..]}";
            using var answer = await identity.SendAsync(HttpMethod.Get, "/v3/auth/tokens", token, changed);
            Assert.Equal(404, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task Accepts_no_token_of_another_service()
    {
        await using var other = await RunningIdentity.StartAsync();
        await using var identity = await RunningIdentity.StartAsync();
        var (foreign, _) = await other.LogInAsync("admin", Some.InAdmin);

        using var answer = await identity.SendAsync(HttpMethod.Get, "/v3/auth/projects", foreign);

        Assert.Equal(401, (int)answer.StatusCode);
    }

    private static JsonObject ClaimsOf(string token) => JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]))!.AsObject();

    private static (JsonObject Header, JsonObject Claims) Verified(string token, JsonNode jwk)
    {
        using var key = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = Base64Url.DecodeFromChars((string)jwk["x"]!), Y = Base64Url.DecodeFromChars((string)jwk["y"]!) },
        });
        var parts = token.Split('.');
        Assert.True(key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256));
        return (JsonNode.Parse(Base64Url.DecodeFromChars(parts[0]))!.AsObject(), ClaimsOf(token));
    }
}
