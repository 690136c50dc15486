namespace Gateway.Casbin.Tests.Functions;

public sealed class BuiltInFunctionTests
{
    [Theory]
    [InlineData("/foo/bar/foo", "/foo/{id}/foo", "id", "bar")]
    [InlineData("/a/1/b/2", "/a/{x}/b/{y}", "y", "2")]
    [InlineData("/a/1/b/2", "/a/{x}/b/{y}", "z", "")]
    [InlineData("/a/1/c/2", "/a/{x}/b/{y}", "x", "")]
    [InlineData("/a/1/rest/of", "/a/{x}/*", "x", "1")]
    [InlineData("project_admin", "{role}_admin", "role", "project")]
    public void KeyGet3_extracts(string key, string pattern, string name, string value)
    {
        Assert.Equal(value, BuiltInFunctions.KeyGet3(key, pattern, name));
        Assert.Equal(value.Length > 0, Some.Evaluate($"keyGet3(r.a, r.b, '{name}')", key, pattern));
        Assert.Equal(value.Length > 0, Some.Evaluate($"keyGet3(r.a, '{pattern}', '{name}')", key));
    }

    [Theory]
    [InlineData("::ffff:10.0.0.1", "10.0.0.0/8", true)]
    [InlineData("10.0.0.1", "::ffff:10.0.0.0/104", true)]
    [InlineData("10.0.0.1", "::ffff:10.0.0.0/95", false)]
    [InlineData("10.0.0.1", "::/0", false)]
    [InlineData("::1", "0.0.0.0/0", false)]
    [InlineData("010.0.0.1", "10.0.0.0/8", false)]
    [InlineData("0x0a.0.0.1", "10.0.0.0/8", false)]
    [InlineData("10.1", "10.0.0.0/8", false)]
    [InlineData("fe80::1%eth0", "fe80::/10", false)]
    [InlineData("[::1]", "::1", false)]
    [InlineData("10.0.0.1 ", "10.0.0.0/8", false)]
    [InlineData("2001:DB8::1", "2001:db8::/32", true)]
    public void IpMatch_takes_addresses_and_nothing_else(string key, string pattern, bool expected) =>
        Assert.Equal(expected, BuiltInFunctions.IpMatch(key, pattern));

    [Theory]
    [InlineData("GET\n", "^GET$", false)]
    [InlineData("GET", "^GET$", true)]
    [InlineData("٤٢", @"^\d+$", false)]
    [InlineData("a-b", "^[a-z-[b]]+$", false)]
    public void Regular_expressions_mean_what_they_mean_elsewhere(string key, string pattern, bool expected) =>
        Assert.Equal(expected, BuiltInFunctions.RegexMatch(key, pattern));

    [Theory]
    [InlineData(@"(a)\1")]
    [InlineData("(?<!a)b")]
    [InlineData("[]a]")]
    [InlineData("^*")]
    [InlineData("a|*")]
    [InlineData(@"\p{L}")]
    [InlineData("(")]
    public void Refuses_expressions_that_mean_different_things_or_need_backtracking(string pattern) =>
        Assert.Throws<CasbinException>(() => BuiltInFunctions.RegexMatch("a", pattern));

    [Theory]
    [InlineData("/:")]
    [InlineData("/:/x")]
    public void Refuses_a_parameter_without_a_name(string pattern) =>
        Assert.Throws<CasbinException>(() => BuiltInFunctions.KeyMatch2("/x", pattern));

    [Theory]
    [InlineData("!a")]
    [InlineData("#a")]
    [InlineData("+(a|b)")]
    [InlineData("[a")]
    [InlineData("[[:alpha:]]")]
    public void Refuses_globs_that_mean_different_things(string pattern) =>
        Assert.Throws<CasbinException>(() => BuiltInFunctions.GlobMatch("a", pattern));

    [Fact]
    public void A_hostile_key_does_not_slow_matching_down()
    {
        // In an engine that backtracks each of these takes longer than the universe has.
        var key = new string('a', 50_000) + "!";
        Assert.False(BuiltInFunctions.RegexMatch(key, "^(a+)+$"));
        Assert.False(BuiltInFunctions.RegexMatch(key, "^(a|aa)+$"));
        Assert.False(BuiltInFunctions.GlobMatch(key[..2_000], "*a*a*a*a*a*a*a*a*a*b"));
        Assert.False(BuiltInFunctions.GlobMatch(string.Concat(Enumerable.Repeat("/a", 500)), "/**/a/**/a/**/a/**/a/**/b"));
        Assert.Throws<CasbinException>(() => BuiltInFunctions.GlobMatch("a", string.Concat(Enumerable.Repeat("{a,b}", 40))));
    }

    [Fact]
    public void Matching_by_a_row_does_not_allocate()
    {
        var enforcer = Some.Enforcer(
            Some.Model("keyMatch2(r.sub, p.sub) && regexMatch(r.act, p.act) && ipMatch(r.obj, p.obj)"),
            "p, /servers/:id, 10.0.0.0/8, ^(GET|HEAD)$\np, /servers/:id/*, 192.0.2.0/24, POST");
        Assert.True(enforcer.Enforce("/servers/1", "10.1.2.3", "GET"));
        Assert.True(enforcer.Enforce("/servers/1/x/y", "192.0.2.9", "POST"));
        for (var i = 0; i < 1_000; i++)
            enforcer.Enforce("/servers/1/x/y", "192.0.2.9", "POST");
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            enforcer.Enforce("/servers/1/x/y", "192.0.2.9", "POST");
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
