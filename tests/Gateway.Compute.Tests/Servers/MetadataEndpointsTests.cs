namespace Gateway.Compute.Tests.Servers;

public sealed class MetadataEndpointsTests
{
    [Fact]
    public async Task Sets_replaces_shows_and_deletes_items()
    {
        await using var compute = await RunningCompute.StartAsync();
        var path = $"/v2.1/servers/{await compute.CreateActiveAsync(Persona.Alice)}/metadata";

        Assert.Equal("""{"metadata":{"a":"1","b":"2"}}""", (await compute.SendAsync(Persona.Alice, "POST", path, """{"metadata": {"b": "2", "a": "1"}}""")).Text);
        Assert.Equal("""{"metadata":{"a":"3","b":"2"}}""", (await compute.SendAsync(Persona.Alice, "POST", path, """{"metadata": {"a": "3"}}""")).Text);
        Assert.Equal("""{"meta":{"c":"4"}}""", (await compute.SendAsync(Persona.Alice, "PUT", path + "/c", """{"meta": {"c": "4"}}""")).Text);
        Assert.Equal(204, (await compute.SendAsync(Persona.Alice, "DELETE", path + "/b")).Status);
        Assert.Equal("""{"meta":{"a":"3"}}""", (await compute.GetAsync(Persona.Alice, path + "/a")).Text);
        Assert.Equal("""{"metadata":{"a":"3","c":"4"}}""", (await compute.GetAsync(Persona.Alice, path)).Text);
        Assert.Equal("""{"metadata":{}}""", (await compute.SendAsync(Persona.Alice, "PUT", path, """{"metadata": {}}""")).Text);
    }

    [Fact]
    public async Task Refuses_what_is_not_there_and_what_is_no_metadata()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        var path = $"/v2.1/servers/{id}/metadata";

        Assert.Equal("Metadata item was not found", (await compute.GetAsync(Persona.Alice, path + "/none")).Fault.Message);
        Assert.Equal("Metadata item was not found", (await compute.SendAsync(Persona.Alice, "DELETE", path + "/none")).Fault.Message);
        Assert.Equal("Request body and URI mismatch", (await compute.SendAsync(Persona.Alice, "PUT", path + "/a", """{"meta": {"b": "1"}}""")).Fault.Message);
        Assert.Equal(400, (await compute.SendAsync(Persona.Alice, "POST", path, """{"metadata": {"a": null}}""")).Status);
        Assert.Equal(400, (await compute.SendAsync(Persona.Alice, "POST", path, """{"metadata": {"a/b": "1"}}""")).Status);
        Assert.Equal(400, (await compute.SendAsync(Persona.Alice, "POST", path)).Status);

        var many = string.Join(", ", Enumerable.Range(0, 129).Select(i => $"\"k{i}\": \"\""));
        Assert.Equal(403, (await compute.SendAsync(Persona.Alice, "POST", path, $$$"""{"metadata": { {{{many}}} } }""")).Status);

        await compute.ActAsync(Persona.Admin, id, """{"lock": null}""");
        Assert.Equal($"Instance {id} is locked", (await compute.SendAsync(Persona.Alice, "POST", path, """{"metadata": {"a": "1"}}""")).Fault.Message);
    }
}
