using System.Text.Json.Nodes;
using Xunit;

namespace Gateway.EndToEnd.Exchanges;

/// <summary>The clients driven anew, so that what is replayed is what they say today. With <c>GATEWAY_RECORD_EXCHANGES=1</c> the files are written instead.</summary>
public sealed class RecordingTests
{
    /// <summary>The files, and what is done to get them, in order: each session begins where the one before it ended.</summary>
    internal static readonly Dictionary<string, (string Client, string User, string[] Commands)> Sessions = new(StringComparer.Ordinal)
    {
        ["openstack-create.json"] =
            ("openstack", "alice", ["--os-compute-api-version 2.60 server create --flavor m1.tiny --image cirros --nic none --wait web"]),
        ["openstack-member.json"] = ("openstack", "alice",
        [
            "server list --long", "server show web",
            "server backup create --name web-1 --type daily --rotate 2 --wait web", "server event list web", "server stop web", "server lock web", "server unlock web",
            // Nothing waits for the stop, which is over by the time all these are answered.
            "limits show --absolute", "flavor list", "flavor show m1.tiny", "keypair list", "server start web", "server set --name www web",
        ]),
        ["openstack-administrator.json"] = ("openstack", "admin",
        [
            "server list --all-projects --name www", "server migrate --live-migration --wait {id}", "server set --state error {id}", "server set --state active {id}",
            "hypervisor list", "compute service list", "server migrate --wait {id}", "server migration list --server {id}",
            // Last: nothing waits for its end, and the next client takes longer to start.
            "server migration confirm {id}",
        ]),
        ["nova-member.json"] = ("nova", "alice", ["list", "show www", "backup www www-2 weekly 1"]),
        ["nova-administrator.json"] = ("nova", "admin", ["reset-network {id}", "reset-state --active {id}", "live-migration {id}"]),
        ["openstack-end.json"] = ("openstack", "alice", ["server delete --wait www", "server list"]),
    };

    [Fact]
    public async Task Clients_still_say_what_was_recorded()
    {
        await using var recorder = await ExchangeRecorder.StartAsync();
        var id = "";
        foreach (var (file, (client, user, commands)) in Sessions)
        {
            var filled = commands.Select(command => command.Replace("{id}", id, StringComparison.Ordinal)).ToArray();
            var runs = client == "nova" ? await NovaAsync(recorder.Clients, user, filled)
                : [filled.Length == 1 ? await recorder.Clients.OpenStackAsync(user, filled[0]) : await recorder.Clients.OpenStackAsync(user, filled)];
            foreach (var run in runs) Assert.True(run.ExitCode == 0 && (client == "nova" || run.Error.Trim().Length == 0), run.ToString());

            var recorded = recorder.Take();
            if (id.Length == 0) id = (string)JsonNode.Parse(recorded.First(one => one.Method == "POST").AnswerBody)!["server"]!["id"]!;
            if (Environment.GetEnvironmentVariable("GATEWAY_RECORD_EXCHANGES") == "1") Exchange.Write(file, recorded);
            Assert.Equal(Shapes(Exchange.Read(file)), Shapes(recorded));
        }
    }

    private static async Task<ProcessRun[]> NovaAsync(Clients clients, string user, string[] commands)
    {
        var runs = new List<ProcessRun>();
        foreach (var command in commands) runs.Add(await clients.NovaAsync(user, command));
        return [.. runs];
    }

    private static IEnumerable<string> Shapes(IEnumerable<Exchange> exchanges) => exchanges.Select(exchange => exchange.Shape).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
}
