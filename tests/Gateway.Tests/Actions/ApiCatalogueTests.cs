using Gateway.Actions;
using Xunit;

namespace Gateway.Tests.Actions;

public sealed class ApiCatalogueTests
{
    private const string Id = Requests.ServerId;

    [Theory]
    [InlineData("GET", "/", "versions:list")]
    [InlineData("GET", "/v2.1", "versions:show")]
    [InlineData("GET", "/v2.1/", "versions:show:slash")]
    [InlineData("GET", "/v2/", "versions:show:v2:slash")]
    [InlineData("GET", "/v2.1/servers", "servers:list")]
    [InlineData("GET", "/v2.1/servers/detail", "servers:detail")]
    [InlineData("GET", "/v2.1/servers/" + Id, "servers:show")]
    [InlineData("GET", "/v2.1/servers/my-server", "servers:show")]
    [InlineData("POST", "/v2.1/servers", "servers:create")]
    [InlineData("DELETE", "/v2.1/servers/" + Id, "servers:delete")]
    [InlineData("POST", "/v2.1/servers/" + Id + "/action", "servers:action")]
    [InlineData("POST", "/v2/servers/" + Id + "/action", "servers:action")]
    [InlineData("POST", "/v2.1/0f1e2d3c4b5a69788796a5b4c3d2e1f0/servers/" + Id + "/action", "servers:action")]
    [InlineData("GET", "/v2.1/servers/" + Id + "/os-instance-actions", "servers:instance-actions:list")]
    [InlineData("GET", "/v2.1/servers/" + Id + "/os-instance-actions/req-1", "servers:instance-actions:show")]
    [InlineData("GET", "/v2.1/servers/" + Id + "/migrations", "servers:migrations:list")]
    [InlineData("GET", "/v2.1/os-migrations", "migrations:list")]
    [InlineData("GET", "/v2.1/limits", "limits:show")]
    [InlineData("GET", "/v2.1/flavors/detail", "flavors:detail")]
    [InlineData("GET", "/v2.1/flavors/1", "flavors:show")]
    [InlineData("PUT", "/v2.1/os-services/enable", "services:enable")]
    [InlineData("PUT", "/v2.1/os-services/6b1c2a34", "services:update")]
    public void Finds_the_operation_of(string method, string path, string name) =>
        Assert.Equal(name, Requests.Match(method, path).Operation.Name);

    [Theory]
    [InlineData("GET", "")]
    [InlineData("GET", "v2.1/servers")]
    [InlineData("GET", "//v2.1/servers")]
    [InlineData("GET", "/v2.1//servers")]
    [InlineData("GET", "/v2.1/servers/")]
    [InlineData("GET", "/v2.1/servers//detail")]
    [InlineData("GET", "/v3/servers")]
    [InlineData("GET", "/V2.1/servers")]
    [InlineData("GET", "/v2.1/SERVERS")]
    [InlineData("GET", "/v2.1/servers/.")]
    [InlineData("GET", "/v2.1/servers/..")]
    [InlineData("GET", "/v2.1/servers/a b")]
    [InlineData("GET", "/v2.1/servers/a%2Fb")]
    [InlineData("GET", "/v2.1/servers/a%5Cb")]
    [InlineData("GET", "/v2.1/servers/a%61")]
    [InlineData("GET", "/v2.1/servers/%2E%2E")]
    [InlineData("GET", "/v2.1/servers/a%c3%a9")]
    [InlineData("GET", "/v2.1/servers/a%00")]
    [InlineData("GET", "/v2.1/servers/a%0D%0AX")]
    [InlineData("GET", "/v2.1/servers/a%2561")]
    [InlineData("GET", "/v2.1/servers/a%2")]
    [InlineData("GET", "/v2.1/servers/a%3Bx")]
    [InlineData("GET", "/v2.1/%73ervers")]
    [InlineData("POST", "/v2.1/servers/" + Id + "/%61ction")]
    [InlineData("POST", "/v2.1/servers/" + Id + "/action%20")]
    [InlineData("POST", "/v2.1/servers/" + Id + "/action%23")]
    [InlineData("GET", "/v2.1/servers/a;b")]
    [InlineData("GET", "/v2.1/servers/a\u00e9")]
    [InlineData("GET", "/v2.1/servers/a\\b")]
    [InlineData("GET", "/v2.1/servers/a\0")]
    [InlineData("GET", "/v2.1/PROJECT/servers")]
    [InlineData("GET", "/v2.1/0F1E/servers")]
    [InlineData("GET", "/v2.1/0f1e/0f1e/servers")]
    [InlineData("POST", "/v2.1/servers/" + Id + "/action/")]
    [InlineData("POST", "/v2.1/servers/" + Id + "/Action")]
    [InlineData("POST", "/v2.1/servers/" + Id + "/action;x=1")]
    [InlineData("POST", "/v2.1/servers/" + Id + "/action.json")]
    [InlineData("GET", "/v2.1/os-volume_attachments")]
    [InlineData("GET", "/metrics")]
    public void Knows_no_path_but_the_exact_one(string method, string path)
    {
        Assert.Null(Requests.Catalogue.Match(method, path, out var miss));
        Assert.Equal(RouteMiss.PathUnknown, miss);
    }

