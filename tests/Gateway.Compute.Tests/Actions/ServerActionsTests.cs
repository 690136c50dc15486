namespace Gateway.Compute.Tests.Actions;

public sealed class ServerActionsTests
{
    [Theory]
    [InlineData(null, 400)]
    [InlineData("", 400)]
    [InlineData("{}", 400)]
    [InlineData("[]", 400)]
    [InlineData("""{"migrate": null, "os-stop": null}""", 400)]
    [InlineData("\"migrate\"", 400)]
    [InlineData("""["a", "b"]""", 400)]
    [InlineData("not json", 400)]
    [InlineData("null", 404)]
    [InlineData("true", 404)]
    [InlineData("5", 404)]
    [InlineData("\"x\"", 404)]
    [InlineData("""["os-stop"]""", 404)]
    public async Task Judges_bodies_without_one_key_as_Nova(string? body, int status)
    {
        await using var compute = await RunningCompute.StartAsync();

        var answer = await compute.SendAsync(Persona.Alice, "POST", "/v2.1/servers/none/action", body);

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 400 ? "Malformed request body" : "The resource could not be found.", answer.Fault.Message);
    }

    [Theory]
    [InlineData("Migrate")]
    [InlineData(" migrate")]
    [InlineData("")]
    [InlineData("show")]
    [InlineData("delete")]
    [InlineData("reset_network")]
    public async Task Knows_no_other_action(string key)
    {
        await using var compute = await RunningCompute.StartAsync();

        var answer = await compute.ActAsync(Persona.Alice, "none", $$"""{"{{key}}": null}""");

        Assert.Equal(400, answer.Status);
        Assert.Equal(("badRequest", $"There is no such action: {key}"), answer.Fault);
    }

    [Theory]
    [InlineData("""{ "os-stop" : null }""")]
    [InlineData("""{"os-stop": {}}""")]
    [InlineData("""{"os-stop": [1, "x"]}""")]
    [InlineData("""{"os\u002dstop": 5}""")]
    [InlineData("""{"os-stop": 1, "os-stop": 2}""")]
    public async Task Takes_any_value_where_none_is_needed(string body)
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        Assert.Equal(202, (await compute.ActAsync(Persona.Alice, id, body)).Status);
    }

    [Theory]
    [InlineData("rescue", 1, 501)]
    [InlineData("resize", 96, 501)]
    [InlineData("forceDelete", 1, 501)]
    [InlineData("addFixedIp", 43, 501)]
    [InlineData("addFixedIp", 44, 404)]
    [InlineData("os-getVNCConsole", 5, 501)]
    [InlineData("os-getVNCConsole", 6, 404)]
    [InlineData("trigger_crash_dump", 16, 404)]
    [InlineData("trigger_crash_dump", 17, 501)]
    public async Task Says_which_of_Novas_actions_it_does_not_offer(string key, int minor, int status)
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        var answer = await compute.ActAsync(Persona.Alice, id, $$"""{"{{key}}": null}""", minor);

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 501 ? "notImplemented" : "itemNotFound", answer.Fault.Name);
    }

    [Fact]
    public async Task Judges_the_body_before_it_looks_for_the_server()
    {
        await using var compute = await RunningCompute.StartAsync();
        Assert.Equal(400, (await compute.ActAsync(Persona.Alice, "none", """{"os-resetState": {"state": "x"}}""")).Status);
        Assert.Equal(404, (await compute.ActAsync(Persona.Alice, "none", """{"os-resetState": {"state": "error"}}""")).Status);
    }
}
