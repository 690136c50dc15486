using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Gateway.DevIdentity.Tests;

/// <summary>The unmodified <c>openstack</c> client in front of the service, with the clouds of <c>config/clouds.yaml</c>.</summary>
public sealed class OpenStackClientTests
{
    private const string Client = "/usr/bin/openstack";

    [Theory]
    [InlineData("alice", Some.AliceId, "project_id", Some.DemoId)]
    [InlineData("bob", "e418bab4940bd8827c4027672cbb3846", "project_id", Some.OtherId)]
    [InlineData("rita", "838b9ce02affbae83b88d93cac524a50", "project_id", Some.DemoId)]
    [InlineData("admin", Some.AdminId, "project_id", "80ca3470e99e670347ac80531f2626ea")]
    [InlineData("admin-system", Some.AdminId, "system", "all")]
    public async Task Issues_a_token_for_every_cloud(string cloud, string user, string scopeKey, string scope)
    {
        await using var identity = await StartAsync();

        var token = JsonNode.Parse(await RunAsync(identity, cloud, "token issue -f json"))!;

        Assert.Equal(user, (string)token["user_id"]!);
        Assert.Equal(scope, (string)token[scopeKey]!);
        Assert.Equal(3, ((string)token["id"]!).Split('.').Length);
    }

    [Fact]
    public async Task Lists_the_catalogue()
    {
        await using var identity = await StartAsync();

        var catalog = JsonNode.Parse(await RunAsync(identity, "alice", "catalog list -f json"))!.AsArray();

        Assert.Equal(
            ["identity keystone", "compute nova", "image glance"],
            catalog.Select(service => $"{service!["Type"]} {service["Name"]}"));
    }

    [Fact]
    public async Task Looks_users_and_projects_up_by_name()
    {
        await using var identity = await StartAsync();

        var output = await RunAsync(identity, "admin", "user show alice -f value -c id", "project show demo -f value -c id", "project list -f value -c Name");

        Assert.Equal([Some.AliceId, Some.DemoId, "admin", "demo", "other"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Revokes_a_token()
    {
        await using var identity = await StartAsync();
        var token = (await RunAsync(identity, "alice", "token issue -f value -c id")).Trim();

        await RunAsync(identity, "alice", $"token revoke {token}");

        using var answer = await identity.SendAsync(HttpMethod.Get, "/v3/auth/projects", token);
        Assert.Equal(401, (int)answer.StatusCode);
    }

    // The client compares expiry with the machine's clock.
    private static Task<RunningIdentity> StartAsync() => RunningIdentity.StartAsync(options => options.TimeProvider = TimeProvider.System);

    /// <summary>Runs commands one after the other; gives what they printed.</summary>
    private static async Task<string> RunAsync(RunningIdentity identity, string cloud, params string[] commands)
    {
        Assert.True(File.Exists(Client), $"{Client} is missing: apt-get install -y --no-install-recommends python3-openstackclient");
        using var folder = new TemporaryFolder();
        var clouds = await File.ReadAllTextAsync(Repository.File("config", "clouds.yaml"));
        await File.WriteAllTextAsync(folder.File("clouds.yaml"), clouds.Replace("http://127.0.0.1:5000", identity.Url, StringComparison.Ordinal));

        var output = "";
        foreach (var command in commands)
        {
            var start = new ProcessStartInfo(Client, ["--os-cloud", cloud, .. command.Split(' ')])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            };
            foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("OS_", StringComparison.Ordinal)).ToList()) start.Environment.Remove(name);
            start.Environment["OS_CLIENT_CONFIG_FILE"] = folder.File("clouds.yaml");
            start.Environment["HOME"] = folder.Path;
            using var process = Process.Start(start)!;
            var printed = process.StandardOutput.ReadToEndAsync();
            var complained = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, $"openstack {command}: exit {process.ExitCode}: {await complained}");
            output += await printed;
        }

        return output;
    }
}
