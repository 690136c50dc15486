using System.Text.Json.Nodes;

namespace Gateway.Cli.Tests;

public sealed class PolicyExplainCommandTests : IDisposable
{
    private const string Backup = "os_compute_api:os-create-backup";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Explains_a_denial_and_what_would_turn_it()
    {
        _folder.Write("policy.yaml", $"\"{Backup}\": role:keeper and project_id:%(project_id)s or rule:admin_api\n");
        _folder.Write("caller.json", """{"user_id": "u1", "project_id": "p1", "roles": ["member"]}""");
        var run = await Run.OfAsync(_folder, ["policy", "explain", "--policy", "policy.yaml", "--action", Backup, "--creds", "caller.json", "--target", """{"project_id": "p1"}"""]);
        Assert.Equal((ExitCode.Ok, ""), (run.ExitCode, run.Errors));
        Assert.Equal($"""
            denied: {Backup} (denied)
            ✕ or   [{_folder.File("policy.yaml")}:1]
              ✕ and
                ✕ role:keeper   caller: ['member']
                · project_id:%(project_id)s   (not reached)
              ✕ rule:admin_api
                ✕ is_admin:True   caller: False   [seed]
            it would be allowed with the role `keeper`

            """, run.Output);
    }

    [Fact]
    public async Task Gives_the_same_as_JSON()
    {
        var run = await Run.OfAsync(_folder, ["policy", "explain", "--format", "json", "--action", Backup, "--creds", """{"project_id": "p1"}"""]);
        var json = JsonNode.Parse(run.Output)!;
        Assert.Equal("allowed", (string?)json["reason"]);
        Assert.Equal("rule:admin_or_owner", (string?)json["tree"]!["check"]);
        Assert.Equal("holds", (string?)json["tree"]!["children"]![0]!["children"]![1]!["result"]);
    }

    [Fact]
    public async Task Takes_the_inputs_of_oslopolicy_checker()
    {
        _folder.Write("access.json", """{"token": {"user": {"id": "u1"}, "project": {"id": "p1"}, "roles": [{"name": "member"}]}}""");
        _folder.Write("target.json", """{"project_id": "p1", "server": {"owner": "u1"}}""");
        _folder.Write("policy.yaml", "\"os_compute_api:servers:start\": user_id:%(server.owner)s\n");
        var run = await Run.OfAsync(_folder, ["policy", "explain", "--policy", "policy.yaml", "--access", "access.json", "--target", "target.json"]);
        Assert.Contains("\npassed: os_compute_api:servers:start\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("\nfailed: os_compute_api:os-migrate-server:migrate\n", run.Output, StringComparison.Ordinal);
        var admin = await Run.OfAsync(_folder, ["policy", "explain", "--access", "access.json", "--is_admin", "--rule", "os_compute_api:os-migrate-server:migrate"]);
        Assert.StartsWith("allowed: ", admin.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gatewayctl policy explain: who asks? Give either --creds or --access\n")]
    [InlineData("gatewayctl policy explain: --creds: not JSON: ", "--creds", "{")]
    [InlineData("gatewayctl policy explain: --creds: nowhere.json: the file cannot be read: ", "--creds", "nowhere.json")]
    [InlineData("gatewayctl policy explain: --access: there is no `token` object in it\n", "--access", "{}")]
    public async Task Ends_with_2_when_it_cannot_read_who_asks(string message, params string[] args)
    {
        var run = await Run.OfAsync(_folder, ["policy", "explain", .. args]);
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.StartsWith(message, run.Errors, StringComparison.Ordinal);
    }
}
