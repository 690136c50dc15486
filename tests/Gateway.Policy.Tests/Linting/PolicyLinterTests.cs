using Gateway.Policy.Linting;

namespace Gateway.Policy.Tests.Linting;

public sealed class PolicyLinterTests
{
    private static LintReport Lint(string yaml, string defaults = "seed", LintOptions? lint = null)
    {
        var directory = Directory.CreateTempSubdirectory("lint-").FullName;
        try
        {
            var file = Path.Combine(directory, "policy.yaml");
            File.WriteAllText(file, yaml);
            return PolicyLinter.Lint(new PolicyOptions { PolicyFile = file, Defaults = defaults }, lint);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"os_compute_api:os-create-backup\": \"rule:admin_api\"\n")]
    [InlineData("\"helper\": \"role:member and project_id:%(project_id)s\"\n\"os_compute_api:os-create-backup\": \"rule:admin_api or rule:helper\"\n")]
    [InlineData("\"os_compute_api:os-create-backup\": [[\"role:admin\"], [\"role:member\", \"project_id:%(project_id)s\"]]\n")]
    public void Says_nothing_of_a_good_file(string yaml)
    {
        Assert.Empty(Lint("# ours\n" + yaml).Findings);
    }

    [Theory]
    [InlineData("\"os_compute_api:os-create-backup\": \"@\"  # gatewayctl:disable=OP032,OP035 a test cloud")]
    [InlineData("# gatewayctl:disable=OP032,OP035 a test cloud\n\"os_compute_api:os-create-backup\": \"@\"")]
    [InlineData("# gatewayctl:disable=OP032 a test cloud\n# gatewayctl:disable=OP035 the same\n\n\"os_compute_api:os-create-backup\":\n  \"@\"")]
    public void A_comment_with_a_reason_suppresses(string yaml)
    {
        var report = Lint(yaml);

        Assert.Empty(report.Findings);
        Assert.Equal(["OP032", "OP035"], report.Suppressed.Select(one => one.Finding.Code).Order());
        Assert.Contains(report.Suppressed, one => one.Reason == "a test cloud");
    }

    [Fact]
    public void A_suppression_covers_its_own_rule_only()
    {
        var report = Lint("""
            "os_compute_api:os-create-backup": "@"  # gatewayctl:disable=OP032,OP035 a test cloud
            "os_compute_api:os-migrate-server:migrate": "@"
            """);

        Assert.Equal(["2 OP032", "2 OP035"], report.Findings.Select(finding => $"{finding.Line} {finding.Code}"));
    }

    [Fact]
    public void The_witness_of_a_looser_rule_is_denied_by_the_default()
    {
        var report = Lint("\"os_compute_api:os-create-backup\": \"rule:project_member_or_admin or role:operator\"", "2025.2");

        var finding = Assert.Single(report.Findings);
        Assert.Equal("OP035", finding.Code);
        Assert.Contains("""{"roles":["operator"]} on {}""", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_said_about_the_meaning_of_a_rule_that_is_broken_below()
    {
        var report = Lint("""
            "helper": "role:member and"
            "os_compute_api:os-create-backup": "rule:helper or rule:admin_api"
            """);

        Assert.Equal(["OP017"], report.Findings.Select(finding => finding.Code));
    }

    [Fact]
    public void Defaults_restated_as_overrides_are_redundant_and_nothing_worse()
    {
        // Releases in which no rule has a former name that the restated file would override with it.
        foreach (var release in (ReadOnlySpan<string>)["seed", "newton", "zed", "2025.1"])
        {
            var yaml = string.Concat(ReleaseDefaults.Find(release)!.Rules.Select(rule => $"\"{rule.Name}\": \"{rule.Check}\"\n"));

            var report = Lint(yaml, release);

            Assert.All(report.Findings, finding => Assert.True(finding.Code is "OP033" or "OP032", finding.ToString()));
            Assert.Equal(ReleaseDefaults.Find(release)!.Rules.Count, report.Findings.Count(finding => finding.Code == "OP033"));
        }
    }
}
