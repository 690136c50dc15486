using System.Text.Json.Nodes;

namespace Gateway.Cli.Tests;

public sealed class PolicyDiffCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private Task<Run> DiffAsync(string before, string after, params string[] options)
    {
        _folder.Write("before.yaml", $"\"os_compute_api:os-create-backup\": \"{before}\"\n");
        _folder.Write("after.yaml", $"\"os_compute_api:os-create-backup\": \"{after}\"\n");
        return Run.OfAsync(_folder, ["policy", "diff", "before.yaml", "after.yaml", .. options]);
    }

    [Fact]
    public async Task A_widening_is_shown_with_its_witness_and_ends_with_3()
    {
        var run = await DiffAsync("rule:admin_api", "rule:admin_api or role:member and project_id:%(project_id)s");

        Assert.Equal(3, run.ExitCode);
        Assert.Equal(
            """
            WIDENS   os_compute_api:os-create-backup
                     rule:admin_api → (rule:admin_api or (role:member and project_id:%(project_id)s))
                     deny → allow  when role:member and project_id:%(project_id)s and not role:admin
                     witness  {"roles":["member"],"project_id":"project-1"} on {"project_id":"project-1"}
            1 widened, 0 narrowed, 0 both, 233 the same

            """, run.Output);
    }

    [Fact]
    public async Task A_widening_that_is_meant_ends_with_0()
    {
        Assert.Equal(0, (await DiffAsync("rule:admin_api", "@", "--allow-widening")).ExitCode);
    }

    [Fact]
    public async Task A_narrowing_ends_with_0()
    {
        var run = await DiffAsync("rule:admin_api", "!");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("allow → deny  when role:admin", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_text_of_the_same_meaning_is_no_change()
    {
        var run = await DiffAsync("not (role:a and role:b)", "not role:a or not role:B");

        Assert.Equal((0, "0 widened, 0 narrowed, 0 both, 234 the same\n"), (run.ExitCode, run.Output));
    }

    [Fact]
    public async Task Json_gives_callers_and_targets_as_they_can_be_asked_about_again()
    {
        var run = await DiffAsync("rule:admin_api", "role:operator", "--format", "json");

        var change = JsonNode.Parse(run.Output)!;
        Assert.Equal("both", (string?)change["change"]);
        Assert.Equal("""{"roles":["operator"]}""", change["widening"]!["creds"]!.ToJsonString());
        Assert.Equal("""{"roles":["admin"]}""", change["narrowing"]!["creds"]!.ToJsonString());
    }

    [Fact]
    public async Task Releases_can_be_compared_by_name()
    {
        var run = await Run.OfAsync(_folder, ["policy", "diff", "defaults:zed", "defaults:2025.2", "--action", "os_compute_api:os-migrate-server:migrate"]);

        Assert.Equal(3, run.ExitCode);
        Assert.Contains("when scope:project and role:manager and project_id:%(project_id)s and not role:admin", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_does_not_load_ends_with_2()
    {
        var run = await DiffAsync("rule:nowhere", "@");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("rule:nowhere", run.Errors, StringComparison.Ordinal);
    }
}
