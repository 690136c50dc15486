namespace Gateway.Compute.Tests.Actions;

public sealed class PowerActionsTests
{
    [Fact]
    public async Task Takes_a_server_through_its_states_and_records_each()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        foreach (var (body, during, status, after) in new[]
        {
            ("""{"os-stop": null}""", "active powering-off 1 host1", "ACTIVE", "stopped - 4 host1"),
            ("""{"os-start": null}""", "stopped powering-on 4 host1", "SHUTOFF", "active - 1 host1"),
            ("""{"reboot": {"type": "soft"}}""", "active rebooting 1 host1", "REBOOT", "active - 1 host1"),
            ("""{"reboot": {"type": "Hard"}}""", "active rebooting_hard 1 host1", "HARD_REBOOT", "active - 1 host1"),
            ("""{"pause": null}""", "active pausing 1 host1", "ACTIVE", "paused - 3 host1"),
            ("""{"unpause": null}""", "paused unpausing 3 host1", "PAUSED", "active - 1 host1"),
            ("""{"suspend": null}""", "active suspending 1 host1", "ACTIVE", "suspended - 4 host1"),
            ("""{"resume": null}""", "suspended resuming 4 host1", "SUSPENDED", "active - 1 host1"),
        })
        {
            Assert.Equal(202, (await compute.ActAsync(Persona.Alice, id, body)).Status);
            Assert.Equal(during, await compute.StateAsync(id));
            Assert.Equal(status, (await compute.ShowAsync(id)).GetProperty("status").GetString());
            compute.Step();
            Assert.Equal(after, await compute.StateAsync(id));
        }

        Assert.Equal("create stop start reboot reboot pause unpause suspend resume", await compute.ActionsAsync(id));
    }

    [Fact]
    public async Task Knows_two_kinds_of_reboot()
    {
        await using var compute = await RunningCompute.StartAsync();

        var answer = await compute.ActAsync(Persona.Alice, "none", """{"reboot": {"type": "gentle"}}""");

        Assert.Equal(400, answer.Status);
        Assert.Equal(
            "Invalid input for field/attribute type. Value: gentle. 'gentle' is not one of ['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft']",
            answer.Fault.Message);
    }
}
