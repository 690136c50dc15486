namespace Gateway.Compute.Tests;

public sealed class ComputeHostTests
{
    [Fact]
    public async Task Listens_on_two_addresses_and_tells_them_apart()
    {
        await using var compute = await RunningCompute.StartAsync();

        Assert.NotEqual(compute.ComputeUrl, compute.ImagesUrl);
        Assert.Equal(200, (await compute.SendAsync(compute.Unsigned("GET", "/"))).Status);
        Assert.Equal(300, (await compute.ImagesAsync("", "/")).Status);
    }

    [Fact]
    public void Refuses_to_be_built_with_options_it_cannot_use()
    {
        var refused = Assert.Throws<ComputeSettingsException>(() => ComputeHost.Build(new ComputeOptions { EnvironmentName = "Development" }));

        Assert.Equal(
            "the compute service cannot start: SharedSecret is not set: give this service and the gateway the same secret, "
            + "for example the output of `openssl rand -hex 32`",
            refused.Message);
    }

    [Fact]
    public async Task Answers_many_callers_at_once()
    {
        await using var compute = await RunningCompute.StartAsync();
        var servers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => compute.CreateAsync(Persona.Alice, $"s{i}")));
        compute.Settle();

        // Of two identical requests at the same moment one is done and the other refused, whichever is first.
        var answers = await Task.WhenAll(servers.Concat(servers).Select(server => compute.ActAsync(Persona.Alice, server, """{"os-stop": null}""")));
        compute.Settle();

        Assert.Equal(20, answers.Count(answer => answer.Status == 202));
        Assert.Equal(20, answers.Count(answer => answer.Status == 409));
        foreach (var server in servers)
            Assert.Equal("create stop", await compute.ActionsAsync(server));
    }
}
