using System.Text;
using CsCheck;
using Gateway.Policy.Linting;

namespace Gateway.Policy.Tests.Linting;

public sealed class RuleFileTests
{
    private static string? Format(string text) => RuleFile.Format("policy.yaml", Encoding.UTF8.GetBytes(text)).Text;

    [Theory]
    [InlineData("a: role:x", "\"a\": \"role:x\"\n")]
    [InlineData("'a':   '(role:x   OR (role:y))'   # why\n", "\"a\": \"role:x or role:y\"  # why\n")]
    [InlineData("# head\n\na: '@'\n\n# tail\n", "# head\n\n\"a\": \"@\"\n\n# tail\n")]
    [InlineData("a:\n  role:x and\n  role:y\nb: '!'\n", "\"a\": \"role:x and role:y\"\n\"b\": \"!\"\n")]
    [InlineData("a: [[role:x, role:y], [role:z]]\n", "\"a\": \"(role:x and role:y) or role:z\"\n")]
    [InlineData("a:\n  - [role:x]\n  # or\n  - [role:y]\n\n# next\nb: '@'\n", "# or\n\"a\": \"role:x or role:y\"\n\n# next\n\"b\": \"@\"\n")]
    [InlineData("a: role:x or role:y and role:z\n", "\"a\": \"role:x or (role:y and role:z)\"\n")]
    [InlineData("a: [['role:two words']]\n", "\"a\": [[\"role:two words\"]]\n")]
    [InlineData("{\"a\": \"role:x\", \"b\": [[\"role:y\"]]}", "{\n    \"a\": \"role:x\",\n    \"b\": \"role:y\"\n}\n")]
    [InlineData("# nothing yet\n", "# nothing yet\n")]
    public void Writes_each_rule_on_a_line_and_keeps_comments(string before, string after)
    {
        Assert.Equal(after, Format(before));
        Assert.Equal(after, Format(after));
    }

    [Theory]
    [InlineData("a: |\n  role:x and\n  role:y\n\n# next\nb: '@'\n", "\"a\": \"role:x and role:y\"\n\n# next\n\"b\": \"@\"\n")]
    [InlineData("a: >-\n  role:x\nb: '@'\n", "\"a\": \"role:x\"\n\"b\": \"@\"\n")]
    [InlineData("---\na: &one role:x\nb: *one\n", "---\n\"a\": \"role:x\"\n\"b\": \"role:x\"\n")]
    [InlineData("a: role:x\r\nb: role:y\r\n", "\"a\": \"role:x\"\n\"b\": \"role:y\"\n")]
    public void Knows_the_other_ways_to_write_a_text(string before, string after)
    {
        Assert.Equal(after, Format(before));
    }

    [Theory]
    [InlineData("a: !\n")]
    [InlineData("{a: 'role:x', # why\n b: 'role:y'}\n")]
    [InlineData("a: role:x or\n")]
    [InlineData("a: 'not x'\n")]
    [InlineData("a: ''\n")]
    [InlineData("a: b: c\n")]
    public void Leaves_a_broken_file_alone(string text)
    {
        var rewritten = RuleFile.Format("policy.yaml", Encoding.UTF8.GetBytes(text));

        Assert.Null(rewritten.Text);
        Assert.NotEmpty(rewritten.Findings);
    }

    /// <summary>Whatever stands in a file, the linter and the formatter answer, and a formatted file is formatted.</summary>
    [Fact]
    public void No_text_is_too_strange()
    {
        string[] pieces =
        [
            "a", "b", "\"c\"", "'d e'", ": ", ":", "\n", "\n", "\n  ", "- ", "[", "]", "{", "}", ",", "role:x", "not ", "rule:a", "rule:b", "'@'", "'!'", "!", "#", " # c", "|\n  ", ">-\n  ", "&z ", "*z", "\r\n", "\t",
            "\"\"", "''", "null", "no", "1", "1.5", "2020-01-01", "x:%(y)s", "x:%(y", "(", ")", " and ", " or ", "---\n", "...", "? ", "%", "\u00e9", "# gatewayctl:disable=OP032 why\n", "http://h/%(a)s", "is_admin:True",
        ];
        var directory = Directory.CreateTempSubdirectory("strange-").FullName;
        try
        {
            Gen.Int[0, pieces.Length - 1].Array[0, 14].Sample(indexes =>
            {
                var text = "a: '@'\n" + string.Concat(indexes.Select(at => pieces[at]));
                var file = Path.Combine(directory, $"{Environment.CurrentManagedThreadId}.yaml");
                File.WriteAllText(file, text);
                Assert.NotNull(PolicyLinter.Lint(new PolicyOptions { PolicyFile = file, Defaults = "none" }));
                if (Format(text) is { } formatted) Assert.Equal(formatted, Format(formatted));
            }, iter: 3_000);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Converts_to_json_and_back_without_changing_a_value()
    {
        const string yaml = "\"a\": \"(role:x)\"\n\"b\": [[\"role:y\",\"role:z\"]]\n\"c\": \"\"\n";
        var json = RuleFile.ToJson("policy.yaml", Encoding.UTF8.GetBytes("# lost\n" + yaml)).Text!;

        Assert.Equal("{\n    \"a\": \"(role:x)\",\n    \"b\": [[\"role:y\",\"role:z\"]],\n    \"c\": \"\"\n}\n", json);
        Assert.Equal(yaml, RuleFile.ToYaml("policy.json", Encoding.UTF8.GetBytes(json)).Text);
    }
}
