using Gateway.FrontDoor;
using Xunit;

namespace Gateway.Tests.FrontDoor;

public sealed class RequestTargetTests
{
    [Theory]
    [InlineData("/", "/", "")]
    [InlineData("/v2.1/", "/v2.1/", "")]
    [InlineData("/v2.1/servers/detail?all_tenants=True&limit=2", "/v2.1/servers/detail", "?all_tenants=True&limit=2")]
    [InlineData("/v2.1/os-keypairs/my%20key", "/v2.1/os-keypairs/my%20key", "")]
    [InlineData("/v2.1/flavors/1/os-extra_specs/hw:cpu_policy", "/v2.1/flavors/1/os-extra_specs/hw:cpu_policy", "")]
    [InlineData("/v2.1/servers/m%C3%BCnchen", "/v2.1/servers/m%C3%BCnchen", "")]
    [InlineData("/v2.1/servers?name=%5Eweb%24", "/v2.1/servers", "?name=%5Eweb%24")]
    public void Accepts_a_target_in_its_one_spelling_and_changes_nothing(string raw, string path, string query)
    {
        Assert.False(RequestTarget.Parse(raw).IsRefused(out var target, out _));
        Assert.Equal((path, query), (target!.Path, target.Query));
    }

    [Theory]
    [InlineData("//v2.1/servers", 404, "path_not_canonical")]
    [InlineData("/v2.1//servers", 404, "path_not_canonical")]
    [InlineData("/v2.1/servers//", 404, "path_not_canonical")]
    [InlineData("/v2.1/./servers", 404, "path_not_canonical")]
    [InlineData("/v2.1/x/../servers", 404, "path_not_canonical")]
    [InlineData("/v2.1/x/%2e%2e/servers", 404, "path_not_canonical")]
    [InlineData("/v2.1/servers/id/%61ction", 404, "path_not_canonical")]
    [InlineData("/v2.1/servers/id%2Faction", 404, "path_not_canonical")]
    [InlineData("/v2.1/servers/id%2faction", 404, "path_not_canonical")]
    [InlineData("/v2.1/servers/id%5Caction", 404, "path_not_canonical")]
    [InlineData("/v2.1/servers/id\\action", 404, "path_not_canonical")]
    [InlineData("/v2.1/servers/id%252Faction", 404, "path_not_canonical")]
    [InlineData("/v2.1/servers/id/action;x=1", 404, "path_not_canonical")]
    [InlineData("/v2.1/servers/id/action%0A", 404, "path_not_canonical")]
    [InlineData("/v2.1/servers/id/action%00", 404, "path_not_canonical")]
    [InlineData("/v2.1/servers/id/action%", 404, "path_not_canonical")]
    [InlineData("/v2.1/servers/id/action%4", 404, "path_not_canonical")]
    [InlineData("/v2.1/servers/m%c3%bcnchen", 404, "path_not_canonical")]
    [InlineData("/v2.1/servers/m%FFnchen", 404, "path_not_canonical")]
    [InlineData("/v2.1/servers/%C0%AE%C0%AE", 404, "path_not_canonical")]
    [InlineData("http://other/v2.1/servers", 400, "target_form")]
    [InlineData("*", 400, "target_form")]
    [InlineData("/v2.1/servers/id/action?_method=POST", 400, "method_override")]
    [InlineData("/v2.1/servers?limit=1&_Method=DELETE", 400, "method_override")]
    [InlineData("/v2.1/servers?%5Fmethod=DELETE", 400, "method_override")]
    [InlineData("/v2.1/servers?a=1;_method=DELETE", 400, "method_override")]
    [InlineData("/v2.1/servers?a#b", 400, "query_malformed")]
    [InlineData("/v2.1/servers?all_tenants=0;all_tenants=1", 400, "query_malformed")]
    [InlineData("/v2.1/servers?name=%FF", 400, "query_malformed")]
    [InlineData("/v2.1/servers?name=%C3", 400, "query_malformed")]
    [InlineData("/v2.1/servers?name=%zz", 400, "query_malformed")]
    [InlineData("/v2.1/servers?name=%4", 400, "query_malformed")]
    public void Refuses_every_other_spelling(string raw, int status, string code)
    {
        Assert.True(RequestTarget.Parse(raw).IsRefused(out _, out var refusal));
        Assert.Equal((status, code), (refusal!.Status, refusal.Code));
    }

    [Fact]
    public void Refuses_a_target_that_is_too_long()
    {
        Assert.True(RequestTarget.Parse("/" + new string('a', 9000)).IsRefused(out _, out var refusal));
        Assert.Equal(414, refusal!.Status);
    }
}
