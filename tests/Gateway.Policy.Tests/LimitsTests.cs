namespace Gateway.Policy.Tests;

/// <summary>Rules that nobody writes by hand: they are decided, or refused with a name, and never take the process down.</summary>
public sealed class LimitsTests
{
    [Theory]
    [InlineData(Semantics.Oslo)]
    [InlineData(Semantics.Strict)]
    public void Decides_deep_and_long_rules(Semantics semantics)
    {
        Assert.True(Decide("t: " + Repeat("not ", 200) + "@", semantics).Allowed);
        Assert.True(Decide("t: '" + new string('(', 5000) + "@" + new string(')', 5000) + "'", semantics).Allowed);
        Assert.True(Decide("t: " + Repeat("role:x or ", 10_000) + "role:member", semantics).Allowed);
        var chained = string.Concat(Enumerable.Range(0, 60).Select(i => $"r{i}: {Repeat("not ", 200)}rule:r{i + 1}\n"));
        Assert.True(Decide(chained + "r60: '@'\nt: rule:r0", semantics).Allowed);
    }

    [Fact]
    public void Reads_rules_of_too_many_levels_as_malformed()
    {
        var text = "t: " + Repeat("not ", 5000) + "@";
        Assert.Equal("malformed-rule", Assert.Single(PolicyDirectory.Load(text, "none").Findings).Code);
        Assert.Equal("denied", Decide(text, Semantics.Oslo).Reason);
    }

    [Fact]
    public void Ends_in_an_error_where_references_have_no_end_or_too_many_steps()
    {
        Assert.Equal("check_error:RecursionError", Decide("t: not rule:t", Semantics.Oslo).Reason);
        var doubling = string.Concat(Enumerable.Range(0, 40).Select(i => $"r{i}: rule:r{i + 1} and rule:r{i + 1}\n"));
        Assert.Equal("check_error:RecursionError", Decide(doubling + "r40: '@'\nt: rule:r0", Semantics.Oslo).Reason);
        var chain = string.Concat(Enumerable.Range(0, 2000).Select(i => $"r{i}: rule:r{i + 1}\n"));
        Assert.Equal("check_error:RecursionError", Decide(chain + "r2000: '@'\nt: rule:r0", Semantics.Oslo).Reason);
    }

    [Fact]
    public void Keeps_names_and_texts_that_no_policy_file_could_hold()
    {
        var policy = PolicyDirectory.Rules("\"od'd, \\\"name\\\" r.x\": \"role:a'b\\\\c\"");
        Assert.True(policy.Decide("od'd, \"name\" r.x", Some.Caller(roles: "A'b\\c"), Some.Server()).Allowed);
        Assert.False(policy.Decide("od'd, \"name\" r.x", Some.Caller(roles: "a"), Some.Server()).Allowed);
    }

    private static Decision Decide(string rules, Semantics semantics) =>
        PolicyDirectory.Rules(rules, semantics).Decide("t", Some.Caller(roles: "member"), Some.Server());

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
