using System.Text.Json.Nodes;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>The unmodified <c>openstack</c> client with a real Keystone's tokens, catalogue and application credentials, through the gateway.</summary>
[Collection(nameof(KeystoneGateway))]
public sealed class KeystoneOpenStackTests(KeystoneGateway gateway) : IAsyncLifetime
{
    private const string OpenStack = "/usr/bin/openstack";

    private GatewayProcess Process { get; set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Process = await GatewayProcess.StartAsync(
            own => own.WriteLimits("limits: []"), [.. gateway.Keystone.Settings, "--StandIns:StepMilliseconds=40"]);
        await PublishAsync("compute", $"{Process.DataPort}v2.1");
        await PublishAsync("image", Process.Image!.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        foreach (var service in (await gateway.Keystone.CallAsync(HttpMethod.Get, "/services"))!["services"]!.AsArray())
            if ((string?)service!["type"] is "compute" or "image") await gateway.Keystone.CallAsync(HttpMethod.Delete, $"/services/{(string)service["id"]!}");
    }

    [Fact]
    public async Task Creates_backs_up_and_migrates_a_server()
    {
        var server = await JsonAsync(Password("alice", "demo"), "server create --image cirros --flavor m1.tiny --wait web");
        Assert.Equal("ACTIVE", (string?)server["status"]);
        var id = (string)server["id"]!;

        var backup = await JsonAsync(Password("alice", "demo"), $"server backup create --name monday --type daily --rotate 2 {id}");
        Assert.Equal("monday", (string?)backup["name"]);

        var refused = await RunAsync(Password("alice", "demo"), $"server migrate {id}");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("Policy doesn't allow os_compute_api:os-migrate-server:migrate to be performed. (HTTP 403)", refused.All, StringComparison.Ordinal);

        var migrated = await RunAsync(Password("admin", "admin"), $"server migrate --wait {id}");
        Assert.True(migrated.ExitCode == 0, migrated.ToString());

        var request = Clients.RequestIdIn(refused.All);
        var record = Assert.Single(RecordedCalls.Of(Process.Store, request));
        Assert.Equal(("refusal", gateway.Keystone.AliceId), (record.Kind, (string?)record.Event["initiator"]!["id"]));
    }

    [Fact]
    public async Task An_application_credential_may_do_what_its_rules_say_and_the_client_says_so()
    {
        var (id, secret) = await gateway.Keystone.CredentialAsync("lister", """
            [{"service": "compute", "method": "GET", "path": "/v2.1/servers/detail"}, {"service": "compute", "method": "GET", "path": "/v2.1/flavors/**"}]
            """);
        var credential = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OS_AUTH_TYPE"] = "v3applicationcredential",
            ["OS_APPLICATION_CREDENTIAL_ID"] = id,
            ["OS_APPLICATION_CREDENTIAL_SECRET"] = secret,
        };

        var listed = await RunAsync(credential, "server list -f json --no-name-lookup");
        var refused = await RunAsync(credential, "keypair list");

        Assert.True(listed.ExitCode == 0, listed.ToString());
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("401", refused.All, StringComparison.Ordinal);

        // Our own client takes the same variables, and asks about its token without the password.
        var variables = new Dictionary<string, string>(credential, StringComparer.Ordinal) { ["OS_AUTH_URL"] = gateway.Keystone.AuthUrl, ["HOME"] = Process.Directory };
        var who = await ProcessRun.RunAsync(Repository.Gatewayctl, ["whoami"], variables, Process.Directory);
        Assert.Contains($"user                    alice of Default ({gateway.Keystone.AliceId})", who.Output, StringComparison.Ordinal);
        Assert.Contains("  may                   compute: GET /v2.1/servers/detail", who.Output, StringComparison.Ordinal);
        variables["OS_TOKEN"] = (await ProcessRun.RunAsync(Repository.Gatewayctl, ["token", "issue"], variables, Process.Directory)).Output.Trim();
        var shown = await ProcessRun.RunAsync(Repository.Gatewayctl, ["token", "show"], variables, Process.Directory);
        Assert.Contains($"application credential  lister ({id})", shown.Output, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Password(string user, string project) => new(StringComparer.Ordinal)
    {
        ["OS_USERNAME"] = user,
        ["OS_PASSWORD"] = $"{user}-password",
        ["OS_USER_DOMAIN_NAME"] = "Default",
        ["OS_PROJECT_NAME"] = project,
        ["OS_PROJECT_DOMAIN_NAME"] = "Default",
    };

    private Task<ProcessRun> RunAsync(Dictionary<string, string> who, string command) => ProcessRun.RunAsync(
        OpenStack,
        command.Split(' '),
        new Dictionary<string, string>(who, StringComparer.Ordinal)
        {
            ["OS_AUTH_URL"] = gateway.Keystone.AuthUrl,
            ["OS_IDENTITY_API_VERSION"] = "3",
            ["OS_REGION_NAME"] = "RegionOne",
            ["HOME"] = Process.Directory,
        },
        Process.Directory);

    private async Task<JsonNode> JsonAsync(Dictionary<string, string> who, string command) => Clients.JsonOf(await RunAsync(who, command + " -f json"));

    private async Task PublishAsync(string type, string url)
    {
        var service = await gateway.Keystone.CreateAsync("services", "service", $$"""{"type": "{{type}}", "name": "{{type}}"}""");
        await gateway.Keystone.CreateAsync(
            "endpoints", "endpoint", $$"""{"service_id": "{{service}}", "interface": "public", "region_id": "RegionOne", "url": "{{url}}"}""");
    }
}
