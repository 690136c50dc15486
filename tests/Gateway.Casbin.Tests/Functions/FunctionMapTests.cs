namespace Gateway.Casbin.Tests.Functions;

public sealed class FunctionMapTests
{
    [Fact]
    public void Functions_of_every_arity_and_kind_are_called()
    {
        var functions = new FunctionMap()
            .Add("zero", () => true)
            .Add<object, object>("same", value => value)
            .Add<string, double, bool>("longer", (text, length) => text.Length > length)
            .Add<int, long, bool, double>("sum", (a, b, flag) => flag ? a + b : 0)
            .Add<string, string, string, string, string>("join", (a, b, c, d) => a + b + c + d)
            .Add<string, int>("size", text => text.Length);
        var options = new EnforcerOptions { Functions = functions };
        Assert.True(Some.Evaluate("zero()", options: options));
        Assert.True(Some.Evaluate("same(r.a) == 'x'", "x", options: options));
        Assert.True(Some.Evaluate("same(r.a).Length == 3", new { Length = 3 }, options: options));
        Assert.True(Some.Evaluate("longer(r.a, 2)", "abc", options: options));
        Assert.True(Some.Evaluate("longer(r.a, '2')", "abc", options: options));
        Assert.True(Some.Evaluate("longer(r.a, r.b)", "abc", 2, options));
        Assert.True(Some.Evaluate("sum(r.a, r.b, 1 == 1) == 7", 3, 4, options));
        Assert.True(Some.Evaluate("join(r.a, 'b', r.b, 'd') == 'abcd'", "a", "c", options));
        Assert.True(Some.Evaluate("size(r.a) > 2 && size(r.a) < 4", "abc", options: options));
        Assert.False(Some.Evaluate("longer(r.a, 2)", "ab", options: options));
    }

    [Fact]
    public void Refuses_arguments_that_do_not_fit()
    {
        var options = new EnforcerOptions
        {
            Functions = new FunctionMap().Add<string, double, bool>("longer", (text, length) => text.Length > length).Add<bool, bool>("not", flag => !flag),
        };
        Assert.Equal("argument 2 of `longer` is a String; it wants a number", Some.Refusal(() => Some.Evaluate("longer(r.a, r.b)", "abc", "x", options)));
        Assert.Equal("argument 1 of `longer` is a Int32; it wants String", Some.Refusal(() => Some.Evaluate("longer(r.a, 2)", 5, null, options)));
        Assert.Equal("argument 1 of `not` is missing; it wants true or false", Some.Refusal(() => Some.Evaluate("not(r.a)", null, null, options)));
        Assert.Equal("model.conf:9:17: `x` is given to `longer`, which wants a number here", Some.Refusal(() => Some.Evaluate("longer(r.a, 'x')", options: options)));
        Assert.Equal("model.conf:9:12: argument 1 of `longer` is a number; it wants String", Some.Refusal(() => Some.Evaluate("longer(1, 2)", options: options)));
    }

    [Fact]
    public void Refuses_names_that_are_taken()
    {
        var functions = new FunctionMap().Add("mine", () => true);
        Assert.StartsWith("function `mine` is added twice", Assert.Throws<ArgumentException>(() => functions.Add("mine", () => true)).Message, StringComparison.Ordinal);
        Assert.StartsWith("`keyMatch` is a built-in function", Assert.Throws<ArgumentException>(() => functions.Add("keyMatch", () => true)).Message, StringComparison.Ordinal);
        Assert.StartsWith("`eval` cannot name a function", Assert.Throws<ArgumentException>(() => functions.Add("eval", () => true)).Message, StringComparison.Ordinal);
        Assert.StartsWith("function `when` has a parameter of type DateTime", Assert.Throws<ArgumentException>(() => functions.Add<DateTime, bool>("when", _ => true)).Message, StringComparison.Ordinal);
        Assert.Equal(
            "model.conf: `g` is both a role definition and an added function; rename the function",
            Some.Refusal(() => Some.Enforcer(Some.Model(roles: "g = _, _"), "", new EnforcerOptions { Functions = new FunctionMap().Add("g", () => true) })));
    }
}
