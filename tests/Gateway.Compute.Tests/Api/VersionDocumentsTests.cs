namespace Gateway.Compute.Tests.Api;

public sealed class VersionDocumentsTests
{
    [Fact]
    public async Task Lists_both_versions_to_anybody()
    {
        await using var compute = await RunningCompute.StartAsync();

        var answer = await compute.SendAsync(compute.Unsigned("GET", "/"));

        var url = compute.ComputeUrl.GetLeftPart(UriPartial.Authority);
        Assert.Equal(200, answer.Status);
        Assert.Equal(
            """{"versions":[{"id":"v2.0","status":"SUPPORTED","version":"","min_version":"","updated":"2011-01-21T11:33:21Z","links":[{"rel":"self","href":"URL/v2/"}]},{"id":"v2.1","status":"CURRENT","version":"2.96","min_version":"2.1","updated":"2013-07-23T11:33:21Z","links":[{"rel":"self","href":"URL/v2.1/"}]}]}""".Replace("URL", url, StringComparison.Ordinal),
            answer.Text);
        Assert.Null(answer.Header("OpenStack-API-Version"));
        Assert.Null(answer.Header("x-compute-request-id"));
    }

    [Theory]
    [InlineData("/v2.1", "v2.1", "2.96", "compute 2.1")]
    [InlineData("/v2.1/", "v2.1", "2.96", "compute 2.1")]
    [InlineData("/v2", "v2.0", "", null)]
    [InlineData("/v2/", "v2.0", "", null)]
    public async Task Shows_one_version_to_anybody(string path, string id, string max, string? header)
    {
        await using var compute = await RunningCompute.StartAsync();

        var answer = await compute.SendAsync(compute.Unsigned("GET", path));

        Assert.Equal(200, answer.Status);
        var version = answer.Body.GetProperty("version");
        Assert.Equal(id, version.GetProperty("id").GetString());
        Assert.Equal(max, version.GetProperty("version").GetString());
        Assert.Equal("application/json", version.GetProperty("media-types")[0].GetProperty("base").GetString());
        Assert.Equal(header, answer.Header("OpenStack-API-Version"));
        Assert.StartsWith("req-", answer.RequestId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v3")]
    [InlineData("/servers")]
    [InlineData("/v2.1x/servers")]
    public async Task Offers_the_versions_a_path_outside_them_could_mean(string path)
    {
        await using var compute = await RunningCompute.StartAsync();

        var answer = await compute.SendAsync(compute.Unsigned("GET", path));

        Assert.Equal(300, answer.Status);
        Assert.Equal(
            compute.ComputeUrl.GetLeftPart(UriPartial.Authority) + "/v2.1" + path,
            answer.Body.GetProperty("choices")[1].GetProperty("links")[0].GetProperty("href").GetString());
    }

    [Fact]
    public async Task Shows_a_version_below_the_callers_project_to_the_caller_alone()
    {
        await using var compute = await RunningCompute.StartAsync();
        var path = $"/v2.1/{Persona.Alice.ProjectId}/";

        Assert.Equal(401, (await compute.SendAsync(compute.Unsigned("GET", path))).Status);
        Assert.Equal("v2.1", (await compute.GetAsync(Persona.Alice, path)).Body.GetProperty("version").GetProperty("id").GetString());
        Assert.Equal(404, (await compute.GetAsync(Persona.Alice, path.TrimEnd('/'))).Status);
    }
}
