using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Gateway.DevIdentity.Tests.Http;

public sealed class TokenEndpointsTests
{
    private const string Unauthenticated =
        """{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}""";

    [Fact]
    public async Task Describes_a_project_token_as_Keystone_does()
    {
        await using var identity = await RunningIdentity.StartAsync();

        var (_, document) = await identity.LogInAsync("alice", Some.InDemo, "?nocatalog");

        Assert.Equal(
            """
            {"methods":["password"],
            "user":{"domain":{"id":"default","name":"Default"},"id":"e2eb87225491f0cf3e9c3812d5d337ee","name":"alice","password_expires_at":null},
            "audit_ids":["AUDIT-ID"],"expires_at":"2026-03-01T13:00:00.000000Z","issued_at":"2026-03-01T12:00:00.000000Z",
            "project":{"id":"d799dd2d294cd5344e7bdd6ee4c62554","name":"demo","domain":{"id":"default","name":"Default"}},"is_domain":false,
            "roles":[{"id":"02a1b5568f1b04535c6910ec182e6b94","name":"member"},{"id":"080ab1ece61a21983c3fa03e99c34b39","name":"reader"}]}
            """.ReplaceLineEndings("").Replace("AUDIT-ID", (string)document["audit_ids"]![0]!, StringComparison.Ordinal),
            document.ToJsonString());
        Assert.Equal(22, ((string)document["audit_ids"]![0]!).Length);
    }

