using Gateway.Policy.Analysis;

namespace Gateway.Policy.Tests.Analysis;

public sealed class WhoCanTests
{
    [Theory]
    [InlineData("role:a or role:b and role:c", "role:a | role:b and role:c")]
    [InlineData("role:a or role:a and role:b", "role:a")]
    [InlineData("(role:a or role:b) and (role:a or role:c)", "role:a | role:b and role:c")]
    [InlineData("role:a or not role:a", "any authenticated caller")]
    [InlineData("role:a and not role:a", "")]
    [InlineData("user_id:x and user_id:y or role:a", "role:a")]
    [InlineData("role:a and not role:b or role:b and role:a", "role:a")]
    [InlineData("project_id:%(project_id)s and not role:reader", "project_id:%(project_id)s and not role:reader")]
    [InlineData("rule:owner or is_admin:True", "role:admin | project_id:%(project_id)s and role:member")]
    [InlineData("system_scope:all and role:reader", "system_scope:all and role:reader")]
    public void Gives_the_minimal_sets_of_conditions(string rule, string ways)
    {
        var set = PolicyText.Load($"""
            "context_is_admin": "role:admin"
            "owner": "project_id:%(project_id)s and role:member"
            "a": "{rule}"
            """);

        var access = WhoCan.Allowed(set, "a");

        Assert.True(access.IsWhole);
        Assert.Equal(Sorted(ways), Sorted(string.Join(" | ", access.Ways.Select(way => way.Count == 0 ? "any authenticated caller" : string.Join(" and ", way)))));
    }

    private static string Sorted(string ways) =>
        string.Join(" | ", ways.Split(" | ").Select(way => string.Join(" and ", way.Split(" and ").Order(StringComparer.Ordinal))).Order(StringComparer.Ordinal));

    [Fact]
    public void Names_the_scope_an_action_demands()
    {
        var access = WhoCan.Allowed(PolicyText.Defaults("2025.2"), "os_compute_api:os-create-backup");

        Assert.Equal(
            ["role:admin and scope:project", "project_id:%(project_id)s and role:member and scope:project"],
            access.Ways.Select(way => string.Join(" and ", way.Order(StringComparer.Ordinal))));
    }

    [Fact]
    public void Every_way_of_the_defaults_is_enough_and_none_is_missing()
    {
        var set = PolicyText.Defaults("2026.1");

        Assert.All(PolicyActions.Of(set), action => Assert.True(WhoCan.Allowed(set, action).IsWhole));
    }

    [Fact]
    public void Lists_what_a_caller_may_do_and_on_which_targets()
    {
        var set = PolicyText.Load("""
            "context_is_admin": "role:admin"
            "own": "role:member and project_id:%(project_id)s or role:auditor and user_id:%(user_id)s"
            "admins": "is_admin:True"
            "all": "@"
            """);
        var member = new Credentials(new Dictionary<string, object?> { ["roles"] = new[] { "member" }, ["project_id"] = "p", ["user_id"] = "u" });

        var access = WhoCan.Actions(set, member);

        Assert.Equal(["admins: Denied ", "all: Allowed ", "own: DependsOnTarget project_id:%(project_id)s"],
            access.Where(one => one.Action != "context_is_admin").Select(one => $"{one.Action}: {one.Answer} {string.Join('|', one.OnTargets.Select(way => string.Join('&', way)))}"));
    }
}
