using System.Text.Json;

namespace Gateway.Casbin.Tests.Conformance;

/// <summary>Models in the shapes that the Go and .NET editions ship and the npm package does not.</summary>
public sealed class FamilyTests
{
    [Fact]
    public void Several_rules_are_evaluated_in_one_row()
    {
        var enforcer = Some.Enforcer(
            Some.Model("r.dom == p.dom && eval(p.sub_rule) && eval(p.obj_rule) && r.act == p.act", policy: "dom, sub_rule, obj_rule, act", request: "dom, sub, obj, act"),
            "p, domain1, r.sub.Role == \"admin\", r.obj.Name == \"admin_panel\", view");
        Assert.True(enforcer.Enforce("domain1", new { Role = "admin" }, new { Name = "admin_panel" }, "view"));
        Assert.False(enforcer.Enforce("domain1", new { Role = "admin" }, new { Name = "user_panel" }, "view"));
        Assert.False(enforcer.Enforce("domain1", new { Role = "user" }, new { Name = "admin_panel" }, "view"));
    }

    [Fact]
    public void A_row_can_ask_for_membership_in_a_list_of_the_request()
    {
        var enforcer = Some.Enforcer(
            Some.Model("eval(p.sub_rule) && r.obj == p.obj && r.act == p.act && p.role in r.sub.Roles", policy: "role, sub_rule, obj, act"),
            "p, Assistant, r.sub.Amount <= 5000, authorization, grant\np, Manager, r.sub.Amount > 5000, authorization, grant");
        Assert.True(enforcer.Enforce(new { Roles = new[] { "Assistant" }, Amount = 4000 }, "authorization", "grant"));
        Assert.False(enforcer.Enforce(new { Roles = new[] { "Assistant" }, Amount = 6000 }, "authorization", "grant"));
        Assert.True(enforcer.Enforce(new { Roles = new[] { "Assistant", "Manager" }, Amount = 6000 }, "authorization", "grant"));
    }

    [Fact]
    public void Attributes_are_named_in_brackets_too()
    {
        var enforcer = Some.Enforcer(
            Some.Model("eval(p.sub_rule) && g(r.sub, p.sub) && (p.act == \"*\" || regexMatch(r.act, p.act))", policy: "sub_rule, sub, act", request: "rule, sub, act", roles: "g = _, _"),
            "p, r.rule[\"Company\"][\"IsActive\"] == \"True\" && (r.rule[\"Company\"][\"Role\"] == \"R1\" || r.rule[\"Company\"][\"Role\"] == \"R2\"), WebApp, POST");
        Assert.True(enforcer.Enforce(JsonElement.Parse("""{ "Company": { "IsActive": "True", "Role": "R2" } }"""), "WebApp", "POST"));
        Assert.False(enforcer.Enforce(JsonElement.Parse("""{ "Company": { "IsActive": "False", "Role": "R2" } }"""), "WebApp", "POST"));
    }

    [Fact]
    public void Numbers_of_the_request_alone_can_decide()
    {
        // Bell and LaPadula: no read up, no write down.
        var enforcer = Some.Enforcer(
            Some.Model("(r.act == 'read' && r.sub_level >= r.obj_level) || (r.act == 'write' && r.sub_level <= r.obj_level)", request: "sub, sub_level, obj, obj_level, act"), "");
        Assert.True(enforcer.Enforce("alice", 3, "data1", 1, "read"));
        Assert.False(enforcer.Enforce("bob", 2, "data2", 3, "read"));
        Assert.True(enforcer.Enforce("bob", 2, "data2", 3, "write"));
        Assert.False(enforcer.Enforce("alice", 3, "data1", 1, "write"));
    }

    [Fact]
    public void Fields_whose_names_contain_each_other_are_told_apart()
    {
        var enforcer = Some.Enforcer(
            Some.Model("r.sub == p.sub && r.sub_x == p.sub_x && r_s == p_s", policy: "s, sub, sub_x", request: "s, sub, sub_x"), "p, 1, 2, 3");
        Assert.True(enforcer.Enforce("1", "2", "3"));
        Assert.False(enforcer.Enforce("2", "2", "3"));
        Assert.False(enforcer.Enforce("1", "2", "2"));
    }

    [Fact]
    public void Roles_work_inside_domains_with_key_matching()
    {
        var enforcer = Some.Enforcer(
            Some.Model("g(r.sub, p.sub, r.dom) && r.dom == p.dom && keyMatch(r.obj, p.obj) && (r.act == p.act || p.act == '*')", policy: "sub, dom, obj, act", request: "sub, dom, obj, act", roles: "g = _, _, _"),
            "p, can_manage, t1, /projects/*, *\np,  admin,\t    t2,        /tenant/*,                          *\ng, alice, can_manage, t1\ng, bob, admin, t2");
        Assert.True(enforcer.Enforce("alice", "t1", "/projects/1", "DELETE"));
        Assert.False(enforcer.Enforce("alice", "t2", "/projects/1", "GET"));
        Assert.True(enforcer.Enforce("bob", "t2", "/tenant/x", "GET"));
    }
}
