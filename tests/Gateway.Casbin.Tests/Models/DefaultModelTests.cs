namespace Gateway.Casbin.Tests.Models;

public sealed class DefaultModelTests
{
    [Fact]
    public void Takes_comments_tabs_and_continued_lines()
    {
        var model = DefaultModel.CreateFromText(
            "\uFEFF# a model\r\n[request_definition]\r\nr\t=\tsub, obj, act # the request\r\n; another comment\r\n[policy_definition]\r\np = sub, obj, \\\r\n  act\r\n"
            + "[policy_effect]\r\ne = some(where (p.eft == allow)) ; the usual\r\n[matchers]\r\nm = r.sub == p.sub \\\r\n && r.obj == p.obj \\\r\n && r.act == p.act \\\r\n && r.sub != 'a#b;c'");
        Assert.Equal(["sub", "obj", "act"], model.RequestFields());
        Assert.Equal(["sub", "obj", "act"], model.PolicyFields());
        var enforcer = Some.Enforcer(model, "p, alice, data1, read\np, a#b;c, data1, read");
        Assert.True(enforcer.Enforce("alice", "data1", "read"));
        Assert.False(enforcer.Enforce("a#b;c", "data1", "read"));
        Assert.False(enforcer.Enforce("alice", "data1", "write"));
    }

    [Fact]
    public void Lines_are_joined_anywhere()
    {
        var model = DefaultModel.CreateFromText(
            "[request_definition]\nr = sub, \\\nobj, act\n[policy_definition]\np = sub, \\\n obj,\\\nact\n[policy_effect]\ne = som\\\ne(where \\\n(p.eft \\\n== allow))\n"
            + "[matchers]\nm = r.sub == p.sub\\\n&& r.obj =\\\n= p.obj && r.\\\nact == p\\\n.act");
        Assert.True(Some.Enforcer(model, "p, alice, data1, read").Enforce("alice", "data1", "read"));
    }

    [Fact]
    public void Positions_are_right_across_continued_lines() => Assert.Equal(
        "model.conf:10:5: `r` has no field `obx`; there are `sub`, `obj`, `act`",
        Some.Refusal(() => Some.Enforcer(
            DefaultModel.CreateFromText("[request_definition]\nr = sub, obj, act\n[policy_definition]\np = sub, obj, act\n[policy_effect]\ne = some(where (p.eft == allow))\n[matchers]\nm = r.sub == p.sub && \\\n r.act == p.act && \\\n    r.obx == p.obj"),
            "p, a, b, c")));

    [Theory]
    [InlineData("[nope]", "model.conf:1: unknown section `nope`; there are `request_definition`, `policy_definition`, `role_definition`, `policy_effect`, `matchers`")]
    [InlineData("r = a", "model.conf:1: a definition stands before the first section; put it below its `[section]`")]
    [InlineData("[matchers]\nhello", "model.conf:2: `hello` is neither a section nor `key = value`")]
    [InlineData("[matchers]\nm =", "model.conf:2: `m` has no value")]
    [InlineData("[matchers]\nm = true\nm = false", "model.conf:3: `m` is defined a second time; keep one")]
    [InlineData("[matchers]\nm = true\n[matchers]", "model.conf:3: section `matchers` appears a second time; keep one")]
    [InlineData("[matchers]\nm = true", "model.conf: missing `[request_definition]`, `[policy_definition]`, `[policy_effect]`")]
    public void Refuses_a_broken_file(string text, string message) =>
        Assert.Equal(message, Some.Refusal(() => DefaultModel.CreateFromText(text)));

    [Theory]
    [InlineData("some(where(p.eft == allow))", "model.conf:7: `some(where(p.eft == allow))` must be spelt `some(where (p.eft == allow))`: Casbin compares effects as text")]
    [InlineData("any", "model.conf:7: unsupported effect `any`; there are `some(where (p.eft == allow))`, `!some(where (p.eft == deny))`, `some(where (p.eft == allow)) && !some(where (p.eft == deny))`, `priority(p.eft) || deny`, `subjectPriority(p.eft) || deny`, `priority(p.eft) && !some(where (p.eft == deny))`")]
    public void Refuses_an_unknown_effect(string effect, string message) =>
        Assert.Equal(message, Some.Refusal(() => Some.Model(effect: effect)));

    [Fact]
    public void Refuses_definitions_that_would_be_ignored_or_contradict()
    {
        Assert.Equal(
            "model.conf:3: `r3` would never be read: keys are `r`, `r2`, `r3`, ... without a gap, and `r2` is missing",
            Some.Refusal(() => DefaultModel.CreateFromText(Some.Conf().Replace("r = sub, obj, act", "r = sub, obj, act\nr3 = sub", StringComparison.Ordinal))));
        Assert.Equal("model.conf:4: `p` names a field twice", Some.Refusal(() => Some.Model(policy: "sub, sub")));
        Assert.Equal("model.conf:4: `a b` in `p` is not a field name; use letters, digits and `_`, separated by commas", Some.Refusal(() => Some.Model(policy: "a b")));
        Assert.Equal(
            "model.conf:6: `g = _, _, (_, _)` is not supported; write `_, _` or, with a domain, `_, _, _`",
            Some.Refusal(() => Some.Model(roles: "g = _, _, (_, _)")));
        Assert.Equal(
            "model.conf:10:23: the matcher is about `p` and `p2`; a decision sees one of them, so use two matchers",
            Some.Refusal(() => Some.Enforcer(Some.Model("r.sub == p.sub || p2.sub == r.sub", policy: "sub, obj, act\np2 = sub"), "")));
    }

    [Fact]
    public void Reads_files()
    {
        var folder = Directory.CreateTempSubdirectory("casbin-model-");
        try
        {
            var model = Path.Combine(folder.FullName, "model.conf");
            var policy = Path.Combine(folder.FullName, "policy.csv");
            File.WriteAllText(model, Some.Conf());
            File.WriteAllText(policy, "p, alice, data1, read\n");
            Assert.True(new Enforcer(model, policy).Enforce("alice", "data1", "read"));

            File.WriteAllBytes(policy, [(byte)'p', (byte)',', 0xFF]);
            Assert.Equal($"{policy}: the file is not UTF-8; save it as UTF-8", Some.Refusal(() => new Enforcer(model, policy)));
            Assert.StartsWith($"{policy}.no: the file cannot be read (", Some.Refusal(() => new Enforcer(model, policy + ".no")), StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
