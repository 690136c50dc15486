namespace Gateway.Compute.Tests.Actions;

public sealed class AdministrativeActionsTests
{
    [Theory]
    [InlineData("injectNetworkInfo")]
    [InlineData("resetNetwork")]
    public async Task Accepts_network_actions_and_records_nothing(string key)
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        var answer = await compute.ActAsync(Persona.Admin, id, $$"""{"{{key}}": null}""");

        Assert.Equal(202, answer.Status);
        Assert.Equal("", answer.Text);
        Assert.Equal("create", await compute.ActionsAsync(id));
        Assert.Equal("active - 1 host1", await compute.StateAsync(id));
    }

    [Fact]
    public async Task Calls_resetNetwork_gone_for_every_server_when_told_so()
    {
        await using var compute = await RunningCompute.StartAsync(options => options with { ResetNetworkGone = true });

        var answer = await compute.ActAsync(Persona.Alice, "none", """{"resetNetwork": null}""");

        Assert.Equal(410, answer.Status);
        Assert.Equal("""{"computeFault":{"code":410,"message":"This resource is no longer available. No forwarding address is given."}}""", answer.Text);
    }

    [Fact]
    public async Task Resets_the_state_at_once_and_nothing_else()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        var answer = await compute.ActAsync(Persona.Admin, id, """{"os-resetState": {"state": "error"}}""");

        Assert.Equal(202, answer.Status);
        Assert.Equal("error - 1 host1", await compute.StateAsync(id));
        Assert.Equal("ERROR", (await compute.ShowAsync(id)).GetProperty("status").GetString());
        Assert.Equal("create resetState", await compute.ActionsAsync(id));
        Assert.Equal("", await compute.EventsAsync(id, answer.RequestId));
    }

    [Theory]
    [InlineData("""{"state": "Active"}""", "Invalid input for field/attribute state. Value: Active. 'Active' is not one of ['active', 'error']")]
    [InlineData("""{"state": null}""", "Invalid input for field/attribute state. Value: None. None is not of type 'string'")]
    [InlineData("""{"state": "error", "x": 1}""", "Invalid input for field/attribute os-resetState. Value: {'state': 'error', 'x': 1}. Additional properties are not allowed ('x' was unexpected)")]
    [InlineData("{}", "Invalid input for field/attribute os-resetState. Value: {}. 'state' is a required property")]
    [InlineData("null", "Invalid input for field/attribute os-resetState. Value: None. None is not of type 'object'")]
    public async Task Refuses_other_states_in_Novas_words(string value, string message)
    {
        await using var compute = await RunningCompute.StartAsync();

        var answer = await compute.ActAsync(Persona.Admin, "none", $$"""{"os-resetState": {{value}}}""");

        Assert.Equal(400, answer.Status);
        Assert.Equal(message, answer.Fault.Message);
    }

    [Fact]
    public async Task Drops_unknown_members_below_v2()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        Assert.Equal(202, (await compute.SendAsync(
            Persona.Admin, "POST", $"/v2/servers/{id}/action", """{"os-resetState": {"state": "error", "x": 1}}""")).Status);
    }

    [Fact]
    public async Task Makes_a_live_migration_under_way_fail_at_its_last_step()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        await compute.ActAsync(Persona.Admin, id, """{"os-migrateLive": {"host": null, "block_migration": "auto"}}""", 34);
        compute.Step();
        await compute.ActAsync(Persona.Admin, id, """{"os-resetState": {"state": "active"}}""");

        compute.Steps(3);
        Assert.Equal("post-migrating", await compute.MigrationStatusesAsync());
        compute.Step();

        Assert.Equal("error", await compute.MigrationStatusesAsync());
        Assert.Equal("active - 1 host1", await compute.StateAsync(id));
        Assert.Equal("create live-migration! resetState", await compute.ActionsAsync(id));
    }
}
