using System.Collections.Frozen;
using Gateway.Actions;
using Gateway.Auditing;
using Gateway.Tests.Actions;
using Xunit;

namespace Gateway.Tests.Auditing;

public sealed class RequestLineTests
{
    private static readonly Redaction Licences = new(FrozenSet.ToFrozenSet(["licence"], StringComparer.Ordinal), FrozenSet<string>.Empty);

    [Theory]
    [InlineData("/v2.1/servers/detail?name=web&limit=10", "/v2.1/servers/detail?name=web&limit=10")]
    [InlineData("/v2.1/servers?a=1;password=x&b=2", "/v2.1/servers?a=1;password=[removed]&b=2")]
    [InlineData("/v2.1/servers?a%2564minPass=x", "/v2.1/servers?a%2564minPass=[removed]")]
    [InlineData("/v2.1/servers?licence=x", "/v2.1/servers?licence=[removed]")]
    [InlineData("/v2.1/servers?url=http%3A%2F%2Fa%3Ab%40c", "/v2.1/servers?url=[removed]")]
    [InlineData("/v2.1/servers?password", "/v2.1/servers?password")]
    [InlineData("/v2.1/servers?", "/v2.1/servers?")]
    [InlineData("/v2.1/os-console-auth-tokens/x", "/v2.1/os-console-auth-tokens/[removed]")]
    [InlineData("/v2.1/os%2dconsole-auth-tok%65ns/x/y", "/v2.1/os%2dconsole-auth-tok%65ns/[removed]/y")]
    [InlineData("/v2.1/servers/1/os-server-password", "/v2.1/servers/1/os-server-password")]
    [InlineData("/v2.1/servers/1/metadata/colour", "/v2.1/servers/1/metadata/colour")]
    [InlineData("*", "*")]
    public void Keeps_what_is_no_secret(string target, string kept) => Assert.Equal(kept, RequestLine.WithoutSecrets(target, Licences));

    [Fact]
    public void Knows_a_secret_by_its_name_in_the_catalogue()
    {
        var match = Requests.Match("GET", "/v2.1/os-console-auth-tokens/x");

        Assert.True(match.IsTargetSecret);
        Assert.Equal("/v2.1/os-console-auth-tokens/[removed]", RequestLine.WithoutSecrets("/v2.1/os-console-auth-tokens/x", Redaction.None, match));
        Assert.False(Requests.Match("GET", $"/v2.1/servers/{Requests.ServerId}").IsTargetSecret);
    }
}
