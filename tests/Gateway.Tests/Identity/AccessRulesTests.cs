using Gateway.Identity;
using Xunit;

namespace Gateway.Tests.Identity;

public sealed class AccessRulesTests
{
    [Theory]
    [InlineData("/v2.1/servers", "/v2.1/servers", true)]
    [InlineData("/v2.1/servers", "/v2.1/servers/", false)]
    [InlineData("/v2.1/servers", "/v2.1/servers/detail", false)]
    [InlineData("/v2.1/servers", "/v291/servers", false)]
    [InlineData("/v2.1/servers/{id}", "/v2.1/servers/abc", true)]
    [InlineData("/v2.1/servers/{id}", "/v2.1/servers/abc/action", false)]
    [InlineData("/v2.1/servers/{id}", "/v2.1/servers/", false)]
    [InlineData("/v2.1/servers/{id}/action", "/v2.1/servers/abc/action", true)]
    [InlineData("/v2.1/servers/*/action", "/v2.1/servers/abc/action", true)]
    [InlineData("/v2.1/servers/*", "/v2.1/servers/abc/action", false)]
    [InlineData("/v2.1/servers/**", "/v2.1/servers/abc/action", true)]
    [InlineData("/v2.1/**/action", "/v2.1/servers/abc/action", true)]
    [InlineData("/v2.1/**/action", "/v2.1/servers/abc/ips", false)]
    [InlineData("**", "/anything/at/all", true)]
    [InlineData("/v2.1/flavors/m1.*", "/v2.1/flavors/m1.tiny", true)]
    [InlineData("/v2.1/servers/{id", "/v2.1/servers/{id", false)]
    [InlineData("/v2.1/os-keypairs/my key", "/v2.1/os-keypairs/my%20key", true)]
    public void Matches_paths_as_keystonemiddleware_does(string pattern, string path, bool allowed) =>
        Assert.Equal(allowed, new AccessRules([new AccessRule("compute", "GET", pattern)]).Allow("GET", path));

    [Fact]
    public void Takes_service_and_method_to_the_letter()
    {
        var rules = new AccessRules([new AccessRule("image", "GET", "/v2.1/servers"), new AccessRule("compute", "POST", "/v2.1/servers")]);

        Assert.False(rules.Allow("GET", "/v2.1/servers"));
        Assert.True(rules.Allow("POST", "/v2.1/servers"));
        Assert.False(rules.Allow("HEAD", "/v2.1/servers"));
        Assert.False(new AccessRules([]).Allow("GET", "/v2.1/servers"));
    }

    [Fact]
    public void A_pattern_made_to_be_slow_is_not()
    {
        var rules = new AccessRules([new AccessRule("compute", "GET", string.Concat(Enumerable.Repeat("**a", 40)) + "b")]);

        Assert.False(rules.Allow("GET", "/" + new string('a', 8000)));
    }
}
