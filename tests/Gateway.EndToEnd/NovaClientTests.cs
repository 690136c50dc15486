using Xunit;

namespace Gateway.EndToEnd;

/// <summary>The <c>nova</c> client, which asks for the newest microversion it knows, and what only it offers.</summary>
public sealed class NovaClientTests(ClientGateway gateway)
{
    [Fact]
    public async Task Resets_the_network_for_an_administrator_alone()
    {
        var id = await gateway.NewServerAsync("networked");

        var refused = await gateway.Clients.NovaAsync("alice", $"reset-network {id}");
        Assert.Equal(1, refused.ExitCode);
        Assert.Matches(
            @"ERROR \(Forbidden\): Policy doesn't allow os_compute_api:os-admin-actions:reset_network to be performed\. \(HTTP 403\) \(Request-ID: req-[0-9a-f-]{36}\)",
            refused.Error);
        Assert.DoesNotContain("Traceback", refused.All, StringComparison.Ordinal);
        var reset = await gateway.Clients.NovaAsync("admin", $"reset-network {id}");
        Assert.Equal((0, ""), (reset.ExitCode, reset.Output));
    }

    [Fact]
    public async Task Backs_up_and_reads_the_image_back()
    {
        await gateway.NewServerAsync("nova-kept");

        var backup = await gateway.Clients.NovaAsync("alice", "backup nova-kept nova-backup weekly 1");

        Assert.True(backup.ExitCode == 0, backup.ToString());
        Assert.Matches(@"\| backup_type +\| weekly +\|", backup.Output);
        Assert.Matches(@"\| image_type +\| backup +\|", backup.Output);
    }

    [Fact]
    public async Task Live_migrates_and_migrates_for_an_administrator()
    {
        var id = await gateway.NewServerAsync("nova-flying");
        var before = await gateway.HostAsync(id, "ACTIVE");

        var live = await gateway.Clients.NovaAsync("admin", $"live-migration {id}");
        Assert.True(live.ExitCode == 0, live.ToString());
        await Patience.UntilAsync(
            async () => await gateway.HostAsync(id, "ACTIVE"), host => host != before);
        var cold = await gateway.Clients.NovaAsync("admin", $"migrate --poll {id}");
        Assert.True(cold.ExitCode == 0, cold.ToString());
        Assert.Equal(before, await gateway.HostAsync(id, "VERIFY_RESIZE"));
    }

    [Fact]
    public async Task Resets_a_state_for_an_administrator()
    {
        var id = await gateway.NewServerAsync("nova-reset");

        var reset = await gateway.Clients.NovaAsync("admin", $"reset-state {id}");

        Assert.True(reset.ExitCode == 0, reset.ToString());
        Assert.Contains("Reset state for server", reset.Output, StringComparison.Ordinal);
        Assert.Equal("error", (string?)(await gateway.RestingAsync(id, "ERROR"))["OS-EXT-STS:vm_state"]);
    }

    [Fact]
    public async Task Finds_no_server_of_another_project()
    {
        var id = await gateway.NewServerAsync("nova-hidden");

        var refused = await gateway.Clients.NovaAsync("bob", $"reset-network {id}");

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"ERROR (CommandError): No server with a name or ID of '{id}' exists.", refused.Error, StringComparison.Ordinal);
    }
}
