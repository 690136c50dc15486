namespace Gateway.Casbin.Tests.Enforcing;

public sealed class ContextTests
{
    private const string Conf = """
        [request_definition]
        r = sub, act
        r2 = user, level, act
        [policy_definition]
        p = sub, act
        p2 = rule, act, eft
        [policy_effect]
        e = some(where (p.eft == allow))
        e2 = !some(where (p.eft == deny))
        [matchers]
        m = r.sub == p.sub && r.act == p.act
        m2 = r2.act == p2.act && eval(p2.rule)
        """;

    private const string Csv = "p, alice, read\np2, r2.level > 3, write, allow\np2, r2.user == 'eve', write, deny";

    private static readonly Enforcer Enforcer = Some.Enforcer(DefaultModel.CreateFromText(Conf), Csv);

    [Fact]
    public void Each_context_has_its_request_rows_effect_and_matcher()
    {
        Assert.True(Enforcer.Enforce("alice", "read"));
        Assert.False(Enforcer.Enforce("alice", "write"));
        var second = EnforceContext.ForSuffix("2");
        Assert.True(Enforcer.Enforce(second, "bob", 1, "write"));
        Assert.False(Enforcer.Enforce(second, "eve", 5, "write"));
        var allowing = second with { EffectType = "e" };
        Assert.False(Enforcer.Enforce(allowing, "bob", 1, "write"));
        var (allowed, explanation) = Enforcer.EnforceEx(allowing, "bob", 4, "write");
        Assert.True(allowed);
        Assert.Equal(2, Assert.Single(explanation).Line);
    }

    [Fact]
    public void Refuses_a_context_that_the_model_does_not_have()
    {
        Assert.Equal(
            "the model has no decision for (r, p2, e, m2); there are (r, p, e, m), (r, p, e2, m), (r2, p2, e, m2), (r2, p2, e2, m2)",
            Some.Refusal(() => Enforcer.Enforce(new EnforceContext("r", "p2", "e", "m2"), "alice", "read")));
        Assert.Equal(
            "the request has 2 values; the model's request definition has 3",
            Some.Refusal(() => Enforcer.Enforce(EnforceContext.ForSuffix("2"), "alice", "read")));
    }

    [Fact]
    public void A_second_matcher_that_mixes_definitions_is_refused_when_it_is_used()
    {
        var model = DefaultModel.CreateFromText(Conf.Replace("m2 = r2.act == p2.act", "m2 = r2.act == p.act", StringComparison.Ordinal));
        var enforcer = Some.Enforcer(model, Csv);
        Assert.True(enforcer.Enforce("alice", "read"));
        Assert.Equal(
            "model.conf:12:30: the matcher is about `p` and `p2`; a decision sees one of them, so use two matchers",
            Some.Refusal(() => enforcer.Enforce(EnforceContext.ForSuffix("2"), "bob", 1, "write")));
    }

    [Fact]
    public void Takes_requests_as_arrays_and_in_batches()
    {
        Assert.True(Enforcer.Enforce(new object?[] { "alice", "read" }));
        Assert.True(Enforcer.Enforce(["alice", "read"]));
        Assert.Equal([true, false, true], Enforcer.BatchEnforce([["alice", "read"], ["bob", "read"], ["alice", "read"]]));
        Assert.Equal([false], Enforcer.BatchEnforce(EnforceContext.ForSuffix("2"), [["eve", 1, "write"]]));
        Assert.Equal(
            "the request has 13 values; the model's request definition has 2",
            Some.Refusal(() => Enforcer.Enforce(new object?[13])));
    }

    [Fact]
    public void Decides_by_another_matcher()
    {
        Assert.True(Enforcer.EnforceWithMatcher("r.sub == p.sub && r.act in ('read', 'write')", "alice", "write"));
        Assert.False(Enforcer.EnforceWithMatcher("r.sub == p.sub && r.act in ('read', 'write')", "alice", "delete"));
        Assert.Equal("alice", Assert.Single(Enforcer.EnforceExWithMatcher("r.sub == p.sub", "alice", "x").Explanation).Values[0]);
        Assert.Equal(
            "matcher:5: the expression ends where a value is expected",
            Some.Refusal(() => Enforcer.EnforceWithMatcher("1 ==", "alice", "x")));
        Assert.Equal(
            "the matcher is about `r` and `p2`, the context about `r` and `p`",
            Some.Refusal(() => Enforcer.EnforceWithMatcher("p2.act == r.act", "alice", "x")));
    }
}
