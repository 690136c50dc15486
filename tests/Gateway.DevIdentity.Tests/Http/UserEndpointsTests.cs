using System.Text.Json.Nodes;

namespace Gateway.DevIdentity.Tests.Http;

public sealed class UserEndpointsTests
{
    [Theory]
    [InlineData("/v3/auth/projects", "projects", "demo")]
    [InlineData("/v3/users/e2eb87225491f0cf3e9c3812d5d337ee/projects", "projects", "demo")]
    [InlineData("/v3/auth/domains", "domains", "")]
    public async Task Lists_what_is_the_callers_own(string path, string key, string names)
    {
        await using var identity = await RunningIdentity.StartAsync();
        var (token, _) = await identity.LogInAsync("alice");

        var list = await identity.GetAsync(path, token);

        Assert.Equal(names, Names(list, key));
        Assert.Equal($$"""{"next":null,"self":"{{identity.Url}}{{path}}","previous":null}""", list["links"]!.ToJsonString());
    }

    [Theory]
    [InlineData("alice", """{"system":[]}""")]
    [InlineData("admin", """{"system":[{"all":true}]}""")]
    public async Task Says_whether_the_caller_has_a_system_role(string user, string expected)
    {
        await using var identity = await RunningIdentity.StartAsync();
        var (token, _) = await identity.LogInAsync(user);

        Assert.Equal(expected, (await identity.GetAsync("/v3/auth/system", token)).ToJsonString());
    }

    [Theory]
    [InlineData("/v3/users", "users", "admin alice bob rita")]
    [InlineData("/v3/users?name=bob", "users", "bob")]
    [InlineData("/v3/users?domain_id=elsewhere", "users", "")]
    [InlineData("/v3/projects?name=demo&domain_id=default", "projects", "demo")]
    [InlineData("/v3/domains", "domains", "Default")]
    [InlineData("/v3/roles", "roles", "admin member reader")]
    [InlineData("/v3/users/e2eb87225491f0cf3e9c3812d5d337ee/projects", "projects", "demo")]
    public async Task Lists_everything_to_administrators(string path, string key, string names)
    {
        await using var identity = await RunningIdentity.StartAsync();
        foreach (var scope in new[] { Some.InAdmin, Some.System })
        {
            var (token, _) = await identity.LogInAsync("admin", scope);
            Assert.Equal(names, Names(await identity.GetAsync(path, token), key));
        }
    }

    [Theory]
    [InlineData("/v3/users", "identity:list_users")]
    [InlineData("/v3/projects", "identity:list_projects")]
    [InlineData("/v3/users/e3a43b69d94aa3cb1dcc833e18b105ae", "identity:get_user")]
    [InlineData("/v3/users/00000000000000000000000000000000", "identity:get_user")]
    [InlineData("/v3/users/e3a43b69d94aa3cb1dcc833e18b105ae/projects", "identity:list_user_projects")]
    [InlineData("/v3/projects/a6eaf87cdea14038ca49413d64f28d09", "identity:get_project")]
    [InlineData("/v3/roles/af7d0653775d03251124c1ebcbdb9ba7", "identity:get_role")]
    public async Task Keeps_what_is_not_the_callers_own_from_it(string path, string action)
    {
        await using var identity = await RunningIdentity.StartAsync();
        var (token, _) = await identity.LogInAsync("alice", Some.InDemo);

        using var answer = await identity.SendAsync(HttpMethod.Get, path, token);

        Assert.Equal(
            $$$"""{"error":{"code":403,"message":"You are not authorized to perform the requested action: {{{action}}}.","title":"Forbidden"}}""",
            await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Shows_a_project_to_its_members()
    {
        await using var identity = await RunningIdentity.StartAsync();
        var (token, _) = await identity.LogInAsync("rita", Some.InDemo);

        Assert.Equal(
            """
            {"project":{"id":"d799dd2d294cd5344e7bdd6ee4c62554","name":"demo","domain_id":"default","parent_id":"default","description":"","enabled":true,
            "is_domain":false,"options":{},"tags":[],"links":{"self":"IDENTITY/v3/projects/d799dd2d294cd5344e7bdd6ee4c62554"}}}
            """.ReplaceLineEndings("").Replace("IDENTITY", identity.Url, StringComparison.Ordinal),
            (await identity.GetAsync($"/v3/projects/{Some.DemoId}", token)).ToJsonString());
    }

    [Fact]
    public async Task Shows_a_user_to_itself()
    {
        await using var identity = await RunningIdentity.StartAsync();
        var (token, _) = await identity.LogInAsync("alice", Some.InDemo);

        Assert.Equal(
            """
            {"user":{"id":"e2eb87225491f0cf3e9c3812d5d337ee","name":"alice","domain_id":"default","enabled":true,"options":{},"password_expires_at":null,
            "links":{"self":"IDENTITY/v3/users/e2eb87225491f0cf3e9c3812d5d337ee"}}}
            """.ReplaceLineEndings("").Replace("IDENTITY", identity.Url, StringComparison.Ordinal),
            (await identity.GetAsync($"/v3/users/{Some.AliceId}", token)).ToJsonString());
    }

    [Theory]
    [InlineData("/v3/users/alice", "Could not find user: alice.")]
    [InlineData("/v3/projects/demo", "Could not find project: demo.")]
    [InlineData("/v3/domains/Default", "Could not find domain: Default.")]
    [InlineData("/v3/roles/admin", "Could not find role: admin.")]
    [InlineData("/v3/users/alice/projects", "Could not find user: alice.")]
    public async Task Knows_things_by_id_only(string path, string message)
    {
        await using var identity = await RunningIdentity.StartAsync();
        var (token, _) = await identity.LogInAsync("admin", Some.InAdmin);

        using var answer = await identity.SendAsync(HttpMethod.Get, path, token);

        Assert.Equal(404, (int)answer.StatusCode);
        Assert.Equal($$$"""{"error":{"code":404,"message":"{{{message}}}","title":"Not Found"}}""", await answer.Content.ReadAsStringAsync());
    }

    private static string Names(JsonObject list, string key) => string.Join(' ', list[key]!.AsArray().Select(item => (string)item!["name"]!));
}
