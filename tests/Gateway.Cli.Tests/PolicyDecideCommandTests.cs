namespace Gateway.Cli.Tests;

public sealed class PolicyDecideCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Answers_every_line_in_order_and_goes_on_after_a_bad_one()
    {
        _folder.Write("lines", """
            {"id": 1, "rules": {"t": "role:admin"}, "action": "t", "creds": {"roles": ["Admin"]}, "target": {}}
            {"id": "two", "rules": {"t": "1a:x"}, "action": "t", "creds": {}, "target": {}}
            {"id": [3]}
            nonsense
            {"id": 5, "rules": {"t": 1}, "action": "t", "creds": {}, "target": {}}
            {"id": 6, "rules": {"t": "not x:%(y)s"}, "action": "t", "creds": {}, "target": {}}
            {"id": 7, "defaults": [{"name": "t", "check_str": "@", "scope_types": ["system"]}], "config": {"enforce_scope": true}, "action": "t", "creds": {}, "target": {}}
            """);
        var run = await Run.OfAsync(_folder, ["policy", "decide", "lines"]);
        Assert.Equal((ExitCode.Ok, ""), (run.ExitCode, run.Errors));
        var lines = run.Output.TrimEnd().Split('\n');
        Assert.Equal("""{"id":1,"allowed":true,"error":null}""", lines[0]);
        Assert.Equal("""{"id":"two","allowed":false,"error":"SyntaxError"}""", lines[1]);
        Assert.Equal("""{"id":[3],"allowed":false,"error":"bad_line: `action` is missing"}""", lines[2]);
        Assert.StartsWith("""{"id":null,"allowed":false,"error":"bad_line: 'nonsense' is""", lines[3], StringComparison.Ordinal);
        Assert.Equal("""{"id":5,"allowed":false,"error":"load:TypeError"}""", lines[4]);
        Assert.Equal("""{"id":6,"allowed":false,"error":"undetermined:missing_target"}""", lines[5]);
        Assert.Equal("""{"id":7,"allowed":false,"error":null}""", lines[6]);
        Assert.Equal(7, lines.Length);
    }

    [Fact]
    public async Task Decides_by_the_original_semantics_when_asked()
    {
        _folder.Write("lines", """{"id": 6, "rules": {"t": "not x:%(y)s"}, "action": "t", "creds": {}, "target": {}}""");
        var run = await Run.OfAsync(_folder, ["policy", "decide", "--semantics", "oslo", "lines"]);
        Assert.Equal("""{"id":6,"allowed":true,"error":null}""" + "\n", run.Output);
    }

    [Fact]
    public async Task Decides_by_a_policy_that_the_command_line_names()
    {
        _folder.Write("policy.yaml", "os_compute_api:os-create-backup: role:keeper");
        _folder.Write("lines", """{"id": 1, "action": "os_compute_api:os-create-backup", "creds": {"roles": ["keeper"]}, "target": {}}""");
        Assert.Contains("\"allowed\":true", (await Run.OfAsync(_folder, ["policy", "decide", "lines", "--policy", "policy.yaml"])).Output, StringComparison.Ordinal);
        Assert.Contains("\"allowed\":false", (await Run.OfAsync(_folder, ["policy", "decide", "lines", "--defaults", "zed"])).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ends_with_2_when_the_policy_does_not_load()
    {
        _folder.Write("policy.yaml", "os_compute_api:os-create-backup: off");
        var run = await Run.OfAsync(_folder, ["policy", "decide", "lines", "--policy", "policy.yaml"]);
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("policy.yaml:1:34: error empty-rule: rule `os_compute_api:os-create-backup` is `False`", run.Errors, StringComparison.Ordinal);
    }
}
