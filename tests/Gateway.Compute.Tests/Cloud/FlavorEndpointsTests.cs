namespace Gateway.Compute.Tests.Cloud;

public sealed class FlavorEndpointsTests
{
    [Fact]
    public async Task Lists_and_shows_flavors()
    {
        await using var compute = await RunningCompute.StartAsync();
        var url = compute.ComputeUrl.GetLeftPart(UriPartial.Authority);

        var list = (await compute.GetAsync(Persona.Alice, "/v2.1/flavors/detail")).Body.GetProperty("flavors");
        var old = await compute.GetAsync(Persona.Alice, "/v2.1/flavors/1");
        var latest = await compute.GetAsync(Persona.Alice, "/v2.1/flavors/1", 96);

        Assert.Equal(["m1.tiny", "m1.small", "m1.medium"], list.EnumerateArray().Select(flavor => flavor.GetProperty("name").GetString()));
        Assert.Equal(
            """{"flavor":{"id":"1","name":"m1.tiny","links":[{"rel":"self","href":"URL/v2.1/flavors/1"},{"rel":"bookmark","href":"URL/flavors/1"}],"ram":512,"disk":1,"swap":"","vcpus":1,"OS-FLV-EXT-DATA:ephemeral":0,"OS-FLV-DISABLED:disabled":false,"os-flavor-access:is_public":true,"rxtx_factor":1}}""".Replace("URL", url, StringComparison.Ordinal),
            old.Text);
        Assert.Equal(0, latest.Body.GetProperty("flavor").GetProperty("swap").GetInt32());
        Assert.True(latest.Body.GetProperty("flavor").TryGetProperty("extra_specs", out _));
        Assert.Equal("""{"extra_specs":{}}""", (await compute.GetAsync(Persona.Alice, "/v2.1/flavors/1/os-extra_specs")).Text);
    }

    [Theory]
    [InlineData("/v2.1/flavors/m1.tiny", 404, "Flavor m1.tiny could not be found.")]
    [InlineData("/v2.1/flavors/9/os-extra_specs", 404, "Flavor 9 could not be found.")]
    [InlineData("/v2.1/flavors?marker=9", 400, "marker [9] not found")]
    public async Task Says_which_flavor_it_does_not_have(string target, int status, string message)
    {
        await using var compute = await RunningCompute.StartAsync();

        var answer = await compute.GetAsync(Persona.Alice, target);

        Assert.Equal((status, message), (answer.Status, answer.Fault.Message));
    }

    [Fact]
    public async Task Pages()
    {
        await using var compute = await RunningCompute.StartAsync();

        var first = await compute.GetAsync(Persona.Alice, "/v2.1/flavors?limit=2");
        var next = new Uri(first.Body.GetProperty("flavors_links")[0].GetProperty("href").GetString()!);
        var second = await compute.GetAsync(Persona.Alice, next.PathAndQuery);

        Assert.Equal("m1.medium", second.Body.GetProperty("flavors")[0].GetProperty("name").GetString());
        Assert.Equal(0, (await compute.GetAsync(Persona.Alice, "/v2.1/flavors?is_public=False")).Body.GetProperty("flavors").GetArrayLength());
    }
}
