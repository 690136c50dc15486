using Gateway.Actions;
using Xunit;

namespace Gateway.Tests.Actions;

public sealed class UnlistedOperationsTests
{
    private const string Id = Requests.ServerId;
    private const string Project = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

    private static readonly ApiCatalogue Open = ApiCatalogue.Load(CatalogueFile.Embedded(), allowsUnlisted: true);

    [Theory]
    [InlineData("GET", "/v2.1/os-vendor", "read")]
    [InlineData("POST", "/v2.1/os-vendor/7/things", "update")]
    [InlineData("DELETE", "/v2.1/servers/" + Id + "/os-vendor-thing", "delete")]
    [InlineData("PUT", "/v2/os-vendor/7", "update")]
    public void Stand_in_for_a_plain_path_below_a_known_prefix(string method, string path, string cadfAction)
    {
        var match = Open.MatchUnlisted(method, path);

        Assert.NotNull(match);
        Assert.Equal(("unlisted", cadfAction, false), (match.Operation.Name, match.Operation.CadfAction, match.Operation.IsListed));
        Assert.Equal(["context_is_admin"], match.Operation.Rules.Select(rule => rule.Name));
        Assert.Null(match.ProjectId);
    }

    [Fact]
    public void See_the_project_in_the_path() => Assert.Equal(Project, Open.MatchUnlisted("GET", $"/v2.1/{Project}/os-vendor")!.ProjectId);

    [Theory]
    [InlineData("PUT", "/v2.1/servers/" + Id + "/action")]
    [InlineData("POST", "/v2.1/servers/" + Id + "/action/")]
    [InlineData("POST", "/v2.1/servers/" + Id + "/Action")]
    [InlineData("POST", "/v2.1/SERVERS/" + Id + "/action")]
    [InlineData("POST", "/V2.1/servers/" + Id + "/action")]
    [InlineData("POST", "/v2.1/servers/6B1C2A34-0D1E-4F5A-9B8C-7D6E5F4A3B2C/action")]
    [InlineData("POST", "/v2.1/servers/" + Id + "/action.json")]
    [InlineData("POST", "/v2.1/servers/" + Id + "/%61ction")]
    [InlineData("POST", "/v2.1/os-vendor/..")]
    [InlineData("POST", "/v2.1/os-vendor//x")]
    [InlineData("POST", "/v2.1/os-vendor/")]
    [InlineData("POST", "/v2.1/os-vendor/a%20b")]
    [InlineData("POST", "/v2.1/os-vendor;x")]
    [InlineData("GET", "/v2.1/")]
    [InlineData("GET", "/healthz/ready")]
    [InlineData("GET", "/v3/os-vendor")]
    [InlineData("OPTIONS", "/v2.1/os-vendor")]
    [InlineData("post", "/v2.1/os-vendor")]
    public void Never_stand_in_for_what_could_be_taken_for_something_listed(string method, string path) => Assert.Null(Open.MatchUnlisted(method, path));

    [Fact]
    public void Are_refused_unless_allowed()
    {
        Assert.Null(Requests.Catalogue.MatchUnlisted("GET", "/v2.1/os-vendor"));
        Assert.DoesNotContain("unlisted", Requests.Catalogue.Names.Order());
        Assert.Contains("unlisted", Open.Names.Order());
    }

    [Fact]
    public void Have_a_body_in_one_meaning_or_none()
    {
        var match = Open.MatchUnlisted("POST", "/v2.1/os-vendor")!;

        Assert.True(ActionReader.Read(match, "{\"a\": 1}"u8.ToArray(), new(2, 1)).Succeeded);
        Assert.Equal("body_duplicate_key", ActionReader.Read(match, "{\"a\": 1, \"a\": 2}"u8.ToArray(), new(2, 1)).Refusal!.Reason);
        Assert.Equal("body_not_object", ActionReader.Read(match, "[1]"u8.ToArray(), new(2, 1)).Refusal!.Reason);
    }
}
