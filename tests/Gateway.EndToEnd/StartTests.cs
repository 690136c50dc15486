using Xunit;

namespace Gateway.EndToEnd;

/// <summary>A gateway that cannot start says everything that keeps it from starting, and how to put it right.</summary>
public sealed class StartTests
{
    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    [InlineData(null)]
    public async Task Refuses_to_start_outside_Development_on_stand_ins(string? environment)
    {
        using var directory = new OperatorsDirectory();

        var run = await directory.StartAsync(environment);

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Equal(
            """
            The gateway cannot start; 2 thing(s) to correct:
            config/gateway.json: ReverseProxy:Clusters: needed outside Development: name the compute API's address; the simulated one runs in Development only
            config/gateway.json: Identity:Issuers: needed outside Development: name a token issuer, or Identity:Keystone; the development identity runs in Development only

            """,
            run.Error);
        Assert.False(Directory.Exists(Path.Combine(directory.Path, "data")));
    }

    [Fact]
    public async Task Reports_everything_wrong_in_gateway_json_at_once()
    {
        using var directory = new OperatorsDirectory();
        await directory.WriteAsync(
            "config/gateway.json",
            """
            {
              "Listen": { "Data": "http://127.0.0.1:0", "Dta": "http://127.0.0.1:0" },
              "Polcy": { "Defaults": "seed" },
              "Policy": { "ReloadSeconds": "soon", "Semantics": "loose" },
              "Audit": { "MaxBatch": [ 1 ], "Fast": true }
            }
            """);

        var run = await directory.StartAsync("Development");

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("The gateway cannot start; 6 thing(s) to correct:", run.Error, StringComparison.Ordinal);
        foreach (var place in new[] { "Listen:Dta", "Polcy", "Policy:ReloadSeconds: `soon`", "Policy:Semantics: `loose`", "Audit:MaxBatch", "Audit:Fast" })
            Assert.Contains($"\nconfig/gateway.json: {place}", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config/gateway.json", "{ \"Listen\": ", "config/gateway.json")]
    [InlineData("policies/policy.yaml", "\"os_compute_api:servers:index\": \"role:admin or\"\n", "policies/policy.yaml")]
    [InlineData("policies/policy.yaml", "\"os_compute_api:servers:index: [\n", "policies/policy.yaml")]
    [InlineData("config/api/compute.json", "{ \"service\": \"compute\", \"prefixes\": [\"/v2.1\"], \"operations\": 1 }", "compute.json")]
    [InlineData("config/limits.yaml", "limits:\n  - name: x\n    per: moon\n", "config/limits.yaml")]
    [InlineData("config/dev-identity.json", "{ \"users\": 1 }", "config/dev-identity.json")]
    public async Task Refuses_a_file_it_cannot_use_and_names_it(string file, string content, string named)
    {
        using var directory = new OperatorsDirectory();
        await directory.WriteAsync(file, content);

        var run = await directory.StartAsync("Development");

        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Equal("", run.Output);
        Assert.StartsWith("The gateway cannot start", run.Error, StringComparison.Ordinal);
        Assert.Contains(named, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_store_that_another_gateway_writes_and_says_which()
    {
        await using var first = await GatewayProcess.StartAsync();
        using var directory = new OperatorsDirectory();

        var run = await directory.StartAsync("Development", $"--Audit:Store={first.Store}");

        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.StartsWith("The gateway cannot start: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(first.Store, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_an_address_that_is_taken()
    {
        await using var first = await GatewayProcess.StartAsync();
        using var directory = new OperatorsDirectory();

        var run = await directory.StartAsync("Development", $"--Listen:Data={first.DataPort.ToString().TrimEnd('/')}");

        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Contains(first.DataPort.Authority, run.Error, StringComparison.Ordinal);
        Assert.Contains("The gateway cannot start: ", run.Error, StringComparison.Ordinal);
    }

    /// <summary>A directory in which a gateway is started that is not expected to run.</summary>
    private sealed class OperatorsDirectory : IDisposable
    {
        public string Path { get; } = Repository.CopyForOperators();

        public Task WriteAsync(string file, string content) => File.WriteAllTextAsync(System.IO.Path.Combine(Path, file), content);

        public Task<ProcessRun> StartAsync(string? environment, params string[] arguments) => ProcessRun.RunAsync(
            "/usr/bin/env",
            [
                "--unset=ASPNETCORE_ENVIRONMENT", "--unset=DOTNET_ENVIRONMENT",
                .. environment is null ? Array.Empty<string>() : [$"ASPNETCORE_ENVIRONMENT={environment}"],
                Repository.Gateway, "--Listen:Data=http://127.0.0.1:0", "--Listen:Admin=http://127.0.0.1:0", "--StandIns:Identity=http://127.0.0.1:0",
                "--StandIns:Compute=http://127.0.0.1:0", "--StandIns:Image=http://127.0.0.1:0", .. arguments,
            ],
            directory: Path);

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
