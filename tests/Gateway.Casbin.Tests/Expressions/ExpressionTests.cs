using System.Text.Json;

namespace Gateway.Casbin.Tests.Expressions;

public sealed class ExpressionTests
{
    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData("!false", true)]
    [InlineData("!(true && false)", true)]
    [InlineData("true || true && false", true)]
    [InlineData("(true || true) && false", false)]
    [InlineData("1 + 2 * 3 == 7", true)]
    [InlineData("(1 + 2) * 3 == 9", true)]
    [InlineData("7 % 4 - 1 == 2", true)]
    [InlineData("-1 < 0", true)]
    [InlineData("10 / 4 == 2.5", true)]
    [InlineData("10 - 2 - 3 == 5", true)]
    [InlineData("'a' + 'b' == 'ab'", true)]
    [InlineData("'a' + 1 == 'a1'", true)]
    [InlineData("'a' == \"a\"", true)]
    [InlineData("'a' == 'A'", false)]
    [InlineData("'a' < 'b'", true)]
    [InlineData("'10' < '9'", true)]
    [InlineData("'10' < 9", false)]
    [InlineData("'18' == 18", true)]
    [InlineData("'x' == 18", false)]
    [InlineData("'x' != 18", true)]
    [InlineData("2 >= 2", true)]
    [InlineData("2 > 2", false)]
    [InlineData("2 <= 2", true)]
    [InlineData("'a' in ('b', 'a')", true)]
    [InlineData("'a' in ['b', 'a']", true)]
    [InlineData("'a' in ('b', 'c')", false)]
    [InlineData("'a' in ()", false)]
    [InlineData("'a' in ('a')", true)]
    [InlineData("'18' in (18)", false)]
    [InlineData("'a' in ('a', 'b') && 'c' in ('a', 'b')", false)]
    [InlineData("'it\\'s' == \"it's\"", true)]
    [InlineData("'a\\\\b' == \"a\\\\b\"", true)]
    [InlineData("1", true)]
    [InlineData("0", false)]
    [InlineData("'x'", true)]
    [InlineData("''", false)]
    public void Computes_constants(string expression, bool expected) => Assert.Equal(expected, Some.Evaluate(expression));

    [Theory]
    [InlineData("r.a == 'x'", "x", true)]
    [InlineData("'x' == r.a", "x", true)]
    [InlineData("r.a != 'x'", "x", false)]
    [InlineData("r_a == 'x'", "x", true)]
    [InlineData("r.a == 18", "18", true)]
    [InlineData("r.a == 18", 18, true)]
    [InlineData("r.a == '18'", 18, true)]
    [InlineData("18 == r.a", 18L, true)]
    [InlineData("r.a > 17", 18, true)]
    [InlineData("17 < r.a", 18, true)]
    [InlineData("17 > r.a", 18, false)]
    [InlineData("r.a >= '18'", 18, true)]
    [InlineData("r.a > 17", "old", false)]
    [InlineData("r.a < 17", "old", false)]
    [InlineData("r.a > 17", null, false)]
    [InlineData("r.a < 17", null, false)]
    [InlineData("r.a == ''", null, false)]
    [InlineData("r.a != ''", null, true)]
    [InlineData("r.a == r.b", null, false)]
    [InlineData("r.a != r.b", null, false)]
    [InlineData("r.a", true, true)]
    [InlineData("r.a", false, false)]
    [InlineData("!r.a", false, true)]
    [InlineData("r.a == true", true, true)]
    [InlineData("true == r.a", 1, false)]
    [InlineData("r.a == 'true'", true, false)]
    [InlineData("r.a == 1", true, false)]
    [InlineData("r.a && true", 1, true)]
    [InlineData("r.a && true", 0, false)]
    [InlineData("r.a && true", null, false)]
    [InlineData("r.a + 1 == 3", 2, true)]
    [InlineData("-r.a == -2", 2, true)]
    [InlineData("r.a * 2 - 1 == 3", 2, true)]
    [InlineData("r.a + 'b' == 'ab'", "a", true)]
    [InlineData("r.a + r.a == 'xx'", "x", true)]
    [InlineData("r.a in ('x', 'y')", "y", true)]
    [InlineData("r.a in ('x', 'y')", "z", false)]
    [InlineData("r.a in (18, 19)", 18, true)]
    [InlineData("r.a in (18, 19)", "18", false)]
    public void Computes_with_request_values(string expression, object? a, bool expected) =>
        Assert.Equal(expected, Some.Evaluate(expression, a));

    [Fact]
    public void Reads_attributes_of_dictionaries_json_and_plain_objects()
    {
        object[] subjects =
        [
            new Dictionary<string, object?> { ["Age"] = 30, ["Name"] = "alice", ["Tags"] = new[] { "a", "b" }, ["Home"] = new Dictionary<string, object?> { ["City"] = "Ulm" } },
            JsonElement.Parse("""{ "Age": 30, "Name": "alice", "Tags": ["a", "b"], "Home": { "City": "Ulm" } }"""),
            new { Age = 30, Name = "alice", Tags = new List<object> { "a", "b" }, Home = new { City = "Ulm" } },
            new System.Collections.Hashtable { ["Age"] = 30, ["Name"] = "alice", ["Tags"] = new HashSet<string> { "a", "b" }, ["Home"] = new { City = "Ulm" } },
        ];
        foreach (var subject in subjects)
        {
            Assert.True(Some.Evaluate("r.a.Age > 18 && r.a.Age < 60", subject));
            Assert.True(Some.Evaluate("r.a.Name == 'alice'", subject));
            Assert.True(Some.Evaluate("'b' in (r.a.Tags)", subject));
            Assert.False(Some.Evaluate("'c' in r.a.Tags", subject));
            Assert.True(Some.Evaluate("r.a.Home.City == 'Ulm'", subject));
            Assert.True(Some.Evaluate("r.a['Home'][\"City\"] == 'Ulm' && r.a['no such: name'] != 'Ulm'", subject));
            Assert.False(Some.Evaluate("r.a.Missing == 'x'", subject));
            Assert.False(Some.Evaluate("r.a.Missing.Further == 'x'", subject));
            Assert.False(Some.Evaluate("r.a.Missing == r.a.Absent", subject));
            Assert.False(Some.Evaluate("r.a.age > 18", subject));
        }
    }

    [Fact]
    public void Json_scalars_are_the_values_they_stand_for()
    {
        Assert.True(Some.Evaluate("r.a == 'x'", JsonElement.Parse("\"x\"")));
        Assert.True(Some.Evaluate("r.a > 17", JsonElement.Parse("18")));
        Assert.True(Some.Evaluate("r.a", JsonElement.Parse("true")));
        Assert.False(Some.Evaluate("r.a == r.b", JsonElement.Parse("null"), JsonElement.Parse("null")));
    }

    [Theory]
    [InlineData("r.a ==", "model.conf:9:11: the expression ends where a value is expected")]
    [InlineData("r.a & r.b", "model.conf:9:9: unexpected `&`; write `&&`")]
    [InlineData("r.a = r.b", "model.conf:9:9: unexpected `=`; write `==`")]
    [InlineData("r.a ? 1 : 2", "model.conf:9:9: unexpected `?`; write a condition with `&&` and `||`")]
    [InlineData("r.a == alice", "model.conf:9:12: unknown name `alice`; put quotes around text, and `r.` or `p.` before a field")]
    [InlineData("r.a == 'alice", "model.conf:9:12: the text that begins here is not closed; end it with `'`")]
    [InlineData(@"r.a == '\d'", @"model.conf:9:13: unknown escape `\d`; write `\\d` for a backslash and `d`")]
    [InlineData("r.a == r.b == r.a", "model.conf:9:16: `==` follows another comparison; join them with `&&`")]
    [InlineData("r == 'x'", "model.conf:9:5: `r` stands alone; name a field, such as `r.sub`")]
    [InlineData("r.a.Name()", "model.conf:9:9: `Name(` calls a method of a value; add a function and call that")]
    [InlineData("r.a[0] == 1", "model.conf:9:9: `0` where an attribute's name in quotes is expected")]
    [InlineData("r.c == 'x'", "model.conf:9:5: `r` has no field `c`; there are `a`, `b`")]
    [InlineData("r2.a == 'x'", "model.conf:9:5: `r2` is not defined in `[request_definition]`")]
    [InlineData("nope(r.a)", "model.conf:9:5: unknown function `nope`; there are `eval`, `globMatch`, `ipMatch`, `keyGet`, `keyGet2`, `keyGet3`, `keyMatch`, `keyMatch2`, `keyMatch3`, `keyMatch4`, `keyMatch5`, `regexMatch`")]
    [InlineData("g(r.a, r.b)", "model.conf:9:5: `g` is not defined; add `g = _, _` to `[role_definition]`")]
    [InlineData("keyMatch(r.a)", "model.conf:9:5: `keyMatch` takes 2 arguments, not 1")]
    [InlineData("eval(r.a)", "model.conf:9:5: `eval` takes one field of the policy row, such as `eval(p.rule)`; text from a request is never evaluated")]
    [InlineData("r.a == 'x' && 'y'", "model.conf:9:19: text stands where true or false is needed; compare it with something")]
    [InlineData("true < false", "model.conf:9:10: true and false have no order; write `==`, or join conditions with `&&`")]
    [InlineData("r.a == 'x')", "model.conf:9:15: `)` where the end of the expression is expected")]
    [InlineData("regexMatch(r.a, '(')", "model.conf:9:21: `regexMatch`: `(` is not a regular expression: Invalid pattern '(' at offset 1. Not enough )'s.")]
    [InlineData("ipMatch(r.a, 'x')", "model.conf:9:18: `ipMatch`: `x` is neither an address nor a range; write `192.0.2.1`, `192.0.2.0/24` or `2001:db8::/32`")]
    public void Refuses_what_cannot_mean_anything(string expression, string message)
    {
        const string Conf = "[request_definition]\nr = a, b\n[policy_definition]\np = x\n\n[policy_effect]\ne = some(where (p.eft == allow))\n[matchers]\nm = ";
        Assert.Equal(message, Some.Refusal(() => new Enforcer(DefaultModel.CreateFromText(Conf + expression), new TextAdapter(""))));
    }

    [Fact]
    public void Refuses_nesting_that_would_exhaust_the_stack()
    {
        Assert.Contains("nested more than 200 deep", Some.Refusal(() => Some.Evaluate(new string('(', 100_000) + "true" + new string(')', 100_000))), StringComparison.Ordinal);
        Assert.Contains("nested more than 200 deep", Some.Refusal(() => Some.Evaluate(new string('!', 100_000) + "true")), StringComparison.Ordinal);
        Assert.Contains("nested more than 200 deep", Some.Refusal(() => Some.Evaluate("1" + string.Concat(Enumerable.Repeat(" + 1", 100_000)))), StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_long_flat_rules()
    {
        var rule = string.Join(" || ", Enumerable.Range(0, 5_000).Select(i => $"r.a == 'x{i}'"));
        Assert.True(Some.Evaluate(rule, "x4999"));
        Assert.False(Some.Evaluate(rule, "x5000"));
    }
}
