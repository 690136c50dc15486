using System.Text.Json.Nodes;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary><c>gatewayctl api</c> against a running gateway: what it says is what the gateway does.</summary>
public sealed class ApiCommandTests(ClientGateway gateway)
{
    private const string Action = $"/v2.1/servers/{RecordingBackend.ServerId}/action";

    [Fact]
    public async Task Lists_every_action_and_operation_with_its_rules()
    {
        var lines = (await RunAsync("list")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.StartsWith("NAME ", lines[0], StringComparison.Ordinal);
        Assert.Equal(41, lines.Count(line => line.Contains(" /servers/{server_id}/action ", StringComparison.Ordinal)));
        Assert.Matches("^migrate +POST +/servers/{server_id}/action +2.1 and later +os_compute_api:os-migrate-server:migrate +request, strict +compute$", lines.Single(line => line.StartsWith("migrate ", StringComparison.Ordinal)));
        Assert.Contains(lines, line => line.StartsWith("servers:create ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Shows_rule_schema_audit_level_and_cluster_of_an_action()
    {
        var run = await RunAsync("show createBackup");

        Assert.True(run.ExitCode == 0, run.ToString());
        foreach (var fact in new[]
        {
            "os_compute_api:os-create-backup = `rule:admin_or_owner`", "\"rotation\":{\"type\":[\"integer\",\"string\"]", "\"name\":{\"type\":\"string\",\"minLength\":1",
            "audit         request, strict", "cluster       compute", "success       202", "target        server", "secrets       metadata", "schemas       strict",
        })
        {
            Assert.Contains(fact, run.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Shows_the_limits_that_are_shipped()
    {
        await using var shipped = await GatewayProcess.StartAsync();

        var run = await new Clients(shipped).GatewayctlAsync($"api show createBackup --url {shipped.AdminPort}");

        Assert.Contains("\nlimits\n  heavy-actions: 20 per minute, burst 20, for each user, action\n  project: 600 per minute, burst 600, for each project\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shows_when_a_rule_is_asked()
    {
        var run = await RunAsync("show migrate");

        Assert.Contains(
            "os_compute_api:os-migrate-server:migrate:host = `rule:admin_api`  when the body has `host`, in 2.56 and later; instead of the others", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_that_no_operation_has_a_name()
    {
        var run = await RunAsync("show migrat");
        Assert.Equal((1, "gatewayctl api show: no operation is called `migrat`: `gatewayctl api list` names them all\n"), (run.ExitCode, run.Error));
    }

    [Theory]
    [InlineData("2.55", "os_compute_api:os-migrate-server:migrate")]
    [InlineData("2.56", "os_compute_api:os-migrate-server:migrate:host")]
    public async Task Reads_a_request_as_the_gateway_does(string version, string rule)
    {
        var read = await ReadAsync($"check POST {Action} --body {{\"migrate\":{{\"host\":\"h\"}}}} --api-version {version}", 0);

        Assert.Equal(rule, (string?)Assert.Single(read["rules"]!.AsArray())!["name"]);
        Assert.Equal(("migrate", null), ((string?)read["operation"]!["name"], read["refusal"]));
    }

    [Theory]
    [InlineData($"POST {Action} --body {{\"migrate\":null,\"migrate\":1}}", 400, "body_duplicate_key")]
    [InlineData($"POST {Action} --body {{\"os-fooBar\":null}}", 400, "unknown_action")]
    [InlineData($"PUT {Action}?_method=POST", 400, "method_override")]
    [InlineData("GET /v2.1//servers", 404, "path_not_canonical")]
    [InlineData("GET /v2.1/os-vendor", 404, "operation_unknown")]
    [InlineData("GET /v2.1/servers --api-version 2.999", 406, "microversion_out_of_range")]
    [InlineData("GET /v2.1/servers --api-version two", 400, "microversion_malformed")]
    public async Task Says_why_a_request_would_be_refused(string request, int status, string code)
    {
        var read = await ReadAsync($"check {request}", 1);
        Assert.Equal((status, code), ((int)read["refusal"]!["status"]!, (string?)read["refusal"]!["code"]));
    }

    [Fact]
    public async Task Reads_what_load_balancers_ask() => Assert.Null((await ReadAsync("check HEAD /v2.1/", 0))["refusal"]);

    [Fact]
    public async Task Wants_method_and_target_of_whoever_calls_it_directly()
    {
        var answer = await RawConnection.ExchangeAsync(
            gateway.Process.AdminPort, new RawRequest("POST", "/api/check").With("Content-Type: application/json").WithBody("{\"method\": \"GET\"}"u8));
        Assert.Equal((400, """{"title":"Bad Request","status":400,"detail":"`method` and `target` are needed"}"""), (answer.Status, answer.Body));
    }

    [Fact]
    public async Task Checks_the_files_on_disk()
    {
        Assert.Equal("the catalogue on disk: 0 errors, 0 warnings, 217 operations\n", (await RunAsync("check")).Output);

        var vendor = gateway.Process.Path("config", "api", "vendor.json");
        try
        {
            await File.WriteAllTextAsync(vendor, """{"service": "acme", "prefixes": ["/acme"], "operations": [{"name": "a", "method": "GET", "path": "/a", "rules": ["acme:a"], "target": "none", "target_type": "acme/a"}]}""");
            var warned = await RunAsync("check");
            Assert.Equal(
                (0, "warning: operation `a`: the rules in force have no `acme:a`, so that what it guards is refused to everybody; add the rule\nthe catalogue on disk: 0 errors, 1 warnings, 218 operations\n"),
                (warned.ExitCode, warned.Output));

            await File.WriteAllTextAsync(vendor, "{");
            var broken = await RunAsync("check");
            Assert.Equal(1, broken.ExitCode);
            Assert.StartsWith("error: config/api/vendor.json:1: is not JSON", broken.Output, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(vendor);
        }
    }

    [Fact]
    public async Task Wants_a_target_with_a_method() =>
        Assert.Equal("gatewayctl api check: `POST` of what? write METHOD TARGET, such as POST /v2.1/servers/ID/action\n", (await RunAsync("check POST")).Error);

    private Task<ProcessRun> RunAsync(string command) => gateway.Clients.GatewayctlAsync($"api {command} --url {gateway.Process.AdminPort}");

    private async Task<JsonNode> ReadAsync(string command, int exitCode)
    {
        var run = await RunAsync($"{command} --format json");
        Assert.True(run.ExitCode == exitCode, run.ToString());
        return JsonNode.Parse(run.Output)!;
    }
}
