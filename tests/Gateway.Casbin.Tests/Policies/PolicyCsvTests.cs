namespace Gateway.Casbin.Tests.Policies;

public sealed class PolicyCsvTests
{
    [Theory]
    [InlineData("p, alice, data1, read", "p|alice|data1|read")]
    [InlineData("  p ,alice ,\tdata1,read  ", "p|alice|data1|read")]
    [InlineData("p, \"a, b\", \"say \"\"hi\"\"\", c", "p|a, b|say \"hi\"|c")]
    [InlineData("p, f(a, b) && g(c, d), x", "p|f(a, b) && g(c, d)|x")]
    [InlineData("p, (GET)|(POST), x", "p|(GET)|(POST)|x")]
    [InlineData("p, a,, b,", "p|a||b|")]
    [InlineData("p, \"\", b", "p||b")]
    [InlineData("p, a#b, c", "p|a#b|c")]
    [InlineData("p, \"a # b\", c", "p|a # b|c")]
    [InlineData("p, say \"hi\" there, c", "p|say \"hi\" there|c")]
    public void Splits_a_line(string line, string fields)
    {
        var row = Assert.Single(new TextAdapter(line).LoadPolicy());
        Assert.Equal(fields, string.Join('|', row.Values.Prepend(row.PolicyType)));
    }

    [Fact]
    public void Skips_blank_lines_and_comments_and_keeps_line_numbers()
    {
        var rows = new TextAdapter("\uFEFF# head\r\n\r\np, a\r\n  # note\r\np, b\r\n").LoadPolicy().ToList();
        Assert.Equal([3, 5], rows.Select(row => row.Line));
        Assert.Equal(["a", "b"], rows.Select(row => row.Values[0]));
    }

    [Theory]
    [InlineData("p, a, read # note", "policy.csv:1: `# note` would become part of a field; a comment has a line of its own, a field with ` #` is quoted")]
    [InlineData("p, \"a", "policy.csv:1: a quoted field is not closed; end it with `\"` on the same line")]
    [InlineData("p, \"a\"b, c", "policy.csv:1: text after the closing quote of a field: `b, c`; double a `\"` that belongs to the field")]
    [InlineData("p, f(a, b", "policy.csv:1: `(` without `)` in the field `f(a, b`; quote a field whose parentheses do not pair")]
    public void Refuses_a_line_that_would_be_misread(string line, string message) =>
        Assert.Equal(message, Some.Refusal(() => new TextAdapter(line).LoadPolicy().ToList()));

    [Fact]
    public void What_is_written_is_read_again()
    {
        PolicyRow[] rows =
        [
            new("p", "alice", "a, b", "say \"hi\"", "", " padded ", "f(x, y)", "(", "#", "a # b"),
            new("g2", "x"),
        ];
        var text = string.Join('\n', rows.Select(row => row.ToString()));
        Assert.Equal(rows, new TextAdapter(text).LoadPolicy());
    }

    [Theory]
    [InlineData("p, alice, data1", "policy.csv:1: `p` has 3 fields (sub, obj, act), this row has 2; quote a field that holds a comma")]
    [InlineData("p, alice, data1, read, allow", "policy.csv:1: `p` has 3 fields (sub, obj, act), this row has 4; quote a field that holds a comma")]
    [InlineData("p2, alice, data1, read", "policy.csv:1: the model defines no `p2`; there are `g`, `p`")]
    [InlineData("g, alice", "policy.csv:1: `g` has 2 fields, this row has 1; quote a field that holds a comma")]
    public void Rows_must_fit_the_model(string line, string message) =>
        Assert.Equal(message, Some.Refusal(() => Some.Enforcer(Some.Model(roles: "g = _, _"), line)));

    [Fact]
    public void Duplicates_are_dropped() =>
        Assert.Equal(1, Some.Enforcer(Some.Model(), "p, a, b, c\np, a, b, c").Policies.Count);
}
