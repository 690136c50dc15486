using System.Text;
using Gateway.DevIdentity.Users;
using NJsonSchema;

namespace Gateway.DevIdentity.Tests.Users;

public sealed class UsersFileTests
{
    [Fact]
    public void Reads_the_built_in_users()
    {
        var directory = UsersFile.ReadEmbedded();

        Assert.Equal(["admin", "alice", "bob", "rita"], directory.Users.Select(user => user.Name));
        Assert.Equal(["admin", "demo", "other"], directory.Projects.Select(project => project.Name));
        Assert.Equal(["admin", "member", "reader"], Roles("admin", new Scope.OfProject("80ca3470e99e670347ac80531f2626ea")));
        Assert.Equal(["admin", "member", "reader"], Roles("admin", Scope.WholeSystem));
        Assert.Equal(["member", "reader"], Roles("alice", new Scope.OfProject(Some.DemoId)));
        Assert.Equal(["member", "reader"], Roles("bob", new Scope.OfProject(Some.OtherId)));
        Assert.Equal(["reader"], Roles("rita", new Scope.OfProject(Some.DemoId)));
        Assert.Empty(Roles("alice", new Scope.OfProject(Some.OtherId)));
        Assert.Empty(Roles("alice", Scope.WholeSystem));

        IEnumerable<string> Roles(string name, Scope scope) =>
            directory.RolesOf(directory.Users.Single(user => user.Name == name), scope).Select(role => role.Name);
    }

    [Fact]
    public void Follows_implied_roles_in_a_circle_once()
    {
        var directory = Parse("""
            {"domains": [{"id": "default", "name": "Default"}], "projects": [],
             "roles": [{"id": "11111111111111111111111111111111", "name": "a", "implies": ["b"]}, {"id": "22222222222222222222222222222222", "name": "b", "implies": ["a", "b"]}],
             "users": [{"id": "33333333333333333333333333333333", "name": "u", "domain": "default", "password": "p", "grants": [{"domain": "Default", "roles": ["a"]}]}]}
            """);

        Assert.Equal(["a", "b"], directory.RolesOf(directory.Users[0], new Scope.OfDomain("default")).Select(role => role.Name));
    }

    [Fact]
    public void Reports_every_problem_at_once()
    {
        var refusal = Assert.Throws<DevIdentityStartException>(() => Parse("""
            {
              "domain": [],
              "domains": [{"id": "default", "name": "Default"}, {"id": "Default", "name": "Default"}],
              "roles": [{"id": "11111111111111111111111111111111", "name": "admin", "implies": ["membr"]}, "reader"],
              "projects": [
                {"id": "DEMO", "name": "demo", "domain": "Defualt"},
                {"id": "22222222222222222222222222222222", "name": "twin", "domain": "default"},
                {"id": "22222222222222222222222222222222", "name": "twin", "domain": "default"}
              ],
              "users": [
                {"id": "33333333333333333333333333333333", "name": "", "domain": 1, "pasword": "x", "grants": [
                  {"project": "demmo", "roles": ["admin"]},
                  {"project": "demo", "system": "all", "roles": ["admin"]},
                  {"roles": []},
                  {"system": "some", "roles": ["root"]},
                  {"project": "twin"}
                ]},
                {"id": "44444444444444444444444444444444", "name": "bob", "domain": "default", "password": "p", "grants": {}}
              ]
            }
            """));

        Assert.Equal(
            [
                "users.json: unknown key `domain`: known keys are `$schema`, `description`, `domains`, `roles`, `projects`, `users`",
                "users.json: domains[1].id: `Default` is not an id: write 32 lower-case hexadecimal digits or `default`",
                "users.json: roles[1]: is the string `reader`: write an object with `id`, `name`, `implies`",
                "users.json: roles[0].implies[0]: no role `membr`: known are `admin`",
                "users.json: projects[0].id: `DEMO` is not an id: write 32 lower-case hexadecimal digits",
                "users.json: projects[0].domain: no domain `Defualt`: known are `Default`, `Default`",
                "users.json: users[0]: unknown key `pasword`: known keys are `id`, `name`, `domain`, `password`, `grants`",
                "users.json: users[0].name: is empty: write a non-empty string",
                "users.json: users[0].domain: is `1`: write a non-empty string",
                "users.json: users[0]: has no `password`: write a non-empty string",
                "users.json: users[0].grants[0].project: no project `demmo`: known are `demo`, `twin`, `twin`",
                "users.json: users[0].grants[1]: grants roles on `project` and `system`: keep one, and write a second grant for the other",
                "users.json: users[0].grants[2].roles: holds no role: write a list of role names",
                "users.json: users[0].grants[2]: grants roles on nothing: write one of `project`, `domain`, `system`",
                "users.json: users[0].grants[3].roles[0]: no role `root`: known are `admin`",
                "users.json: users[0].grants[3].system: `some` is not a system scope: write `all`",
                "users.json: users[0].grants[4]: has no `roles`: write a list of role names",
                "users.json: users[0].grants[4].project: `twin` names 2 projects: write the id",
                "users.json: users[1].grants: is an object: write a list of objects",
                "users.json: domains[].name: `Default` is there 2 times: keep one",
                "users.json: projects[].id: `22222222222222222222222222222222` is there 2 times: keep one",
                "users.json: projects[].name: `twin in domain Default` is there 2 times: keep one",
            ],
            refusal.Problems);
    }

    [Theory]
    [InlineData("[]", "users.json: is a list: write an object with `$schema`, `description`, `domains`, `roles`, `projects`, `users`")]
    [InlineData("{", "users.json: not valid JSON: Expected depth to be zero at the end of the JSON payload. There is an open JSON object or array that should be closed. LineNumber: 0 | BytePositionInLine: 1.")]
    public void Refuses_what_is_not_a_users_file(string json, string expected)
    {
        var refusal = Assert.Throws<DevIdentityStartException>(() => Parse(json));

        Assert.Equal(expected, refusal.Message);
    }

    [Fact]
    public void Refuses_a_key_that_is_there_twice()
    {
        var refusal = Assert.Throws<DevIdentityStartException>(() => Parse("""{"users": [], "users": []}"""));

        Assert.StartsWith("users.json: not valid JSON: Duplicate property 'users'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_a_file_that_is_not_there()
    {
        var refusal = Assert.Throws<DevIdentityStartException>(() => UsersFile.Read("/nowhere/users.json"));

        Assert.Equal("/nowhere/users.json: cannot be read: Could not find a part of the path '/nowhere/users.json'.", refusal.Message);
    }

    [Fact]
    public async Task Ships_a_schema_that_accepts_the_shipped_file_and_refuses_unknown_keys()
    {
        var schema = await JsonSchema.FromFileAsync(Repository.File("config", "dev-identity.schema.json"));
        var shipped = await File.ReadAllTextAsync(Repository.File("config", "dev-identity.json"));

        Assert.Empty(schema.Validate(shipped));
        Assert.NotEmpty(schema.Validate(shipped.Replace("\"password\"", "\"pasword\"", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Has_the_shipped_file_built_in()
    {
        await using var stream = typeof(UsersFile).Assembly.GetManifestResourceStream("dev-identity.json")!;
        using var reader = new StreamReader(stream);

        Assert.Equal(await File.ReadAllTextAsync(Repository.File("config", "dev-identity.json")), await reader.ReadToEndAsync());
    }

    private static IdentityDirectory Parse(string json) => UsersFile.Parse(Encoding.UTF8.GetBytes(json), "users.json");
}
