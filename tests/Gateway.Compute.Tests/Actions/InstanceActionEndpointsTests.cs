namespace Gateway.Compute.Tests.Actions;

public sealed class InstanceActionEndpointsTests
{
    [Fact]
    public async Task Shows_an_action_by_the_id_of_its_request()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        var stop = await compute.ActAsync(Persona.Alice, id, """{"os-stop": null}""");
        compute.Settle();

        var answer = await compute.GetAsync(Persona.Alice, $"/v2.1/servers/{id}/os-instance-actions/{stop.RequestId}");

        Assert.Equal(
            $$$"""{"instanceAction":{"action":"stop","instance_uuid":"{{{id}}}","request_id":"{{{stop.RequestId}}}","user_id":"alice-id","project_id":"{{{Persona.Alice.ProjectId}}}","start_time":"2026-01-31T12:00:00.600000","message":null}}""",
            answer.Text);
        Assert.Equal("Action none not found", (await compute.GetAsync(Persona.Alice, $"/v2.1/servers/{id}/os-instance-actions/none")).Fault.Message);
    }

    [Theory]
    [InlineData("alice", 50, null)]
    [InlineData("alice", 51, "event start_time finish_time result")]
    [InlineData("alice", 62, "event start_time finish_time result hostId")]
    [InlineData("alice", 96, "event start_time finish_time result hostId")]
    [InlineData("admin", 1, "event start_time finish_time result traceback")]
    [InlineData("admin", 62, "event start_time finish_time result traceback host hostId")]
    [InlineData("admin", 84, "event start_time finish_time result traceback host hostId details")]
    public async Task Shows_events_by_microversion_and_caller(string who, int minor, string? members)
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        var stop = await compute.ActAsync(Persona.Alice, id, """{"os-stop": null}""");
        compute.Settle();

        var persona = who == "admin" ? Persona.Admin : Persona.Alice;
        var action = (await compute.GetAsync(persona, $"/v2.1/servers/{id}/os-instance-actions/{stop.RequestId}", minor)).Body.GetProperty("instanceAction");

        Assert.Equal(members, action.TryGetProperty("events", out var events)
            ? string.Join(' ', events[0].EnumerateObject().Select(member => member.Name))
            : null);
    }

    [Fact]
    public async Task Lists_newest_first_and_pages_from_2_58_on()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        await compute.ActAsync(Persona.Alice, id, """{"os-stop": null}""");
        compute.Settle();
        await compute.ActAsync(Persona.Alice, id, """{"os-start": null}""");
        var path = $"/v2.1/servers/{id}/os-instance-actions";

        Assert.Equal("start stop create", Actions(await compute.GetAsync(Persona.Alice, path)));
        Assert.Equal("start stop create", Actions(await compute.GetAsync(Persona.Alice, path + "?limit=1", 57)));
        var first = await compute.GetAsync(Persona.Alice, path + "?limit=2", 58);
        Assert.Equal("start stop", Actions(first));
        var next = new Uri(first.Body.GetProperty("links")[0].GetProperty("href").GetString()!);
        Assert.Equal("create", Actions(await compute.GetAsync(Persona.Alice, next.PathAndQuery, 58)));
        Assert.Equal("start", Actions(await compute.GetAsync(Persona.Alice, path + "?changes-since=2026-01-31T12:00:02Z", 58)));
        Assert.Equal("create", Actions(await compute.GetAsync(Persona.Alice, path + "?changes-before=2026-01-31T12:00:00.600Z", 66)));
        Assert.Equal(400, (await compute.GetAsync(Persona.Alice, path + "?marker=none", 58)).Status);
        Assert.Equal(400, (await compute.GetAsync(Persona.Alice, path + "?changes-since=never", 58)).Status);
    }

    [Fact]
    public async Task Keeps_no_record_of_what_was_refused()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        await compute.ActAsync(Persona.Alice, id, """{"os-start": null}""");
        await compute.ActAsync(Persona.Alice, id, """{"createBackup": {}}""");
        await compute.ActAsync(Persona.Bob, id, """{"os-stop": null}""");

        Assert.Equal("create", await compute.ActionsAsync(id));
    }

    private static string Actions(Answer answer) => string.Join(
        ' ', answer.Body.GetProperty("instanceActions").EnumerateArray().Select(action => action.GetProperty("action").GetString()));
}
