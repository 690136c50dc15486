namespace Gateway.DevIdentity.Tests.Http;

public sealed class VersionEndpointsTests
{
    [Fact]
    public async Task Lists_its_version_with_300()
    {
        await using var identity = await RunningIdentity.StartAsync();
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(handler) { BaseAddress = new Uri(identity.Url) };

        using var response = await http.GetAsync(new Uri("/", UriKind.Relative));

        Assert.Equal(300, (int)response.StatusCode);
        Assert.Equal($"{identity.Url}/v3/", response.Headers.Location!.ToString());
        Assert.Equal($"{{\"versions\":{{\"values\":[{Version(identity)}]}}}}", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/v3")]
    [InlineData("/v3/")]
    public async Task Shows_its_version(string path)
    {
        await using var identity = await RunningIdentity.StartAsync();

        using var response = await identity.SendAsync(HttpMethod.Get, path);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal($"{{\"version\":{Version(identity)}}}", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("GET", "/v2.0", 404, """{"error":{"code":404,"message":"The resource could not be found.","title":"Not Found"}}""")]
    [InlineData("GET", "/v3/nothing", 404, """{"error":{"code":404,"message":"The resource could not be found.","title":"Not Found"}}""")]
    [InlineData("PUT", "/v3/auth/tokens", 405, """{"error":{"code":405,"message":"The method is not allowed for the requested URL.","title":"Method Not Allowed"}}""")]
    public async Task Answers_what_it_does_not_have_in_its_own_envelope(string method, string path, int status, string body)
    {
        await using var identity = await RunningIdentity.StartAsync();

        using var response = await identity.SendAsync(new HttpMethod(method), path);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(body, await response.Content.ReadAsStringAsync());
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        Assert.StartsWith("req-", response.Headers.GetValues("x-openstack-request-id").Single(), StringComparison.Ordinal);
    }

    private static string Version(RunningIdentity identity) =>
        $$$"""
        {"id":"v3.14","status":"stable","updated":"2020-04-07T00:00:00Z","links":[{"rel":"self","href":"{{{identity.Url}}}/v3/"}],
        "media-types":[{"base":"application/json","type":"application/vnd.openstack.identity-v3+json"}]}
        """.ReplaceLineEndings("");
}
