namespace Gateway.Compute.Tests.Cloud;

public sealed class LimitEndpointsTests
{
    [Fact]
    public async Task Counts_what_the_project_uses()
    {
        await using var compute = await RunningCompute.StartAsync();
        await compute.CreateActiveAsync(Persona.Alice);
        await compute.CreateActiveAsync(Persona.Alice);
        await compute.CreateActiveAsync(Persona.Bob);

        var alice = (await compute.GetAsync(Persona.Alice, "/v2.1/limits")).Body.GetProperty("limits");
        var other = await compute.GetAsync(Persona.Admin, $"/v2.1/limits?tenant_id={Persona.Alice.ProjectId}");

        Assert.Equal((2, 2, 1024, -1), (
            alice.GetProperty("absolute").GetProperty("totalInstancesUsed").GetInt32(),
            alice.GetProperty("absolute").GetProperty("totalCoresUsed").GetInt32(),
            alice.GetProperty("absolute").GetProperty("totalRAMUsed").GetInt32(),
            alice.GetProperty("absolute").GetProperty("maxTotalInstances").GetInt32()));
        Assert.Equal("[]", alice.GetProperty("rate").GetRawText());
        Assert.Equal(2, other.Body.GetProperty("limits").GetProperty("absolute").GetProperty("totalInstancesUsed").GetInt32());
        Assert.Equal(403, (await compute.GetAsync(Persona.Bob, $"/v2.1/limits?tenant_id={Persona.Alice.ProjectId}")).Status);
    }

    [Theory]
    [InlineData(1, true, true, true)]
    [InlineData(36, false, true, true)]
    [InlineData(39, false, false, true)]
    [InlineData(57, false, false, false)]
    public async Task Leaves_out_what_later_microversions_dropped(int minor, bool networks, bool images, bool files)
    {
        await using var compute = await RunningCompute.StartAsync();

        var absolute = (await compute.GetAsync(Persona.Alice, "/v2.1/limits", minor)).Body.GetProperty("limits").GetProperty("absolute");

        Assert.Equal((networks, images, files), (
            absolute.TryGetProperty("maxSecurityGroups", out _), absolute.TryGetProperty("maxImageMeta", out _), absolute.TryGetProperty("maxPersonality", out _)));
    }
}
