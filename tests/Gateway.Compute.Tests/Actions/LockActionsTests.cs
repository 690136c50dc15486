using System.Text.Json;

namespace Gateway.Compute.Tests.Actions;

public sealed class LockActionsTests
{
    [Fact]
    public async Task Locks_with_a_reason_and_unlocks()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        var locking = await compute.ActAsync(Persona.Alice, id, """{"lock": {"locked_reason": "maintenance"}}""", 73);
        var locked = await compute.ShowAsync(id);
        Assert.Equal(202, (await compute.ActAsync(Persona.Alice, id, """{"unlock": null}""")).Status);
        var unlocked = await compute.ShowAsync(id);

        Assert.Equal(202, locking.Status);
        Assert.Equal("api_lock=Success", await compute.EventsAsync(id, locking.RequestId));
        Assert.True(locked.GetProperty("locked").GetBoolean());
        Assert.Equal("maintenance", locked.GetProperty("locked_reason").GetString());
        Assert.False(unlocked.GetProperty("locked").GetBoolean());
        Assert.Equal(JsonValueKind.Null, unlocked.GetProperty("locked_reason").ValueKind);
        Assert.Equal("create lock unlock", await compute.ActionsAsync(id));
    }

    [Fact]
    public async Task Lets_only_administrators_take_off_an_administrators_lock()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        await compute.ActAsync(Persona.Admin, id, """{"lock": null}""");
        // The owner's own lock on top changes nothing.
        Assert.Equal(202, (await compute.ActAsync(Persona.Alice, id, """{"lock": null}""")).Status);

        var refused = await compute.ActAsync(Persona.Alice, id, """{"unlock": null}""");

        Assert.Equal(403, refused.Status);
        Assert.Equal("Policy doesn't allow os_compute_api:os-lock-server:unlock:unlock_override to be performed.", refused.Fault.Message);
        Assert.Equal(202, (await compute.ActAsync(Persona.Admin, id, """{"unlock": null}""")).Status);
        Assert.Equal("create lock unlock", await compute.ActionsAsync(id));
    }

    [Fact]
    public async Task Keeps_a_locked_server_from_being_deleted_by_its_owner()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        await compute.ActAsync(Persona.Alice, id, """{"lock": null}""");

        Assert.Equal(409, (await compute.SendAsync(Persona.Alice, "DELETE", $"/v2.1/servers/{id}")).Status);
        Assert.Equal(204, (await compute.SendAsync(Persona.Admin, "DELETE", $"/v2.1/servers/{id}")).Status);
    }

    [Theory]
    [InlineData("""{"lock": {"locked_reason": ""}}""", 72, 202)]
    [InlineData("""{"lock": {"locked_reason": ""}}""", 73, 400)]
    [InlineData("""{"lock": {"other": "x"}}""", 73, 400)]
    [InlineData("""{"lock": 5}""", 73, 400)]
    [InlineData("""{"lock": null}""", 73, 202)]
    public async Task Looks_at_the_reason_from_2_73_on(string body, int minor, int status)
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        Assert.Equal(status, (await compute.ActAsync(Persona.Alice, id, body, minor)).Status);
    }
}
