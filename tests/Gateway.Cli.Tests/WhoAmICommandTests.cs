using System.Text.Json.Nodes;
using Gateway.DevIdentity;
using Microsoft.AspNetCore.Builder;

namespace Gateway.Cli.Tests;

/// <summary><c>whoami</c> and <c>token show</c> against the development identity service.</summary>
public sealed class WhoAmICommandTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly WebApplication _identity = DevIdentityHost.Build(
        new DevIdentityOptions { ListenUrl = "http://127.0.0.1:0", EnvironmentName = "Development" });

    private string Url => DevIdentityHost.UrlOf(_identity);

    public async ValueTask InitializeAsync()
    {
        await _identity.StartAsync();
        _folder.Write("clouds.yaml", (await File.ReadAllTextAsync(Repository.File("config", "clouds.yaml"))).Replace("http://127.0.0.1:5000", Url, StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await _identity.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Says_as_whom_it_logged_in()
    {
        var run = await RunAsync("whoami --user alice");

        Assert.Equal((ExitCode.Ok, ""), (run.ExitCode, run.Errors));
        var lines = run.Output.Split('\n');
        Assert.Equal("user                    alice of Default (e2eb87225491f0cf3e9c3812d5d337ee)", lines[0]);
        Assert.Equal("project                 demo of Default (d799dd2d294cd5344e7bdd6ee4c62554)", lines[1]);
        Assert.Equal("roles                   member, reader", lines[2]);
        Assert.Equal("methods                 password", lines[3]);
        Assert.DoesNotMatch(@"[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", run.Output);
    }

    [Fact]
    public async Task Says_it_of_the_system()
    {
        Assert.Contains("system                  all\n", (await RunAsync("whoami --os-cloud admin-system")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shows_whose_a_token_is_by_argument_and_by_variable()
    {
        var token = (await RunAsync("token issue --user alice")).Output.Trim();

        var shown = await RunAsync($"token show {token} --auth-url {Url}");
        var json = await RunAsync($"token show --auth-url {Url} --format json", ("OS_TOKEN", token));

        Assert.StartsWith("user                    alice of Default (e2eb87225491f0cf3e9c3812d5d337ee)\n", shown.Output, StringComparison.Ordinal);
        Assert.Equal("demo", (string?)JsonNode.Parse(json.Output)!["project"]!["name"]);
        Assert.DoesNotContain(token, shown.Output + json.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_that_a_token_is_not_known()
    {
        var run = await RunAsync($"token show nonsense --auth-url {Url}");

        Assert.Equal(
            (ExitCode.Failed, $"gatewayctl token show: {Url}/v3: does not know the token: it has expired, was revoked, or was never one (401)\n"), (run.ExitCode, run.Errors));
    }

    [Theory]
    [InlineData("token show", "there is no token: pass one, or set OS_TOKEN")]
    [InlineData("token show x --auth-url keystone", "auth_url: `keystone` is not an http or https URL: write one such as http://127.0.0.1:5000/v3")]
    public async Task Ends_with_2_when_something_is_missing(string command, string error)
    {
        var run = await RunAsync(command);

        Assert.Equal((ExitCode.Usage, $"gatewayctl token show: {error}\n"), (run.ExitCode, run.Errors));
    }

    [Fact]
    public async Task Says_what_an_application_credential_lacks()
    {
        var run = await RunAsync("whoami", ("OS_AUTH_URL", Url), ("OS_AUTH_TYPE", "v3applicationcredential"), ("OS_APPLICATION_CREDENTIAL_NAME", "robot"));

        Assert.Equal(
            """
            gatewayctl whoami: whose is application credential `robot`: set OS_USERNAME, or OS_APPLICATION_CREDENTIAL_ID instead of its name
            gatewayctl whoami: no secret of the application credential: set OS_APPLICATION_CREDENTIAL_SECRET

            """,
            run.Errors);
    }

    private Task<Run> RunAsync(string command, params (string, string)[] variables) => Run.OfAsync(_folder, command.Split(' '), variables);
}
