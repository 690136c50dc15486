using Gateway.Policy.Linting;

namespace Gateway.Policy.Tests.Linting;

public sealed class LintRulesTests
{
    [Fact]
    public void The_guide_lists_every_finding_as_the_linter_knows_it()
    {
        var guide = File.ReadAllLines(Path.Combine(RepositoryRoot.Path, "docs", "policy.md")).Where(line => line.StartsWith("| OP", StringComparison.Ordinal));

        Assert.Equal(LintRules.All.Select(rule => $"| {rule.Code} | {rule.Name} | {rule.Severity.ToString().ToLowerInvariant()} | {rule.Summary} |"), guide);
    }
}
