using Gateway.Compute.Callers;

namespace Gateway.Compute.Tests.Images;

public sealed class ImageListenerTests
{
    [Fact]
    public async Task Lists_its_versions_to_anybody()
    {
        await using var compute = await RunningCompute.StartAsync();

        var choices = await compute.ImagesAsync("", "/");
        var versions = await compute.ImagesAsync("", "/versions");

        Assert.Equal((300, 200), (choices.Status, versions.Status));
        Assert.Equal(choices.Text, versions.Text);
        Assert.Equal(
            $$"""{"id":"v2.9","status":"CURRENT","links":[{"rel":"self","href":"{{compute.ImagesUrl}}v2/"}]}""",
            choices.Body.GetProperty("versions")[0].GetRawText());
    }

    [Theory]
    [InlineData("")]
    [InlineData("mallory")]
    public async Task Refuses_callers_the_identity_service_does_not_know(string token)
    {
        await using var identity = await FakeIdentity.StartAsync();
        await using var compute = await StartAsync(identity);

        var answer = await compute.ImagesAsync(token, "/v2/images");

        Assert.Equal(401, answer.Status);
        Assert.Equal("Unauthorized", answer.Body.GetProperty("error").GetProperty("title").GetString());
        Assert.Equal($"Keystone uri=\"{identity.Url}\"", answer.Header("WWW-Authenticate"));
    }

    [Fact]
    public async Task Believes_no_signed_headers()
    {
        await using var identity = await FakeIdentity.StartAsync();
        await using var compute = await StartAsync(identity);
        var request = compute.Signed(Persona.Admin, "GET", "/v2/images");
        request.RequestUri = new Uri(compute.ImagesUrl, "/v2/images");

        Assert.Equal(401, (await compute.SendAsync(request)).Status);
    }

    [Fact]
    public async Task Asks_about_a_token_once_in_a_while()
    {
        await using var identity = await FakeIdentity.StartAsync();
        await using var compute = await StartAsync(identity);

        Assert.Equal(200, (await compute.ImagesAsync("alice", "/v2/images")).Status);
        Assert.Equal(200, (await compute.ImagesAsync("alice", "/v2/images")).Status);
        Assert.Equal(1, identity.Asked);

        compute.Clock.Advance(KeystoneCallers.CacheTime);
        Assert.Equal(200, (await compute.ImagesAsync("alice", "/v2/images")).Status);
        Assert.Equal(2, identity.Asked);
    }

    [Fact]
    public async Task Believes_a_token_no_longer_than_it_lives()
    {
        await using var identity = await FakeIdentity.StartAsync();
        await using var compute = await StartAsync(identity);
        identity.Expires = compute.Clock.GetUtcNow().AddSeconds(5).ToString("yyyy-MM-ddTHH:mm:ssZ");
        await compute.ImagesAsync("alice", "/v2/images");

        compute.Clock.Advance(TimeSpan.FromSeconds(5));
        identity.Failing = 401;

        Assert.Equal(401, (await compute.ImagesAsync("alice", "/v2/images")).Status);
    }

    [Theory]
    [InlineData(500, null)]
    [InlineData(429, null)]
    [InlineData(null, "no json")]
    [InlineData(null, "{}")]
    [InlineData(null, """{"token": {"user": {"id": "x"}, "expires_at": "never"}}""")]
    public async Task Says_503_when_the_identity_service_gives_no_answer(int? status, string? body)
    {
        await using var identity = await FakeIdentity.StartAsync();
        await using var compute = await StartAsync(identity);
        (identity.Failing, identity.Body) = (status, body);

        var answer = await compute.ImagesAsync("alice", "/v2/images");

        Assert.Equal(503, answer.Status);
        Assert.Equal("serviceUnavailable", answer.Fault.Name);
    }

    [Fact]
    public async Task Says_503_when_the_identity_service_is_not_there()
    {
        var identity = await FakeIdentity.StartAsync();
        await using var compute = await StartAsync(identity);
        await identity.DisposeAsync();

        Assert.Equal(503, (await compute.ImagesAsync("alice", "/v2/images")).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/v3")]
    [InlineData("/v3/")]
    public async Task Finds_the_tokens_below_any_form_of_the_identity_url(string suffix)
    {
        await using var identity = await FakeIdentity.StartAsync();
        await using var compute = await RunningCompute.StartAsync(options => options with { IdentityUrl = identity.Url + suffix });

        Assert.Equal(200, (await compute.ImagesAsync("alice", "/v2/images")).Status);
    }

    internal static Task<RunningCompute> StartAsync(FakeIdentity identity) =>
        RunningCompute.StartAsync(options => options with { IdentityUrl = identity.Url });
}
