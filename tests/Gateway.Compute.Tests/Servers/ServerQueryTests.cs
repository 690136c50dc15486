namespace Gateway.Compute.Tests.Servers;

public sealed class ServerQueryTests
{
    [Theory]
    [InlineData("", "web-2 web-1 db")]
    [InlineData("name=web", "web-2 web-1")]
    [InlineData("name=^web-1$", "web-1")]
    [InlineData("name=b$", "db")]
    [InlineData("status=ACTIVE", "web-1 db")]
    [InlineData("status=active&status=SHUTOFF", "web-2 web-1 db")]
    [InlineData("status=ERROR", "")]
    [InlineData("status=nonsense", "")]
    [InlineData("flavor=2", "")]
    [InlineData("host=host1", "web-2 web-1 db")]
    [InlineData("sort_key=display_name&sort_dir=asc", "db web-1 web-2")]
    [InlineData("limit=2", "web-2 web-1")]
    [InlineData("limit=0", "")]
    [InlineData("deleted=1", "web-2 web-1 db")]
    public async Task Filters_for_a_project(string query, string names)
    {
        await using var compute = await StartWithServersAsync();

        var answer = await compute.GetAsync(Persona.Alice, "/v2.1/servers?" + query);

        Assert.Equal(200, answer.Status);
        Assert.Equal(names, string.Join(' ', ServerEndpointsTests.Names(answer)));
    }

    [Theory]
    [InlineData("all_tenants=1", "bobs web-2 web-1 db")]
    [InlineData("all_tenants", "bobs web-2 web-1 db")]
    [InlineData("all_tenants=0", "")]
    [InlineData("all_tenants=1&host=host2", "bobs web-1")]
    [InlineData("all_tenants=1&tenant_id=bbbb0000bbbb0000bbbb0000bbbb0000", "bobs")]
    [InlineData("tenant_id=bbbb0000bbbb0000bbbb0000bbbb0000", "")]
    [InlineData("all_tenants=1&deleted=1", "gone")]
    [InlineData("all_tenants=1&status=DELETED", "gone")]
    [InlineData("all_tenants=1&vm_state=stopped", "web-2")]
    public async Task Filters_for_administrators(string query, string names)
    {
        await using var compute = await StartWithServersAsync();

        Assert.Equal(names, string.Join(' ', ServerEndpointsTests.Names(await compute.GetAsync(Persona.Admin, "/v2.1/servers/detail?" + query))));
    }

    [Theory]
    [InlineData("all_tenants=1", 1, 403, "Policy doesn't allow os_compute_api:servers:index:get_all_tenants to be performed.")]
    [InlineData("status=DELETED", 1, 403, "Only administrators may list deleted instances")]
    [InlineData("all_tenants=maybe", 1, 400, "Unrecognized value 'maybe', acceptable values are: '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'")]
    [InlineData("status=nonsense", 38, 400, "Invalid status value")]
    [InlineData("name=[", 1, 400, "Invalid input for query parameters name. Value: [. '[' is not a 'regex'")]
    [InlineData("marker=none", 1, 400, "marker [none] not found")]
    [InlineData("limit=x", 1, 400, "Invalid input for query parameters limit. Value: x. 'x' does not match '^[0-9]*$'")]
    [InlineData("limit=-1", 1, 400, "Invalid input for query parameters limit. Value: -1. -1 is less than the minimum of 0")]
    [InlineData("changes-since=yesterday", 1, 400, "Invalid input for query parameters changes-since. Value: yesterday. 'yesterday' is not a 'date-time'")]
    public async Task Refuses(string query, int minor, int status, string message)
    {
        await using var compute = await RunningCompute.StartAsync();

        var answer = await compute.GetAsync(Persona.Alice, "/v2.1/servers?" + query, minor);

        Assert.Equal(status, answer.Status);
        Assert.Equal(message, answer.Fault.Message);
    }

    [Fact]
    public async Task Pages_with_a_link_to_the_next_page()
    {
        await using var compute = await StartWithServersAsync();

        var first = await compute.GetAsync(Persona.Alice, "/v2.1/servers?limit=2&name=.");
        var next = new Uri(first.Body.GetProperty("servers_links")[0].GetProperty("href").GetString()!);
        var second = await compute.GetAsync(Persona.Alice, next.PathAndQuery);

        Assert.Equal(["web-2", "web-1"], ServerEndpointsTests.Names(first));
        Assert.Equal(["db"], ServerEndpointsTests.Names(second));
        Assert.False(second.Body.TryGetProperty("servers_links", out _));
    }

    [Fact]
    public async Task Tells_what_changed_since_a_time_deleted_servers_too()
    {
        await using var compute = await StartWithServersAsync();
        compute.Clock.Advance(TimeSpan.FromSeconds(1));
        var since = compute.Clock.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ");
        var id = await compute.CreateActiveAsync(Persona.Alice, "new");
        await compute.SendAsync(Persona.Alice, "DELETE", $"/v2.1/servers/{id}");
        compute.Settle();

        var changed = await compute.GetAsync(Persona.Alice, $"/v2.1/servers/detail?changes-since={since}");

        Assert.Equal(["new"], ServerEndpointsTests.Names(changed));
        Assert.Equal("DELETED", changed.Body.GetProperty("servers")[0].GetProperty("status").GetString());
    }

    [Fact]
    public async Task Filters_by_tag_and_lock_where_the_microversion_has_them()
    {
        await using var compute = await StartWithServersAsync();
        await compute.SendAsync(
            Persona.Alice,
            "POST",
            "/v2.1/servers",
            $$$"""{"server": {"name": "tagged", "imageRef": "{{{RunningCompute.Cirros}}}", "flavorRef": "1", "networks": "none", "tags": ["red", "big"]} }""",
            52);

        Assert.Equal(["tagged"], ServerEndpointsTests.Names(await compute.GetAsync(Persona.Alice, "/v2.1/servers?tags=red,big", 26)));
        Assert.Equal(["tagged"], ServerEndpointsTests.Names(await compute.GetAsync(Persona.Alice, "/v2.1/servers?tags-any=red,blue", 26)));
        Assert.Equal(["web-2", "web-1", "db"], ServerEndpointsTests.Names(await compute.GetAsync(Persona.Alice, "/v2.1/servers?not-tags-any=red", 26)));
        Assert.Equal(4, ServerEndpointsTests.Names(await compute.GetAsync(Persona.Alice, "/v2.1/servers?tags=red", 25)).Length);
        Assert.Empty(ServerEndpointsTests.Names(await compute.GetAsync(Persona.Alice, "/v2.1/servers?locked=true", 73)));
    }

    /// <summary>db, web-1 and a stopped web-2 are Alice's, bobs is Bob's, gone was Bob's.</summary>
    private static async Task<RunningCompute> StartWithServersAsync()
    {
        var compute = await RunningCompute.StartAsync();
        await compute.CreateActiveAsync(Persona.Alice, "db");
        await compute.CreateActiveAsync(Persona.Alice, "web-1");
        var second = await compute.CreateActiveAsync(Persona.Alice, "web-2");
        await compute.CreateActiveAsync(Persona.Bob, "bobs");
        var gone = await compute.CreateActiveAsync(Persona.Bob, "gone");
        await compute.ActAsync(Persona.Alice, second, """{"os-stop": null}""");
        await compute.SendAsync(Persona.Bob, "DELETE", $"/v2.1/servers/{gone}");
        compute.Step();
        return compute;
    }
}
