using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace Gateway.Cli.Tests;

public sealed class PolicyLintCommandTests : IDisposable
{
    private const string Misspelt = "\"os_compute_api:os-create-backup\": \"rule:admin__owner\"\n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private Task<Run> LintAsync(string yaml, params string[] options)
    {
        _folder.Write("policies/policy.yaml", yaml);
        return Run.OfAsync(_folder, ["policy", "lint", .. options]);
    }

    [Fact]
    public async Task A_clean_file_ends_with_0()
    {
        var run = await LintAsync("\"os_compute_api:os-create-backup\": \"rule:admin_api\"\n");

        Assert.Equal((0, "policies/policy.yaml over `seed`: 0 errors, 0 warnings, 0 notes\n", ""), (run.ExitCode, run.Output, run.Errors));
    }

    [Fact]
    public async Task A_finding_is_one_line_with_its_place_and_ends_with_1()
    {
        var run = await LintAsync(Misspelt);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            """
            policies/policy.yaml:1:37: error OP020: rule `os_compute_api:os-create-backup`: `rule:admin__owner` refers to a rule that does not exist, so it never holds; define the rule or remove the reference; did you mean `admin_or_owner`?
            policies/policy.yaml over `seed`: 1 error, 0 warnings, 0 notes

            """, run.Output);
    }

    [Fact]
    public async Task A_rule_of_a_vendors_extension_guards_something()
    {
        const string Vendor = "\"acme:defrost\": \"rule:admin_api\"\n";

        Assert.Contains("OP022: rule `acme:defrost` guards nothing in `seed`", (await LintAsync(Vendor)).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await LintAsync(Vendor, "--guards", "acme:defrost")).ExitCode);
    }

    [Fact]
    public async Task A_file_that_is_not_there_ends_with_2()
    {
        var run = await Run.OfAsync(_folder, ["policy", "lint", "nosuch.yaml"]);

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("nosuch.yaml: error OP001: ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_file_to_lint_it_says_what_to_name()
    {
        var run = await Run.OfAsync(_folder, ["policy", "lint"]);

        Assert.Equal((2, "gatewayctl policy lint: there is no policies/policy.yaml here: name the files to lint\n"), (run.ExitCode, run.Errors));
    }

    [Fact]
    public async Task Json_is_one_finding_a_line_and_names_what_is_suppressed()
    {
        var run = await LintAsync("\"os_compute_api:os-create-backup\": \"@\"  # gatewayctl:disable=OP032 a test cloud\n", "--format", "json");

        var lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(["OP035", "OP032"], lines.Select(line => (string?)line["code"]));
        Assert.Equal((1, 37, "warning"), ((int)lines[0]["line"]!, (int)lines[0]["column"]!, (string)lines[0]["severity"]!));
        Assert.Equal("a test cloud", (string?)lines[1]["suppressed"]);
    }

    [Fact]
    public async Task Sarif_names_every_rule_it_may_find_and_places_what_it_found()
    {
        var run = await LintAsync(Misspelt, "--format", "sarif");

        var sarif = JsonNode.Parse(run.Output)!;
        Assert.Equal("2.1.0", (string?)sarif["version"]);
        var result = sarif["runs"]![0]!["results"]![0]!;
        Assert.Contains(sarif["runs"]![0]!["tool"]!["driver"]!["rules"]!.AsArray(), rule => (string?)rule!["id"] == (string?)result["ruleId"]);
        var place = result["locations"]![0]!["physicalLocation"]!;
        Assert.Equal(("policies/policy.yaml", 1, 37), ((string)place["artifactLocation"]!["uri"]!, (int)place["region"]!["startLine"]!, (int)place["region"]!["startColumn"]!));
    }

    [Fact]
    public async Task Junit_counts_findings_as_failures()
    {
        var run = await LintAsync(Misspelt, "--format", "junit");

        var suite = XDocument.Parse(run.Output).Root!.Element("testsuite")!;
        Assert.Equal("1", suite.Attribute("failures")!.Value);
        Assert.Equal("OP020", suite.Element("testcase")!.Element("failure")!.Attribute("type")!.Value);
    }

    [Fact]
    public async Task Github_gets_an_annotation_a_line_with_percent_signs_encoded()
    {
        var run = await LintAsync("\"os_compute_api:os-create-backup\": \"rule:admin_api or project_id:%(projct_id)s\"\n", "--format", "github");

        Assert.StartsWith("::warning file=policies/policy.yaml,line=1,col=55,title=OP027 unknown-target-attribute::", run.Output, StringComparison.Ordinal);
        Assert.Contains("project_id:%25(projct_id)s", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Roles_are_held_to_the_personas()
    {
        _folder.Write("policies/personas.yaml", "personas: { janitor: { credentials: { roles: [janitor] } } }\n");

        var run = await LintAsync("\"os_compute_api:os-create-backup\": \"rule:admin_api and role:janitr\"\n");

        Assert.Contains("OP023: rule `os_compute_api:os-create-backup`: `role:janitr` names a role that is not known; did you mean `janitor`?", run.Output, StringComparison.Ordinal);
    }
}
