using System.Net;

namespace Gateway.DevIdentity.Tests;

public sealed class DevIdentityHostTests
{
    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    [InlineData("development")]
    [InlineData("")]
    public void Refuses_to_run_outside_Development(string environment)
    {
        var refusal = Assert.Throws<DevIdentityStartException>(() => DevIdentityHost.Build(new DevIdentityOptions { EnvironmentName = environment }));

        Assert.Equal(
            $"the development identity service refuses to run in environment `{environment}`: its passwords are public; " +
            "use a real Keystone or OIDC provider, or set ASPNETCORE_ENVIRONMENT=Development",
            refusal.Message);
    }

    [Fact]
    public void Is_set_to_refuse_unless_told_otherwise()
    {
        Assert.Throws<DevIdentityStartException>(() => DevIdentityHost.Build(new DevIdentityOptions()));
    }

    [Fact]
    public void Reports_every_wrong_option_at_once()
    {
        var options = new DevIdentityOptions
        {
            EnvironmentName = "Development",
            ListenUrl = "https://127.0.0.1:5000",
            PublicUrl = "identity",
            ComputeUrl = "",
            ImageUrl = "ftp://images",
            TokenLifetime = TimeSpan.FromMilliseconds(1500),
        };

        var refusal = Assert.Throws<DevIdentityStartException>(() => DevIdentityHost.Build(options));

        Assert.Equal(
            [
                "ListenUrl: `https://127.0.0.1:5000` is not an absolute http URL: write one such as http://127.0.0.1:5000",
                "PublicUrl: `identity` is not an absolute http or https URL: write one such as http://127.0.0.1:8774/v2.1",
                "ComputeUrl: `` is not an absolute http or https URL: write one such as http://127.0.0.1:8774/v2.1",
                "ImageUrl: `ftp://images` is not an absolute http or https URL: write one such as http://127.0.0.1:8774/v2.1",
                "TokenLifetime: `00:00:01.5000000` is not a whole number of seconds, at least 1: write hh:mm:ss, such as 01:00:00",
            ],
            refusal.Problems);
    }

    [Fact]
    public async Task Names_itself_by_its_public_url_when_there_is_one()
    {
        await using var identity = await RunningIdentity.StartAsync(options =>
        {
            options.ListenUrl = "http://127.0.0.1:0";
            options.PublicUrl = null;
        });

        Assert.StartsWith("http://127.0.0.1:", identity.Url, StringComparison.Ordinal);
        Assert.NotEqual("http://127.0.0.1:0", identity.Url);

        var app = DevIdentityHost.Build(new DevIdentityOptions { EnvironmentName = "Development", PublicUrl = "https://identity.example/" });
        await using (app) Assert.Equal("https://identity.example", DevIdentityHost.UrlOf(app));
    }

    [Fact]
    public async Task Keeps_tokens_and_revocations_over_a_restart()
    {
        using var folder = new TemporaryFolder();
        string kept, revoked;
        await using (var before = await RunningIdentity.StartAsync(Set))
        {
            (kept, _) = await before.LogInAsync("alice", Some.InDemo);
            (revoked, _) = await before.LogInAsync("alice", Some.InDemo);
            using var answer = await before.SendAsync(HttpMethod.Delete, "/v3/auth/tokens", kept, revoked);
            Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        }

        await using var after = await RunningIdentity.StartAsync(Set);
        using var stillKept = await after.SendAsync(HttpMethod.Get, "/v3/auth/tokens", kept, kept);
        using var stillRevoked = await after.SendAsync(HttpMethod.Get, "/v3/auth/tokens", kept, revoked);
        Assert.Equal(HttpStatusCode.OK, stillKept.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, stillRevoked.StatusCode);

        void Set(DevIdentityOptions options) => options.DataDirectory = folder.Path;
    }
}