    [Theory]
    [InlineData("post", "/v2.1/servers")]
    [InlineData("PoST", "/v2.1/servers/" + Id + "/action")]
    [InlineData("PUT", "/v2.1/servers/" + Id + "/action")]
    [InlineData("GET", "/v2.1/servers/" + Id + "/action")]
    [InlineData("HEAD", "/v2.1/servers")]
    [InlineData("TRACE", "/v2.1/servers")]
    [InlineData("PATCH", "/v2.1/limits")]
    [InlineData("DELETE", "/v2.1/servers")]
    public void Tells_an_unknown_method_from_an_unknown_path(string method, string path)
    {
        Assert.Null(Requests.Catalogue.Match(method, path, out var miss));
        Assert.Equal(RouteMiss.MethodUnknown, miss);
    }

    [Theory]
    [InlineData("POST", "/v2.1/servers/6B1C2A34-0D1E-4F5A-9B8C-7D6E5F4A3B2C/action")]
    [InlineData("GET", "/v2.1/servers/6B1C2A34-0D1E-4F5A-9B8C-7D6E5F4A3B2C")]
    [InlineData("GET", "/v2.1/servers/6b1c2a34-0d1e-4f5a-9b8c-7d6e5f4a3b2C")]
    [InlineData("POST", "/v2.1/servers/6b1c2a340d1e4f5a9b8c7d6e5f4a3b2c/action")]
    [InlineData("POST", "/v2.1/servers/my-server/action")]
    [InlineData("DELETE", "/v2.1/servers/my-server")]
    [InlineData("DELETE", "/v2.1/servers/detail")]
    [InlineData("GET", "/v2.1/servers/my-server/os-instance-actions")]
    public void Wants_server_ids_in_their_one_spelling(string method, string path)
    {
        Assert.Null(Requests.Catalogue.Match(method, path, out var miss));
        Assert.Equal(RouteMiss.ServerIdNotCanonical, miss);
    }

    [Fact]
    public void Gives_what_the_path_says()
    {
        var match = Requests.Match("GET", $"/v2.1/0f1e-2d/servers/{Id}/os-volume_attachments/vol");

        Assert.Equal("0f1e-2d", match.ProjectId);
        Assert.Equal(Id, match.ServerId);
        Assert.True(match.HasServerUuid);
        Assert.Equal("vol", match.Parameter("volume_id"));
        Assert.Null(match.Parameter("tag"));
        Assert.Equal("/v2.1/{project_id}", match.Prefix);
        Assert.False(match.IsCompatibility);
    }

    [Fact]
    public void Tells_a_server_name_from_an_id()
    {
        var match = Requests.Match("GET", "/v2/servers/my-server");

        Assert.False(match.HasServerUuid);
        Assert.Null(match.ProjectId);
        Assert.True(match.IsCompatibility);
    }

    [Theory]
    [InlineData("/v2.1/servers/my%20server", "my server")]
    [InlineData("/v2.1/servers/%C3%A9t%C3%A9", "été")]
    public void Decodes_what_a_parameter_had_to_encode(string path, string name) =>
        Assert.Equal(name, Requests.Match("GET", path).ServerId);

    [Fact]
    public void Names_every_action_once()
    {
        var names = Requests.Catalogue.Names.AsEnumerable();

        Assert.Contains("createBackup", names);
        Assert.Contains("servers:show", names);
        Assert.Contains("aggregates:add_host", names);
        Assert.DoesNotContain("servers:action", names);
    }

    [Fact]
    public void Version_documents_alone_are_public() =>
        Assert.Equal(
            ["/", "/v2", "/v2.1", "/v2.1/", "/v2/"],
            Requests.Catalogue.Operations
                .Where(operation => operation.Access == OperationAccess.Public)
                .Select(operation => operation.Path)
                .Order(StringComparer.Ordinal));

    [Fact]
    public void Nothing_that_changes_something_goes_without_a_rule() =>
        Assert.All(
            Requests.Catalogue.Operations.Where(operation => operation.Changes),
            operation => Assert.Equal(OperationAccess.Rules, operation.Access));
}
