namespace Gateway.Casbin.Tests.Roles;

public sealed class RoleTests
{
    private const string Matcher = "g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act";

    private const string InDomain = "g(r.sub, p.sub, r.dom) && r.dom == p.dom && r.obj == p.obj";

    [Fact]
    public void A_chain_has_at_most_ten_links()
    {
        var csv = "p, role0, data, read\n" + string.Join('\n', Enumerable.Range(0, 12).Select(i => $"g, role{i + 1}, role{i}"));
        var enforcer = Some.Enforcer(Some.Model(Matcher, roles: "g = _, _"), csv);
        Assert.True(enforcer.Enforce("role0", "data", "read"));
        Assert.True(enforcer.Enforce("role10", "data", "read"));
        Assert.False(enforcer.Enforce("role11", "data", "read"));
        Assert.Equal(10, enforcer.GetImplicitRolesForUser("role12").Count);
    }

    [Fact]
    public void Circles_are_harmless()
    {
        var enforcer = Some.Enforcer(Some.Model(Matcher, roles: "g = _, _"), "p, c, data, read\ng, a, b\ng, b, c\ng, c, a\ng, d, d");
        Assert.True(enforcer.Enforce("a", "data", "read"));
        Assert.False(enforcer.Enforce("d", "data", "read"));
        Assert.Equal(["b", "c", "a"], enforcer.GetImplicitRolesForUser("a"));
    }

