using System.Collections.Concurrent;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>The gateway killed while a call is at the backend: nobody knows what became of it, and the record says just that.</summary>
public sealed class RecoveryTests
{
    private const string Migrate = """{"migrate": null}""";

    [Fact]
    public async Task Keeps_servers_and_images_when_it_is_killed()
    {
        await using var gateway = await GatewayProcess.StartAsync("--StandIns:StepMilliseconds=40");
        var clients = new Clients(gateway);
        var created = Clients.JsonOf(await clients.OpenStackAsync(
            "alice", "--os-compute-api-version 2.60 server create --flavor m1.tiny --image cirros --nic none --wait lasting -f json"));
        var backup = await clients.OpenStackAsync("alice", "server backup create --name lasting-backup --wait lasting");
        Assert.True(backup.ExitCode == 0, backup.ToString());

        await gateway.KillAsync();
        await gateway.RestartAsync();

        var shown = await clients.OpenStackJsonAsync("alice", "server show lasting");
        Assert.Equal(((string?)created["id"], "ACTIVE"), ((string?)shown["id"], (string?)shown["status"]));
        var images = await clients.OpenStackAsync("alice", "image list -f value -c Name", "server event list lasting -f value -c Action");
        Assert.Superset(
            new HashSet<string>(StringComparer.Ordinal) { "lasting-backup", "create", "createBackup" },
            images.Output.Split('\n').ToHashSet(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Loses_nothing_that_was_acknowledged_in_rounds_of_kill_under_load()
    {
        const int Rounds = 5;
        const int Callers = 8;
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var gateway = await GatewayProcess.StartAsync(prepared => prepared.WriteLimits("limits: []"), backend.Settings);
        var clients = new Clients(gateway);
        var acknowledged = new ConcurrentBag<string>();
        for (var round = 1; round <= Rounds; round++)
        {
            var token = await clients.TokenAsync("admin");
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var goal = acknowledged.Count + (round * 40);
            var callers = Enumerable.Range(0, Callers).Select(_ => Task.Run(() => CallUntilItIsGoneAsync(token, goal, enough))).ToArray();
            await enough.Task;
            await gateway.KillAsync();
            await Task.WhenAll(callers);
            await gateway.RestartAsync();
        }

        var records = RecordedCalls.All(gateway.Store);
        var intents = records.Where(record => record.Kind == "intent").ToDictionary(record => (string)record.Event["id"]!, StringComparer.Ordinal);
        var calls = intents.Values.Select(intent => intent.RequestId).ToHashSet(StringComparer.Ordinal);
        Assert.All(acknowledged, id => Assert.Contains(id, calls));
        Assert.Equal(
            intents.Keys.Order(StringComparer.Ordinal),
            records.Where(record => record.Kind is "outcome" or "recovery").Select(record => (string)record.Content("record")!["intent"]!).Order(StringComparer.Ordinal));
        Assert.All(records.Where(record => record.Kind == "recovery"), record => Assert.Equal(("unknown", "recovered"), (record.Outcome, record.ReasonCode)));
        Assert.True(backend.Actions.Count() <= intents.Count, "something was sent that is not on record");
        var verified = await clients.GatewayctlAsync("audit verify");
        Assert.True(verified.ExitCode == 0 && verified.Output.Contains(": whole: ", StringComparison.Ordinal), verified.ToString());

        async Task CallUntilItIsGoneAsync(string token, int goal, TaskCompletionSource enough)
        {
            try
            {
                while (true)
                {
                    var answer = await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(token, Migrate));
                    if (answer.Status != 202) continue;
                    acknowledged.Add(answer.RequestId);
                    if (acknowledged.Count >= goal) enough.TrySetResult();
                }
            }
            catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or InvalidDataException or FormatException or OperationCanceledException)
            {
                // Killed, perhaps in the middle of an answer, which then acknowledges nothing.
            }
        }
    }

    [Fact]
    public async Task Closes_the_open_intent_as_unknown_and_loses_nothing_that_was_acknowledged()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var gateway = await GatewayProcess.StartAsync(backend.Settings);
        var clients = new Clients(gateway);
        var token = await clients.TokenAsync("admin");
        var acknowledged = new List<string>();
        for (var i = 0; i < 10; i++) acknowledged.Add(await AcceptedAsync());

        backend.Hold();
        using var connection = await RawConnection.OpenAsync(gateway.DataPort);
        await connection.SendAsync(RawRequest.Action(token, Migrate).ToBytes());
        await backend.Arrived.Task;
        var open = RecordedCalls.All(gateway.Store)[^1];
        Assert.Equal(("intent", "pending"), (open.Kind, open.Outcome));
        await gateway.KillAsync();
        Assert.True(await connection.IsClosedAsync());
        backend.Release();
        await gateway.RestartAsync();

        var records = RecordedCalls.All(gateway.Store);
        var closings = records.Where(record => record.Kind is "outcome" or "recovery")
            .ToDictionary(record => (string)record.Content("record")!["intent"]!, StringComparer.Ordinal);
        foreach (var id in acknowledged)
        {
            var intent = Assert.Single(RecordedCalls.Of(gateway.Store, id), record => record.Kind == "intent");
            Assert.Contains((string)intent.Event["id"]!, closings.Keys);
        }

        var recovery = closings[(string)open.Event["id"]!];
        Assert.Equal(("recovery", "unknown", "recovered"), (recovery.Kind, recovery.Outcome, recovery.ReasonCode));
        Assert.Equal(records.Count(record => record.Kind == "intent"), closings.Count);
        await AssertWholeAsync();
        // It was not tried again: the first try may have worked.
        Assert.Equal(11, backend.Actions.Count());

        token = await clients.TokenAsync("admin");
        acknowledged.Add(await AcceptedAsync());
        await AssertWholeAsync();
        Assert.True(RecordedCalls.Of(gateway.Store, acknowledged[^1])[0].Sequence > recovery.Sequence);

        async Task<string> AcceptedAsync()
        {
            var answer = await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(token, Migrate));
            Assert.True(answer.Status == 202, answer.ToString());
            return answer.RequestId;
        }

        // The outcome of the last answered call is written a moment after its answer.
        async Task AssertWholeAsync()
        {
            var verified = await Patience.UntilAsync(
                () => clients.GatewayctlAsync("audit verify"), run => run.ExitCode != 0 || !run.Output.Contains("intents open", StringComparison.Ordinal));
            Assert.True(verified.ExitCode == 0 && verified.Output.Contains(": whole: ", StringComparison.Ordinal), verified.ToString());
        }
    }
}
