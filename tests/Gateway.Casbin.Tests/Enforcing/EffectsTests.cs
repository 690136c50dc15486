namespace Gateway.Casbin.Tests.Enforcing;

public sealed class EffectsTests
{
    [Theory]
    [InlineData("some(where (p.eft == allow))", "deny allow", true, "1")]
    [InlineData("some(where (p.eft == allow))", "deny other", false, "")]
    [InlineData("!some(where (p.eft == deny))", "other", true, "")]
    [InlineData("!some(where (p.eft == deny))", "allow deny", false, "1")]
    [InlineData("some(where (p.eft == allow)) && !some(where (p.eft == deny))", "allow deny", false, "1")]
    [InlineData("some(where (p.eft == allow)) && !some(where (p.eft == deny))", "allow other allow", true, "2")]
    [InlineData("some(where (p.eft == allow)) && !some(where (p.eft == deny))", "other", false, "")]
    [InlineData("priority(p.eft) || deny", "other deny allow", false, "1")]
    [InlineData("priority(p.eft) || deny", "allow deny", true, "0")]
    [InlineData("priority(p.eft) || deny", "other", false, "")]
    public void Effects_combine_and_explain(string effect, string effects, bool allowed, string explainedBy)
    {
        var csv = string.Join('\n', effects.Split(' ').Select((eft, i) => $"p, alice, {i}, {eft}"));
        var enforcer = Some.Enforcer(Some.Model("r.sub == p.sub", effect, "sub, id, eft"), csv);
        var (actual, explanation) = enforcer.EnforceEx("alice", "", "");
        Assert.Equal(allowed, actual);
        Assert.Equal(explainedBy, string.Concat(explanation.Select(row => row.Values[1])));
    }

    [Fact]
    public void Deny_override_allows_when_nothing_matches()
    {
        var enforcer = Some.Enforcer(Some.Model("r.sub == p.sub", "!some(where (p.eft == deny))", "sub, eft"), "p, bob, deny");
        Assert.True(enforcer.Enforce("alice", "", ""));
        Assert.False(enforcer.Enforce("bob", "", ""));
    }

    [Theory]
    [InlineData("10 allow,1 deny", false, "1")]
    [InlineData("1 allow,10 deny", true, "0")]
    [InlineData("1 allow,1 deny", false, "1")]
    [InlineData("1 deny,1 allow", false, "0")]
    [InlineData("2 deny,1 other,1 allow", true, "2")]
    [InlineData("1 other,2 deny,2 allow", false, "1")]
    [InlineData("1 other", false, "")]
    [InlineData("01 allow,+1 deny", false, "1")]
    public void Within_the_best_priority_a_denial_wins(string rows, bool allowed, string explainedBy)
    {
        var csv = string.Join('\n', rows.Split(',').Select((row, i) => $"p, {row.Split(' ')[0]}, alice, {i}, {row.Split(' ')[1]}"));
        var enforcer = Some.Enforcer(
            Some.Model("r.sub == p.sub", "priority(p.eft) && !some(where (p.eft == deny))", "priority, sub, id, eft"), csv);
        var (actual, explanation) = enforcer.EnforceEx("alice", "", "");
        Assert.Equal(allowed, actual);
        Assert.Equal(explainedBy, string.Concat(explanation.Select(row => row.Values[2])));
    }

    [Fact]
    public void The_deepest_subject_decides()
    {
        var enforcer = Some.Enforcer(
            Some.Model("g(r.sub, p.sub)", "subjectPriority(p.eft) || deny", "sub, eft", roles: "g = _, _"),
            "p, root, deny\np, staff, allow\np, alice, deny\ng, staff, root\ng, alice, staff\ng, bob, staff");
        Assert.False(enforcer.Enforce("alice", "", ""));
        Assert.True(enforcer.Enforce("bob", "", ""));
        Assert.False(enforcer.Enforce("root", "", ""));
    }

    [Theory]
    [InlineData("priority(p.eft) && !some(where (p.eft == deny))", "sub, eft", "p, a, allow", "model.conf: the effect needs a field `priority` in `p`")]
    [InlineData("subjectPriority(p.eft) || deny", "sub, eft", "p, a, allow", "model.conf: `subjectPriority` needs a field `sub` in `p` and a role definition `g`")]
    [InlineData("priority(p.eft) || deny", "priority, sub, eft", "p, high, a, allow", "policy.csv:1: `high` is no priority; write a whole number")]
    public void Refuses_what_an_effect_cannot_order(string effect, string fields, string csv, string message) =>
        Assert.Equal(message, Some.Refusal(() => Some.Enforcer(Some.Model("r.sub == p.sub", effect, fields), csv)));

    [Fact]
    public void Refuses_a_circle_where_depth_is_needed() => Assert.Equal(
        "`g` rows make a circle through `a`, in which nobody is deepest; `subjectPriority` needs a tree",
        Some.Refusal(() => Some.Enforcer(
            Some.Model("g(r.sub, p.sub)", "subjectPriority(p.eft) || deny", "sub, eft", roles: "g = _, _"), "p, a, allow\ng, a, b\ng, b, a")));

    [Fact]
    public void Without_rows_only_what_no_row_could_change_holds()
    {
        Assert.True(Some.Enforcer(Some.Model(Some.Acl + " || r.sub == 'root'"), "").Enforce("root", "x", "y"));
        Assert.False(Some.Enforcer(Some.Model(Some.Acl + " || r.sub == 'root'"), "").Enforce("alice", "x", "y"));
        Assert.False(Some.Enforcer(Some.Model(), "").Enforce("", "", ""));
        Assert.False(Some.Enforcer(Some.Model("r.sub != p.sub"), "").Enforce("alice", "", ""));
        Assert.False(Some.Enforcer(Some.Model("!(r.sub == p.sub)"), "").Enforce("alice", "", ""));
        Assert.False(Some.Enforcer(Some.Model("!(r.sub == p.sub && r.act == 'x')"), "").Enforce("alice", "", "x"));
        Assert.True(Some.Enforcer(Some.Model("!(r.sub == p.sub && r.act == 'x')"), "").Enforce("alice", "", "y"));
        Assert.False(Some.Enforcer(Some.Model("eval(p.sub)"), "").Enforce("alice", "", ""));
    }

    [Fact]
    public void A_matcher_that_looks_at_no_row_cannot_stand_beside_rows_that_deny() => Assert.Equal(
        "policy.csv:2: this row denies, but the matcher at model.conf:9:5 looks at no row; mention `p.` in the matcher or remove the row",
        Some.Refusal(() => Some.Enforcer(Some.Model("r.sub == 'alice'", policy: "sub, eft"), "p, a, allow\np, b, deny")));
}
