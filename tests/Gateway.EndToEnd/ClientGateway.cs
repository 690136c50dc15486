using System.Text.Json.Nodes;
using Gateway.EndToEnd;
using Xunit;

[assembly: AssemblyFixture(typeof(ClientGateway))]

namespace Gateway.EndToEnd;

/// <summary>The one gateway that the tests with real clients share, all stand-ins behind it; each test uses a server of its own.</summary>
public sealed class ClientGateway : IAsyncLifetime
{
    private string _admin = "";
    private string _alice = "";

    internal GatewayProcess Process { get; private set; } = null!;

    internal Clients Clients { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Process = await GatewayProcess.StartAsync(gateway => gateway.WriteLimits("limits: []"), "--StandIns:StepMilliseconds=40");
        Clients = new Clients(Process);
        (_admin, _alice) = (await Clients.TokenAsync("admin"), await Clients.TokenAsync("alice"));
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    /// <summary>A new server of alice's in project demo, active; its id.</summary>
    internal async Task<string> NewServerAsync(string name)
    {
        var body = $$$"""{"server": {"name": "{{{name}}}", "flavorRef": "1", "imageRef": "{{{Cirros}}}", "networks": "none"}}""";
        var answer = await RawConnection.ExchangeAsync(
            Process.DataPort, (RawRequest.Action(_alice, body) with { Target = "/v2.1/servers" }).With("OpenStack-API-Version: compute 2.60"));
        Assert.True(answer.Status == 202, answer.ToString());
        var id = (string)JsonNode.Parse(answer.Body)!["server"]!["id"]!;
        await RestingAsync(id, "ACTIVE");
        return id;
    }

    /// <summary>The server as an administrator sees it, once it has a status and no task is under way.</summary>
    internal Task<JsonNode> RestingAsync(string id, string status) => Patience.UntilAsync(
        async () =>
        {
            var answer = await RawConnection.ExchangeAsync(
                Process.DataPort, new RawRequest("GET", $"/v2.1/servers/{id}").As(_admin));
            Assert.True(answer.Status == 200, answer.ToString());
            return JsonNode.Parse(answer.Body)!["server"]!;
        },
        server => (string?)server["status"] == status && server["OS-EXT-STS:task_state"] is null);

    /// <summary>The host it rests on.</summary>
    internal async Task<string> HostAsync(string id, string status) => (string)(await RestingAsync(id, status))["OS-EXT-SRV-ATTR:host"]!;

    private const string Cirros = "7c9f2a1e-5b0d-4c55-9d8e-0a1b2c3d4e01";
}