    [Fact]
    public async Task Describes_a_system_token()
    {
        await using var identity = await RunningIdentity.StartAsync();

        var (_, document) = await identity.LogInAsync("admin", Some.System);

        Assert.Equal("""{"all":true}""", document["system"]!.ToJsonString());
        Assert.Equal(["admin", "member", "reader"], document["roles"]!.AsArray().Select(role => (string)role!["name"]!));
        Assert.False(document.ContainsKey("project"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("""{"unscoped": {}}""")]
    [InlineData("\"unscoped\"")]
    public async Task Gives_an_unscoped_token_without_roles_or_catalogue(string? scope)
    {
        await using var identity = await RunningIdentity.StartAsync();

        var (_, document) = await identity.LogInAsync("alice", scope);

        Assert.Equal(["methods", "user", "audit_ids", "expires_at", "issued_at"], document.Select(member => member.Key));
    }

    [Theory]
    [InlineData("""{"id": "e2eb87225491f0cf3e9c3812d5d337ee", "password": "alice-password"}""", """{"project": {"id": "d799dd2d294cd5344e7bdd6ee4c62554"}}""")]
    [InlineData("""{"name": "alice", "domain": {"id": "default"}, "password": "alice-password"}""", """{"project": {"name": "demo", "domain": {"id": "default"}}}""")]
    [InlineData("""{"name": "alice", "domain": {"name": "Default"}, "password": "alice-password"}""", """{"project": {"name": "demo", "domain": {"name": "Default"}}, "domain": null}""")]
    public async Task Finds_users_and_projects_by_id_or_by_name_and_domain(string user, string scope)
    {
        await using var identity = await RunningIdentity.StartAsync();

        using var response = await identity.PostTokensAsync(
            $"{{\"auth\": {{\"identity\": {{\"methods\": [\"password\"], \"password\": {{\"user\": {user}}}}}, \"scope\": {scope}}}}}");

        var document = await response.Content.ReadFromJsonAsync<JsonObject>();
        Assert.Equal(Some.AliceId, (string)document!["token"]!["user"]!["id"]!);
        Assert.Equal(Some.DemoId, (string)document["token"]!["project"]!["id"]!);
    }

    [Theory]
    [InlineData("alice", "wrong", Some.InDemo)]
    [InlineData("alice", "", Some.InDemo)]
    [InlineData("nobody", "nobody-password", Some.InDemo)]
    [InlineData("alice", null, """{"project": {"name": "other", "domain": {"name": "Default"}}}""")]
    [InlineData("alice", null, """{"project": {"name": "nowhere", "domain": {"name": "Default"}}}""")]
    [InlineData("alice", null, """{"project": {"name": "demo", "domain": {"name": "Elsewhere"}}}""")]
    [InlineData("alice", null, """{"project": {"id": "00000000000000000000000000000000"}}""")]
    [InlineData("alice", null, Some.System)]
    [InlineData("alice", null, """{"domain": {"id": "default"}}""")]
    public async Task Refuses_who_cannot_prove_itself_and_who_has_no_role_in_the_same_words(string user, string? password, string scope)
    {
        await using var identity = await RunningIdentity.StartAsync();

        using var response = await identity.PostTokensAsync(Some.PasswordRequest(user, scope, password));

        Assert.Equal(401, (int)response.StatusCode);
        Assert.Equal(Unauthenticated, await response.Content.ReadAsStringAsync());
        Assert.Equal($"Keystone uri=\"{identity.Url}/v3\"", response.Headers.WwwAuthenticate.ToString());
        Assert.False(response.Headers.Contains("X-Subject-Token"));
    }

    [Theory]
    [InlineData("", "the request body is not valid JSON")]
    [InlineData("{", "the request body is not valid JSON")]
    [InlineData("""{"auth": {}, "auth": {}}""", "the request body is not valid JSON")]
    [InlineData("""{"auth": {"identity": {"methods": ["\ud800"]}}}""", "the request body is not valid JSON")]
    [InlineData("[]", "`auth` must be an object")]
    [InlineData("""{"auth": []}""", "`auth` must be an object")]
    [InlineData("""{"auth": {}}""", "`auth.identity` must be an object")]
    [InlineData("""{"auth": {"identity": {"methods": []}}}""", "`auth.identity.methods` must be a list of strings, not empty")]
    [InlineData("""{"auth": {"identity": {"methods": [1]}}}""", "`auth.identity.methods` must be a list of strings, not empty")]
    [InlineData("""{"auth": {"identity": {"methods": ["password"]}}}""", "`auth.identity.password` must be an object")]
    [InlineData("""{"auth": {"identity": {"methods": ["password"], "password": {"user": {"id": 1}}}}}""", "`auth.identity.password.user.id` must be a string")]
    [InlineData("""{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "alice"}}}}}""", "`auth.identity.password.user.domain` must be an object")]
    [InlineData("""{"auth": {"identity": {"methods": ["password"], "password": {"user": {"id": "a"}}}}}""", "`auth.identity.password.user.password` must be a string")]
    [InlineData("""{"auth": {"identity": {"methods": ["token"], "token": {}}}}""", "`auth.identity.token.id` must be a string")]
    [InlineData("""{"auth": {"identity": {"methods": ["token"], "token": {"id": "t"}}, "scope": "all"}}""", "`auth.scope` must be an object, or `unscoped`")]
    [InlineData("""{"auth": {"identity": {"methods": ["token"], "token": {"id": "t"}}, "scope": {}}}""", "`auth.scope` must hold one of `project`, `domain`, `system`, `unscoped`")]
    [InlineData("""{"auth": {"identity": {"methods": ["token"], "token": {"id": "t"}}, "scope": {"system": {"all": true}, "project": {"id": "p"}}}}""", "`auth.scope` must hold one of `project`, `domain`, `system`, `unscoped`")]
    [InlineData("""{"auth": {"identity": {"methods": ["token"], "token": {"id": "t"}}, "scope": {"system": {"all": false}}}}""", "`auth.scope.system.all` must be `true`")]
    public async Task Refuses_a_malformed_request(string body, string message)
    {
        await using var identity = await RunningIdentity.StartAsync();

        using var response = await identity.PostTokensAsync(body);

        Assert.Equal(400, (int)response.StatusCode);
        var expected = new JsonObject { ["error"] = new JsonObject { ["code"] = 400, ["message"] = message, ["title"] = "Bad Request" } };
        Assert.Equal(expected.ToJsonString(), (await response.Content.ReadFromJsonAsync<JsonObject>())!.ToJsonString());
    }

    [Fact]
    public async Task Refuses_bytes_that_are_not_UTF8()
    {
        await using var identity = await RunningIdentity.StartAsync();
        using var body = new ByteArrayContent([.. "{\"auth\": {\""u8, 0xff, .. "\": 1}}"u8]);

        using var response = await identity.Http.PostAsync(new Uri("/v3/auth/tokens", UriKind.Relative), body);

        Assert.Equal(400, (int)response.StatusCode);
    }

    [Fact]
    public async Task Refuses_a_body_that_is_too_large()
    {
        await using var identity = await RunningIdentity.StartAsync();

        using var response = await identity.PostTokensAsync(new string(' ', 114_689));

        Assert.Equal(413, (int)response.StatusCode);
        Assert.Equal(
            """{"error":{"code":413,"message":"The request body is larger than 114688 bytes.","title":"Request Entity Too Large"}}""",
            await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Refuses_a_method_it_does_not_know()
    {
        await using var identity = await RunningIdentity.StartAsync();

        using var response = await identity.PostTokensAsync("""{"auth": {"identity": {"methods": ["totp"], "totp": {}}}}""");

        Assert.Equal(
            """{"error":{"code":401,"message":"Attempted to authenticate with an unsupported method.","title":"Unauthorized"}}""",
            await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Makes_a_token_from_a_token_that_expires_with_it()
    {
        await using var identity = await RunningIdentity.StartAsync();
        var (unscoped, first) = await identity.LogInAsync("alice");
        identity.Clock.Advance(TimeSpan.FromMinutes(10));

        using var response = await identity.PostTokensAsync(Some.TokenRequest(unscoped, Some.InDemo));

        var document = (await response.Content.ReadFromJsonAsync<JsonObject>())!["token"]!;
        Assert.Equal("2026-03-01T12:10:00.000000Z", (string)document["issued_at"]!);
        Assert.Equal((string)first["expires_at"]!, (string)document["expires_at"]!);
        Assert.Equal(["token", "password"], document["methods"]!.AsArray().Select(method => (string)method!));
        Assert.Equal((string)first["audit_ids"]![0]!, (string)document["audit_ids"]![1]!);
        Assert.Equal(Some.DemoId, (string)document["project"]!["id"]!);
    }

    [Fact]
    public async Task Refuses_two_methods_that_prove_two_users()
    {
        await using var identity = await RunningIdentity.StartAsync();
        var (bobs, _) = await identity.LogInAsync("bob");

        using var response = await identity.PostTokensAsync($$$"""
            {"auth": {"identity": {"methods": ["password", "token"], "token": {"id": "{{{bobs}}}"},
             "password": {"user": {"id": "{{{Some.AliceId}}}", "password": "alice-password"} } } } }
            """);

        Assert.Equal(401, (int)response.StatusCode);
    }

    [Fact]
    public async Task Shows_a_token_to_its_own_user()
    {
        await using var identity = await RunningIdentity.StartAsync();
        var (token, document) = await identity.LogInAsync("alice", Some.InDemo);

        using var shown = await identity.SendAsync(HttpMethod.Get, "/v3/auth/tokens", token, token);
        using var head = await identity.SendAsync(HttpMethod.Head, "/v3/auth/tokens", token, token);

        Assert.Equal(document.ToJsonString(), (await shown.Content.ReadFromJsonAsync<JsonObject>())!["token"]!.ToJsonString());
        Assert.Equal(token, shown.Headers.GetValues("X-Subject-Token").Single());
        Assert.Equal(200, (int)head.StatusCode);
        Assert.Equal("", await head.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("admin", Some.InAdmin, 200)]
    [InlineData("admin", Some.System, 200)]
    [InlineData("rita", Some.InDemo, 403)]
    public async Task Shows_another_users_token_to_administrators_only(string caller, string scope, int expected)
    {
        await using var identity = await RunningIdentity.StartAsync();
        var (asking, _) = await identity.LogInAsync(caller, scope);
        var (token, _) = await identity.LogInAsync("alice", Some.InDemo);

        using var shown = await identity.SendAsync(HttpMethod.Get, "/v3/auth/tokens", asking, token);
        using var revoked = await identity.SendAsync(HttpMethod.Delete, "/v3/auth/tokens", asking, token);

        Assert.Equal(expected, (int)shown.StatusCode);
        Assert.Equal(expected == 200 ? 204 : 403, (int)revoked.StatusCode);
    }

    [Fact]
    public async Task Answers_404_for_an_expired_token_and_401_to_its_holder()
    {
        await using var identity = await RunningIdentity.StartAsync(options => options.TokenLifetime = TimeSpan.FromSeconds(2));
        var (token, _) = await identity.LogInAsync("alice", Some.InDemo);
        identity.Clock.SetUtcNow(new DateTimeOffset(2026, 3, 1, 12, 0, 1, 999, TimeSpan.Zero));
        using var before = await identity.SendAsync(HttpMethod.Get, "/v3/auth/tokens", token, token);
        Assert.Equal(200, (int)before.StatusCode);

        identity.Clock.SetUtcNow(new DateTimeOffset(2026, 3, 1, 12, 0, 2, TimeSpan.Zero));
        var (fresh, _) = await identity.LogInAsync("alice", Some.InDemo);
        using var subject = await identity.SendAsync(HttpMethod.Get, "/v3/auth/tokens", fresh, token);
        using var holder = await identity.SendAsync(HttpMethod.Get, "/v3/auth/tokens", token, fresh);

        Assert.Equal(404, (int)subject.StatusCode);
        Assert.Equal("""{"error":{"code":404,"message":"Could not find token.","title":"Not Found"}}""", await subject.Content.ReadAsStringAsync());
        Assert.Equal(401, (int)holder.StatusCode);
        Assert.Equal(Unauthenticated, await holder.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Revokes_a_token_and_no_other_of_the_same_user()
    {
        await using var identity = await RunningIdentity.StartAsync();
        var (kept, _) = await identity.LogInAsync("alice", Some.InDemo);
        var (revoked, _) = await identity.LogInAsync("alice", Some.InDemo);

        using var deleted = await identity.SendAsync(HttpMethod.Delete, "/v3/auth/tokens", revoked, revoked);
        using var gone = await identity.SendAsync(HttpMethod.Get, "/v3/auth/tokens", kept, revoked);
        using var again = await identity.SendAsync(HttpMethod.Delete, "/v3/auth/tokens", kept, revoked);
        using var other = await identity.SendAsync(HttpMethod.Get, "/v3/auth/tokens", kept, kept);
        using var remade = await identity.PostTokensAsync(Some.TokenRequest(revoked));

        Assert.Equal([204, 404, 404, 200, 401], new[] { deleted, gone, again, other, remade }.Select(answer => (int)answer.StatusCode));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("garbage")]
    [InlineData("a.b.c")]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    public async Task Asks_the_caller_for_a_token_of_its_own(string? token)
    {
        await using var identity = await RunningIdentity.StartAsync();

        foreach (var path in new[] { "/v3/auth/tokens", "/v3/auth/catalog", "/v3/auth/projects", "/v3/users", "/v3/projects/x", "/v3/users/x/projects" })
        {
            using var answer = await identity.SendAsync(HttpMethod.Get, path, token);
            Assert.Equal(Unauthenticated, await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task Asks_for_the_token_that_is_meant()
    {
        await using var identity = await RunningIdentity.StartAsync();
        var (token, _) = await identity.LogInAsync("alice");

        using var answer = await identity.SendAsync(HttpMethod.Get, "/v3/auth/tokens", token);

        Assert.Equal(
            """{"error":{"code":400,"message":"the request has no X-Subject-Token header","title":"Bad Request"}}""",
            await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Lists_the_endpoints_as_they_are_set_now()
    {
        await using var identity = await RunningIdentity.StartAsync();
        identity.Options.ComputeUrl = "http://127.0.0.1:1234/v2.1";
        identity.Options.ImageUrl = "http://127.0.0.1:5678";
        var (token, document) = await identity.LogInAsync("alice", Some.InDemo);

        var listed = await identity.GetAsync("/v3/auth/catalog", token);

        Assert.Equal(document["catalog"]!.ToJsonString(), listed["catalog"]!.ToJsonString());
        var endpoints = listed["catalog"]!.AsArray().SelectMany(service => service!["endpoints"]!.AsArray().Select(endpoint =>
            string.Create(CultureInfo.InvariantCulture, $"{service["type"]} {service["name"]} {endpoint!["interface"]} {endpoint["region_id"]} {endpoint["url"]}")));
        Assert.Equal(
            [
                $"identity keystone public RegionOne {identity.Url}/v3",
                $"identity keystone internal RegionOne {identity.Url}/v3",
                $"identity keystone admin RegionOne {identity.Url}/v3",
                "compute nova public RegionOne http://127.0.0.1:1234/v2.1",
                "compute nova internal RegionOne http://127.0.0.1:1234/v2.1",
                "compute nova admin RegionOne http://127.0.0.1:1234/v2.1",
                "image glance public RegionOne http://127.0.0.1:5678",
                "image glance internal RegionOne http://127.0.0.1:5678",
                "image glance admin RegionOne http://127.0.0.1:5678",
            ],
            endpoints);
    }

    [Fact]
    public async Task Has_no_catalogue_for_an_unscoped_token()
    {
        await using var identity = await RunningIdentity.StartAsync();
        var (token, _) = await identity.LogInAsync("alice");

        using var answer = await identity.SendAsync(HttpMethod.Get, "/v3/auth/catalog", token);

        Assert.Equal(
            """{"error":{"code":403,"message":"You are not authorized to perform the requested action: identity:get_auth_catalog.","title":"Forbidden"}}""",
            await answer.Content.ReadAsStringAsync());
    }
}
