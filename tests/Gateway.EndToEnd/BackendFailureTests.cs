using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>A backend that is not there, or does not answer: said in the API's own shape, which the clients can print.</summary>
public sealed class BackendFailureTests
{
    private const string Migrate = """{"migrate": null}""";

    [Fact]
    public async Task Answers_502_and_503_for_a_backend_that_is_not_there()
    {
        await using var gateway = await GatewayProcess.StartAsync(RecordingBackend.SettingsFor($"http://127.0.0.1:{UnusedPort()}"));
        var clients = new Clients(gateway);

        var sent = await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(await clients.TokenAsync("admin"), Migrate));
        Assert.Equal((502, """{"computeFault":{"code":502,"message":"The compute service could not be reached."}}"""), (sent.Status, sent.Body));
        Assert.Equal("application/json; charset=UTF-8", sent.Header("Content-Type"));
        var records = await Patience.UntilAsync(() => RecordedCalls.Of(gateway.Store, sent.RequestId), found => found.Count == 2);
        Assert.Equal(("failure", "backend_failed"), (records[1].Outcome, records[1].ReasonCode));

        // Whose server it is cannot be asked: so it cannot be decided either.
        var asked = await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(await clients.TokenAsync("alice"), Migrate));
        Assert.Equal(
            (503, """{"serviceUnavailable":{"code":503,"message":"Service is unavailable at this time."}}"""), (asked.Status, asked.Body));
        Assert.Equal("1", asked.Header("Retry-After"));
        Assert.Equal("target_unavailable", Assert.Single(RecordedCalls.Of(gateway.Store, asked.RequestId)).ReasonCode);

        foreach (var printed in new[] { await clients.OpenStackAsync("alice", "server migrate web"), await clients.NovaAsync("alice", "list") })
        {
            Assert.Equal(1, printed.ExitCode);
            Assert.Matches(@"The compute service could not be reached\. \(HTTP 502\)", printed.Error);
            Assert.DoesNotContain("Traceback", printed.All, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Answers_504_for_a_backend_that_does_not_answer()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var gateway = await GatewayProcess.StartAsync(
            [.. backend.Settings, "--ReverseProxy:Clusters:recorder:HttpRequest:ActivityTimeout=00:00:01"]);
        var token = await new Clients(gateway).TokenAsync("admin");
        backend.Hold();

        var answer = await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(token, Migrate));

        Assert.Equal(
            (504, """{"computeFault":{"code":504,"message":"The compute service did not answer in time."}}"""), (answer.Status, answer.Body));
        var records = await Patience.UntilAsync(() => RecordedCalls.Of(gateway.Store, answer.RequestId), found => found.Count == 2);
        // It may have been done all the same: the answer is known, what the backend did is not.
        Assert.Equal(("backend_timeout", "504"), (records[1].ReasonCode, records[1].Status));
        Assert.Null(records[1].Content("backend")!["status"]);
    }

    [Fact]
    public async Task Answers_502_for_a_backend_that_hangs_up()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var hangUp = HangUpAsync(listener);
        await using var gateway = await GatewayProcess.StartAsync(RecordingBackend.SettingsFor($"http://{listener.LocalEndpoint}"));

        var answer = await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(await new Clients(gateway).TokenAsync("admin"), Migrate));

        Assert.Equal((502, """{"computeFault":{"code":502,"message":"The compute service could not be reached."}}"""), (answer.Status, answer.Body));
        listener.Stop();
        // Sent once: the backend may have begun.
        Assert.Equal(1, await hangUp);
    }

    [Fact]
    public async Task Records_that_nobody_knows_what_became_of_a_call_whose_client_left()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var gateway = await GatewayProcess.StartAsync(backend.Settings);
        var token = await new Clients(gateway).TokenAsync("admin");
        backend.Hold();
        using (var connection = await RawConnection.OpenAsync(gateway.DataPort))
        {
            await connection.SendAsync(RawRequest.Action(token, Migrate).ToBytes());
            await backend.Arrived.Task;
        }

        var outcome = await Patience.UntilAsync(
            () => RecordedCalls.All(gateway.Store).LastOrDefault(record => record.Kind == "outcome"), record => record is not null);

        Assert.Equal(("unknown", "client_gone"), (outcome!.Outcome, outcome.ReasonCode));
    }

    [Fact]
    public async Task Answers_503_when_the_keys_of_the_issuer_cannot_be_had()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var issuer = await GatewayProcess.StartAsync();
        var token = await new Clients(issuer).TokenAsync("alice");
        await using var gateway = await GatewayProcess.StartAsync(
        [
            .. backend.Settings, $"--Identity:AuthUrl={issuer.Identity}v3", $"--Identity:Issuers:0:Issuer={issuer.Identity}v3",
            "--Identity:Issuers:0:Audiences:0=compute", $"--Identity:Issuers:0:JwksUrl=http://127.0.0.1:{UnusedPort()}/keys",
        ]);

        var answer = await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(token, Migrate));

        Assert.Equal(
            (503, """{"serviceUnavailable":{"code":503,"message":"The identity service is unavailable."}}"""), (answer.Status, answer.Body));
        Assert.Equal("identity_unavailable", Assert.Single(RecordedCalls.Of(gateway.Store, answer.RequestId)).ReasonCode);
        Assert.Empty(backend.Received);
    }

    private static int UnusedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Reads what comes and closes the connection; how many actions there were. Look-ups, which change nothing, may come more than once.</summary>
    private static async Task<int> HangUpAsync(TcpListener listener)
    {
        var requests = 0;
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                var read = new byte[65_536];
                if (read.AsSpan(0, await client.GetStream().ReadAsync(read)).StartsWith("POST "u8)) requests++;
            }
        }
        catch (SocketException)
        {
            return requests;
        }
    }
}
