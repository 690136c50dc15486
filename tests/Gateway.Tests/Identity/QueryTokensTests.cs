using Gateway.Identity;
using Xunit;

namespace Gateway.Tests.Identity;

public sealed class QueryTokensTests
{
    [Theory]
    [InlineData("?token=abc", "token")]
    [InlineData("?limit=1&access_token=abc", "access_token")]
    [InlineData("?X-Auth-Token=abc", "X-Auth-Token")]
    [InlineData("?x_auth_token=abc", "x_auth_token")]
    [InlineData("?a=1;auth_token=abc", "auth_token")]
    [InlineData("?%74oken=abc", "token")]
    [InlineData("?X-Storage-Token=", "X-Storage-Token")]
    public void Finds_a_token(string query, string name)
    {
        var refusal = QueryTokens.Refuse(query)!;

        Assert.Equal((400, "token_in_query"), (refusal.Status, refusal.Code));
        Assert.Equal($"A token in the query ('{name}') is not accepted: send it in the header 'X-Auth-Token'", refusal.Message);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("?")]
    [InlineData("?name=token&limit=3")]
    [InlineData("?tokens=1&marker=token")]
    public void Leaves_other_queries_alone(string? query) => Assert.Null(QueryTokens.Refuse(query));

    [Theory]
    [InlineData("/v2.1/servers?token=secret", "/v2.1/servers?token=***")]
    [InlineData("/v2.1/servers?limit=1&access_token=secret;name=x", "/v2.1/servers?limit=1&access_token=***;name=x")]
    [InlineData("/v2.1/servers?%74oken=secret", "/v2.1/servers?%74oken=***")]
    [InlineData("/v2.1/servers?limit=1", "/v2.1/servers?limit=1")]
    [InlineData("/v2.1/servers", "/v2.1/servers")]
    public void Hides_what_must_not_be_recorded(string target, string shown) => Assert.Equal(shown, QueryTokens.Hide(target));
}
