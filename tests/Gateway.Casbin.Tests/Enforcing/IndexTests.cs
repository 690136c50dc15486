using System.Text.Json;

namespace Gateway.Casbin.Tests.Enforcing;

public sealed class IndexTests
{
    [Fact]
    public void Finds_the_row_among_many_without_allocating()
    {
        var csv = string.Join('\n', Enumerable.Range(0, 10_000).Select(i => $"p, user{i}, data{i % 100}, {(i % 2 == 0 ? "read" : "write")}"));
        var enforcer = Some.Enforcer(Some.Model(), csv);
        Assert.True(enforcer.Enforce("user9998", "data98", "read"));
        Assert.False(enforcer.Enforce("user9998", "data98", "write"));
        Assert.False(enforcer.Enforce("nobody", "data98", "read"));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            enforcer.Enforce("user9998", "data98", "read");
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_value_that_is_not_text_is_compared_with_every_row()
    {
        var enforcer = Some.Enforcer(Some.Model("r.a == p.a && r.b == p.b", policy: "a, b", request: "a, b"), "p, x, 1\np, y, 2\np, y, 3");
        Assert.True(enforcer.Enforce("y", 2));
        Assert.True(enforcer.Enforce("y", 3.0));
        Assert.True(enforcer.Enforce(JsonElement.Parse("\"x\""), JsonElement.Parse("1")));
        Assert.False(enforcer.Enforce("x", 2));
        Assert.False(enforcer.Enforce("y", new object()));
        Assert.False(enforcer.Enforce<string?, int>(null, 2));
    }

    [Fact]
    public void Indexed_and_scanned_decisions_agree()
    {
        // Brackets hide the conjuncts from the index; the answers must not change.
        string[] matchers = ["r.sub == p.sub && keyMatch(r.obj, p.obj) && r.act == p.act", "!(!(r.sub == p.sub && keyMatch(r.obj, p.obj) && r.act == p.act))"];
        var csv = "p, a, /x/*, read\np, a, /y, read\np, b, /x/1, write\np, , /x/1, \np, a, /x/*, write";
        var enforcers = matchers.Select(matcher => Some.Enforcer(Some.Model(matcher), csv)).ToArray();
        string[] values = ["a", "b", "", "/x/1", "/x/*", "/y", "read", "write"];
        var allowed = 0;
        foreach (var sub in values)
        {
            foreach (var obj in values)
            {
                foreach (var act in values)
                {
                    var expected = enforcers[1].EnforceEx(sub, obj, act);
                    var actual = enforcers[0].EnforceEx(sub, obj, act);
                    Assert.Equal(expected.Allowed, actual.Allowed);
                    Assert.Equal(expected.Explanation, actual.Explanation);
                    allowed += actual.Allowed ? 1 : 0;
                }
            }
        }

        Assert.True(allowed > 4);
    }
}
