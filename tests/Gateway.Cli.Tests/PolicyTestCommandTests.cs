using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace Gateway.Cli.Tests;

public sealed class PolicyTestCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PolicyTestCommandTests()
    {
        _folder.Write("policies/personas.yaml", "personas:\n  admin: { credentials: { roles: [admin], project_id: p } }\n  member: { credentials: { roles: [member], project_id: p } }\n");
        _folder.Write("policies/cases/backup.yaml", """
            defaults: seed
            targets: { own: { project_id: p } }
            cases:
              - { actions: "os_compute_api:os-create-backup", target: own, allow: [admin, member] }
            """);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Cases_that_hold_end_with_0()
    {
        var run = await Run.OfAsync(_folder, ["policy", "test"]);

        Assert.Equal((0, "policies/cases/backup.yaml: 2 of 2 cases hold for the defaults `seed`\n"), (run.ExitCode, run.Output));
    }

    [Fact]
    public async Task Prints_what_every_persona_may_do_for_the_actions_that_have_cases()
    {
        var run = await Run.OfAsync(_folder, ["policy", "test", "--matrix"]);

        Assert.Equal(
            """
            policies/cases/backup.yaml: 2 of 2 cases hold for the defaults `seed`
            ACTION                           admin  member
            os_compute_api:os-create-backup  yes    target

            """,
            run.Output);
        Assert.Equal(0, run.ExitCode);
    }

    [Fact]
    public async Task A_case_that_fails_says_by_which_rule_and_ends_with_1()
    {
        _folder.Write("policies/policy.yaml", "\"os_compute_api:os-create-backup\": \"rule:admin_api\"\n");

        var run = await Run.OfAsync(_folder, ["policy", "test"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            """
            policies/cases/backup.yaml:4: `member` is denied on `own` and should be allowed: `os_compute_api:os-create-backup` is `rule:admin_api`
            policies/cases/backup.yaml: 1 of 2 cases hold for policies/policy.yaml over `seed`

            """, run.Output);
    }

    [Fact]
    public async Task A_change_of_a_rule_that_no_case_notices_is_shown_and_ends_with_1()
    {
        var run = await Run.OfAsync(_folder, ["policy", "test", "--mutate"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("no case notices `admin_or_owner` changed to `(is_admin:True or @)`", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("junit")]
    [InlineData("json")]
    [InlineData("github")]
    public async Task Build_servers_get_a_line_for_the_case_that_fails(string format)
    {
        _folder.Write("policies/policy.yaml", "\"os_compute_api:os-create-backup\": \"rule:admin_api\"\n");

        var run = await Run.OfAsync(_folder, ["policy", "test", "--format", format]);

        var failures = format switch
        {
            "junit" => XDocument.Parse(run.Output).Descendants("failure").Count(),
            "json" => run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(line => !(bool)JsonNode.Parse(line)!["passed"]!),
            _ => run.Output.Split('\n').Count(line => line.StartsWith("::error file=policies/cases/backup.yaml,line=4,", StringComparison.Ordinal)),
        };
        Assert.Equal((1, 1), (run.ExitCode, failures));
    }

    [Fact]
    public async Task Cases_that_cannot_be_read_end_with_2()
    {
        _folder.Write("policies/cases/backup.yaml", "cases: [{ actions: a, target: nowhere, allow: [admin] }]\n");

        var run = await Run.OfAsync(_folder, ["policy", "test"]);

        Assert.Equal((2, "gatewayctl policy test: policies/cases/backup.yaml:1:31: there is no target `nowhere`\n"), (run.ExitCode, run.Errors));
    }

    [Fact]
    public async Task The_matrix_shows_what_depends_on_the_target()
    {
        var run = await Run.OfAsync(_folder, ["policy", "matrix", "--action", "os_compute_api:os-create-backup", "os_compute_api:os-migrate-server:migrate"]);

        Assert.Equal(
            """
            ACTION                                    admin  member
            os_compute_api:os-create-backup           yes    target
            os_compute_api:os-migrate-server:migrate  yes    no

            """, run.Output);
        var own = await Run.OfAsync(_folder, ["policy", "matrix", "--action", "os_compute_api:os-create-backup", "--target", """{"project_id":"p"}""", "--format", "json"]);
        Assert.Equal("""{"action":"os_compute_api:os-create-backup","personas":{"admin":"yes","member":"yes"}}""" + "\n", own.Output);
    }
}
