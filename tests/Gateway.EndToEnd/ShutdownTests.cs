using System.Net.Sockets;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>Asked to end, the gateway takes no new calls, answers those under way, writes what came of them, and ends well.</summary>
public sealed class ShutdownTests
{
    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Answers_and_records_what_is_under_way_before_it_ends(string signal)
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var gateway = await GatewayProcess.StartAsync(backend.Settings);
        var clients = new Clients(gateway);
        var token = await clients.TokenAsync("admin");
        backend.Hold();
        using var connection = await RawConnection.OpenAsync(gateway.DataPort);
        await connection.SendAsync(RawRequest.Action(token, """{"migrate": null}""").ToBytes());
        await backend.Arrived.Task;

        await gateway.SignalAsync(signal);
        await Patience.UntilAsync(() => IsListeningAsync(gateway.DataPort), listening => !listening);
        backend.Release();

        var answer = await connection.ReadAsync();
        Assert.Equal(202, answer.Status);
        Assert.Equal(0, await gateway.WaitForExitAsync());
        Assert.Equal(
            ["intent pending", "outcome success"], RecordedCalls.Of(gateway.Store, answer.RequestId).Select(record => $"{record.Kind} {record.Outcome}"));
        var last = RecordedCalls.All(gateway.Store)[^1];
        Assert.Equal(("lifecycle", "stop/log"), (last.Kind, last.Action));
        var verified = await clients.GatewayctlAsync("audit verify");
        Assert.True(verified.ExitCode == 0 && !verified.Output.Contains("intents open", StringComparison.Ordinal), verified.ToString());
        Assert.DoesNotContain("fail:", gateway.Output, StringComparison.Ordinal);
    }

    private static async Task<bool> IsListeningAsync(Uri server)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(server.Host, server.Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
