using System.Text.Json.Nodes;

namespace Gateway.Cli.Tests;

/// <summary>The commands that write files, and the one that looks ahead to another release.</summary>
public sealed class PolicyFileCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Text(string name) => File.ReadAllText(_folder.File(name));

    [Fact]
    public async Task Fmt_rewrites_a_file_once()
    {
        _folder.Write("p.yaml", "# why\nb:   (role:x  AND role:y)   # here\n");

        var checkedBefore = await Run.OfAsync(_folder, ["policy", "fmt", "p.yaml", "--check"]);
        var first = await Run.OfAsync(_folder, ["policy", "fmt", "p.yaml"]);
        var second = await Run.OfAsync(_folder, ["policy", "fmt", "p.yaml", "--check"]);

        Assert.Equal((1, "p.yaml: not in canonical form; run `gatewayctl policy fmt`\n"), (checkedBefore.ExitCode, checkedBefore.Output));
        Assert.Equal((0, "p.yaml: rewritten\n"), (first.ExitCode, first.Output));
        Assert.Equal((0, ""), (second.ExitCode, second.Output));
        Assert.Equal("# why\n\"b\": \"role:x and role:y\"  # here\n", Text("p.yaml"));
    }

    [Fact]
    public async Task Fmt_leaves_a_broken_file_alone()
    {
        _folder.Write("p.yaml", "b: !\n");

        var run = await Run.OfAsync(_folder, ["policy", "fmt", "p.yaml"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("b: !\n", Text("p.yaml"));
    }

    [Fact]
    public async Task Convert_writes_the_other_format()
    {
        _folder.Write("p.json", """{"b": [["role:x"]], "a": "role:y"}""");

        var yaml = await Run.OfAsync(_folder, ["policy", "convert", "p.json"]);
        var json = await Run.OfAsync(_folder, ["policy", "convert", "p.json", "--to", "json", "--out", "q.json"]);

        Assert.Equal((0, "\"b\": [[\"role:x\"]]\n\"a\": \"role:y\"\n"), (yaml.ExitCode, yaml.Output));
        Assert.Equal(0, json.ExitCode);
        Assert.Equal("{\n    \"b\": [[\"role:x\"]],\n    \"a\": \"role:y\"\n}\n", Text("q.json"));
    }

    [Fact]
    public async Task Convert_refuses_what_is_no_policy()
    {
        _folder.Write("p.yaml", "b: true\n");

        Assert.Equal(2, (await Run.OfAsync(_folder, ["policy", "convert", "p.yaml"])).ExitCode);
    }

    [Fact]
    public async Task Export_writes_the_model_and_a_row_a_rule()
    {
        _folder.Write("p.yaml", "\"a\": \"role:x and user_id:%(user_id)s\"\n");

        var run = await Run.OfAsync(_folder, ["policy", "export", "--policy", "p.yaml", "--defaults", "none", "--out", "out"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal("p, a, \"(role(r.creds, r.target, 'x') && attr(r.creds, r.target, 'user_id', '%(user_id)s'))\", \"\"\n", Text("out/policy.csv"));
        Assert.Contains("[matchers]", Text("out/model.conf"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upgrade_tells_what_becomes_of_overrides_and_ends_with_3_on_a_widening()
    {
        _folder.Write("policies/policy.yaml", "\"os_compute_api:os-migrate-server:migrate_live\": \"role:operator\"\n");

        var run = await Run.OfAsync(_folder, ["policy", "upgrade", "--from", "zed", "--to", "2025.2"]);

        Assert.Equal(3, run.ExitCode);
        Assert.Contains("policies/policy.yaml:1: rule `os_compute_api:os-migrate-server:migrate_live` stays `role:operator` and hides that the default changed: `rule:context_is_admin` → `rule:project_manager_or_admin`; decide whether it is still wanted\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("\nNEW      os_compute_api:os-migrate-server:migrate:host  rule:context_is_admin [project]\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upgrade_ends_with_1_when_the_new_release_would_refuse_the_file()
    {
        _folder.Write("p.yaml", "\"os_compute_api:os-admin-actions:reset_network\": \"rule:admin_api\"\n");

        var run = await Run.OfAsync(_folder, ["policy", "upgrade", "p.yaml", "--from", "newton", "--to", "2025.2", "--allow-widening", "--format", "json"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("gone", (string?)JsonNode.Parse(run.Output.Split('\n')[0])!["fate"]);
    }

    [Fact]
    public async Task Upgrade_names_the_releases_there_are()
    {
        _folder.Write("p.yaml", "# nothing\n");

        var run = await Run.OfAsync(_folder, ["policy", "upgrade", "p.yaml", "--from", "zed", "--to", "zedd"]);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("there are no defaults `zedd`; choose one of seed, newton,", run.Errors, StringComparison.Ordinal);
    }
}
