using CsCheck;
using Gateway.Policy.Language;
using Check = Gateway.Policy.Language.Check;

namespace Gateway.Policy.Tests;

public sealed class RuleTextTests
{
    [Fact]
    public void Printing_and_parsing_again_gives_the_same_rule() =>
        Gen.Int.Sample(seed =>
        {
            var canonical = RuleParser.Generic.ParseText(new Generator(seed).WellFormed(5)).ToString();
            return RuleParser.Generic.ParseText(canonical).ToString() == canonical;
        }, iter: 5_000);

    [Fact]
    public void Keeps_where_each_check_stands()
    {
        const string Text = "role:a and  (not rule:b or role:c)";
        var offsets = new List<int>();
        Walk(RuleParser.Generic.ParseText(Text));
        Assert.Equal([Text.IndexOf("role:a", StringComparison.Ordinal), Text.IndexOf("rule:b", StringComparison.Ordinal), Text.IndexOf("role:c", StringComparison.Ordinal)], offsets);

        void Walk(Check check)
        {
            if (check is AtomCheck) offsets.Add(check.Offset);
            foreach (var child in check.Children) Walk(child);
        }
    }
}