    [Fact]
    public void Many_roles_are_followed_without_allocating()
    {
        var csv = "p, r199, data, read\n" + string.Join('\n', Enumerable.Range(0, 200).Select(i => $"g, alice, r{i}"));
        var enforcer = Some.Enforcer(Some.Model(Matcher, roles: "g = _, _"), csv);
        Assert.True(enforcer.Enforce("alice", "data", "read"));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            enforcer.Enforce("alice", "data", "read");
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Domains_are_separate()
    {
        var enforcer = Some.Enforcer(
            Some.Model(InDomain, policy: "sub, dom, obj", request: "sub, dom, obj", roles: "g = _, _, _"),
            "p, admin, d1, data\np, admin, d2, data\ng, alice, admin, d1\ng, bob, admin, d2\ng, carol, alice, d1");
        Assert.True(enforcer.Enforce("alice", "d1", "data"));
        Assert.False(enforcer.Enforce("alice", "d2", "data"));
        Assert.False(enforcer.Enforce("alice", "d3", "data"));
        Assert.True(enforcer.Enforce("admin", "d2", "data"));
        Assert.Equal(["admin"], enforcer.GetRolesForUser("alice", "d1"));
        Assert.Empty(enforcer.GetRolesForUser("alice", "d2"));
        Assert.Empty(enforcer.GetRolesForUser("alice"));
        Assert.Equal(["alice"], enforcer.GetUsersForRole("admin", "d1"));
        Assert.Equal(["alice", "admin"], enforcer.GetImplicitRolesForUser("carol", "d1"));
        Assert.Equal(["alice", "carol"], enforcer.GetImplicitUsersForRole("admin", "d1"));
        Assert.Equal(["p, admin, d1, data"], enforcer.GetImplicitPermissionsForUser("carol", "d1").Select(row => row.ToString()));
        Assert.Equal(["d1"], enforcer.GetDomainsForUser("alice"));
        Assert.Equal(["d1", "d2"], enforcer.GetAllDomains());
        Assert.True(enforcer.AddRoleForUser("dave", "admin", "d2"));
        Assert.True(enforcer.Enforce("dave", "d2", "data"));
        Assert.True(enforcer.DeleteRolesForUser("dave", "d2"));
        Assert.False(enforcer.Enforce("dave", "d2", "data"));
    }

    [Fact]
    public void Names_and_domains_may_be_patterns()
    {
        var options = new EnforcerOptions()
            .AddNamedMatchingFunc("g", BuiltInFunctions.KeyMatch2)
            .AddNamedDomainMatchingFunc("g", BuiltInFunctions.KeyMatch);
        var enforcer = Some.Enforcer(
            Some.Model("g(r.obj, p.obj, r.dom) && r.sub == p.sub", policy: "sub, obj", request: "sub, dom, obj", roles: "g = _, _, _"),
            "p, alice, books\np, bob, pens\ng, /book/:id, books, *\ng, /pen/:id, pens, d1\ng, /pen/7, books, d*",
            options);
        Assert.True(enforcer.Enforce("alice", "any", "/book/1"));
        Assert.False(enforcer.Enforce("alice", "any", "/book/1/2"));
        Assert.True(enforcer.Enforce("bob", "d1", "/pen/1"));
        Assert.False(enforcer.Enforce("bob", "d2", "/pen/1"));
        Assert.True(enforcer.Enforce("alice", "d2", "/pen/7"));
        Assert.True(enforcer.Enforce("bob", "d1", "/pen/7"));
        Assert.False(enforcer.Enforce("alice", "x", "/pen/7"));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
            enforcer.Enforce("bob", "d1", "/pen/1");
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Requests_for_any_number_of_domains_are_answered()
    {
        var options = new EnforcerOptions().AddNamedDomainMatchingFunc("g", BuiltInFunctions.KeyMatch);
        var enforcer = Some.Enforcer(
            Some.Model("g(r.sub, p.sub, r.dom)", policy: "sub", request: "sub, dom", roles: "g = _, _, _"),
            "p, admin\ng, alice, staff, *\ng, staff, admin, d*", options);
        for (var i = 0; i < 3_000; i++)
        {
            Assert.True(enforcer.Enforce("alice", $"d{i}"));
            Assert.False(enforcer.Enforce("alice", $"x{i}"));
        }
    }

    [Fact]
    public void Matching_may_be_the_programs_own()
    {
        var options = new EnforcerOptions().AddNamedMatchingFunc("g", (name, pattern) => pattern.EndsWith('?') && name.StartsWith(pattern[..^1], StringComparison.Ordinal));
        var enforcer = Some.Enforcer(Some.Model("g(r.sub, p.sub)", policy: "sub", roles: "g = _, _"), "p, admin\ng, al?, admin\ng, bob, alfred", options);
        Assert.True(enforcer.Enforce("alice", "", ""));
        Assert.True(enforcer.Enforce("bob", "", ""));
        Assert.False(enforcer.Enforce("carol", "", ""));
    }

    [Fact]
    public void Refuses_matching_that_cannot_work()
    {
        var model = Some.Model(Matcher, roles: "g = _, _");
        Assert.Equal(
            "model.conf: a matching function is given for `g2`, which `[role_definition]` does not define",
            Some.Refusal(() => Some.Enforcer(model, "", new EnforcerOptions().AddNamedMatchingFunc("g2", BuiltInFunctions.KeyMatch))));
        Assert.Equal(
            "model.conf: `g` has no domain to match; define it as `_, _, _`",
            Some.Refusal(() => Some.Enforcer(model, "", new EnforcerOptions().AddNamedDomainMatchingFunc("g", BuiltInFunctions.KeyMatch))));
        Assert.StartsWith(
            "policy.csv:1: a name in `g` rows is not a pattern: `(` is not a regular expression: ",
            Some.Refusal(() => Some.Enforcer(model, "g, (, admin".Replace("(,", "\"(\",", StringComparison.Ordinal), new EnforcerOptions().AddNamedMatchingFunc("g", BuiltInFunctions.RegexMatch))),
            StringComparison.Ordinal);
        Assert.Equal(
            "model.conf:10:5: `g` takes 2 arguments as defined in `[role_definition]`, not 3",
            Some.Refusal(() => Some.Enforcer(Some.Model("g(r.sub, p.sub, r.obj)", roles: "g = _, _"), "p, a, b, c")));
    }

    [Fact]
    public void Users_roles_and_permissions_are_managed()
    {
        var enforcer = Some.Enforcer(
            Some.Model(Matcher, roles: "g = _, _"),
            "p, alice, data1, read\np, admin, data1, write\np, root, data2, read\ng, alice, admin\ng, admin, root\ng, bob, admin");
        Assert.Equal(["admin"], enforcer.GetRolesForUser("alice"));
        Assert.Equal(["alice", "bob"], enforcer.GetUsersForRole("admin"));
        Assert.True(enforcer.HasRoleForUser("alice", "admin"));
        Assert.False(enforcer.HasRoleForUser("alice", "root"));
        Assert.Equal(["admin", "root"], enforcer.GetImplicitRolesForUser("alice"));
        Assert.Equal(["p, alice, data1, read"], enforcer.GetPermissionsForUser("alice").Select(row => row.ToString()));
        Assert.Equal(
            ["p, alice, data1, read", "p, admin, data1, write", "p, root, data2, read"],
            enforcer.GetImplicitPermissionsForUser("alice").Select(row => row.ToString()));
        Assert.Equal(["alice", "bob"], enforcer.GetImplicitUsersForPermission("data1", "write"));
        Assert.Equal(["admin", "alice", "bob"], enforcer.GetImplicitUsersForRole("root"));

        Assert.True(enforcer.AddPermissionForUser("bob", "data3", "read"));
        Assert.True(enforcer.HasPermissionForUser("bob", "data3", "read"));
        Assert.True(enforcer.DeletePermissionForUser("bob", "data3", "read"));
        Assert.True(enforcer.DeleteRoleForUser("bob", "admin"));
        Assert.False(enforcer.Enforce("bob", "data1", "write"));
        Assert.True(enforcer.DeleteRole("admin"));
        Assert.False(enforcer.Enforce("alice", "data1", "write"));
        Assert.True(enforcer.Enforce("admin", "data2", "read"));
        Assert.True(enforcer.DeletePermission("data2", "read"));
        Assert.True(enforcer.DeleteUser("alice"));
        Assert.Empty(enforcer.GetPolicy());
        Assert.False(enforcer.DeletePermissionsForUser("alice"));
        Assert.Throws<ArgumentException>(() => enforcer.DeleteUser(""));
    }
}
