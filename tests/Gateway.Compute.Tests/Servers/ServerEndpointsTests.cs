namespace Gateway.Compute.Tests.Servers;

public sealed class ServerEndpointsTests
{
    [Fact]
    public async Task Says_of_another_projects_server_what_it_says_of_none()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        const string Unknown = "00000000-0000-0000-0000-000000000000";

        foreach (var (method, path, body) in new (string, string, string?)[]
        {
            ("GET", "", null), ("PUT", "", """{"server": {"name": "x"}}"""), ("DELETE", "", null), ("POST", "/action", """{"os-stop": null}"""),
            ("GET", "/metadata", null), ("PUT", "/metadata", """{"metadata": {}}"""), ("GET", "/os-instance-actions", null),
            ("GET", "/os-volume_attachments", null), ("GET", "/os-interface", null), ("GET", "/os-security-groups", null), ("GET", "/ips", null),
        })
        {
            var others = await compute.SendAsync(Persona.Bob, method, $"/v2.1/servers/{id}{path}", body);
            var none = await compute.SendAsync(Persona.Bob, method, $"/v2.1/servers/{Unknown}{path}", body);

            Assert.Equal(404, others.Status);
            Assert.Equal(("itemNotFound", $"Instance {id} could not be found."), others.Fault);
            Assert.Equal(none.Text.Replace(Unknown, id, StringComparison.Ordinal), others.Text);
        }
    }

    [Fact]
    public async Task Finds_servers_by_their_exact_id_only()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice, "web");

        foreach (var spelling in new[] { "web", id.ToUpperInvariant(), id.Replace("-", "", StringComparison.Ordinal), id + "%20" })
            Assert.Equal(404, (await compute.GetAsync(Persona.Alice, $"/v2.1/servers/{spelling}")).Status);
    }

    [Fact]
    public async Task Shows_administrators_every_server_and_without_a_project_nothing_is_ones_own()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        Assert.Equal(200, (await compute.GetAsync(Persona.Admin, $"/v2.1/servers/{id}")).Status);
        Assert.Equal(404, (await compute.GetAsync(Persona.Alice with { ProjectId = null }, $"/v2.1/servers/{id}")).Status);
        Assert.Empty(Names(await compute.GetAsync(Persona.Alice with { ProjectId = null }, "/v2.1/servers")));
    }

    [Fact]
    public async Task Shows_the_members_of_the_microversion()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        const string Basic =
            "id name status tenant_id user_id metadata hostId image flavor created updated addresses accessIPv4 accessIPv6 links OS-DCF:diskConfig "
            + "progress OS-EXT-AZ:availability_zone config_drive key_name OS-SRV-USG:launched_at OS-SRV-USG:terminated_at OS-EXT-STS:task_state "
            + "OS-EXT-STS:vm_state OS-EXT-STS:power_state os-extended-volumes:volumes_attached";

        Assert.Equal(Basic, await MembersAsync(Persona.Alice, 1));
        Assert.Equal(Basic + " locked description tags", await MembersAsync(Persona.Alice, 40));
        Assert.Equal(
            Basic + " locked locked_reason description tags trusted_image_certificates OS-EXT-SRV-ATTR:hostname pinned_availability_zone server_groups",
            await MembersAsync(Persona.Alice, 96));
        Assert.Contains(" OS-EXT-SRV-ATTR:host OS-EXT-SRV-ATTR:instance_name OS-EXT-SRV-ATTR:hypervisor_hostname OS-EXT-STS:", await MembersAsync(Persona.Admin, 1), StringComparison.Ordinal);
        Assert.Contains(" host_status ", await MembersAsync(Persona.Admin, 16), StringComparison.Ordinal);

        var old = (await compute.GetAsync(Persona.Alice, $"/v2.1/servers/{id}", 46)).Body.GetProperty("server").GetProperty("flavor");
        var embedded = (await compute.GetAsync(Persona.Alice, $"/v2.1/servers/{id}", 47)).Body.GetProperty("server").GetProperty("flavor");
        Assert.Equal("1", old.GetProperty("id").GetString());
        Assert.Equal("""{"vcpus":1,"ram":512,"disk":1,"ephemeral":0,"swap":0,"original_name":"m1.tiny","extra_specs":{}}""", embedded.GetRawText());

        async Task<string> MembersAsync(Persona who, int minor) => string.Join(
            ' ',
            (await compute.GetAsync(who, $"/v2.1/servers/{id}", minor)).Body.GetProperty("server").EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task Deletes_a_server_and_still_tells_its_story()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        Assert.Equal(204, (await compute.SendAsync(Persona.Alice, "DELETE", $"/v2.1/servers/{id}")).Status);
        Assert.Equal(204, (await compute.SendAsync(Persona.Alice, "DELETE", $"/v2.1/servers/{id}")).Status);
        Assert.Equal("active deleting 1 host1", await compute.StateAsync(id));
        compute.Step();

        Assert.Equal(404, (await compute.GetAsync(Persona.Alice, $"/v2.1/servers/{id}")).Status);
        Assert.Equal(404, (await compute.GetAsync(Persona.Alice, $"/v2.1/servers/{id}/os-instance-actions", 20)).Status);
        Assert.Equal("create delete", await compute.ActionsAsync(id));
        Assert.Equal("DELETED", (await compute.GetAsync(Persona.Admin, "/v2.1/servers/detail?all_tenants=1&deleted=1")).Body.GetProperty("servers")[0].GetProperty("status").GetString());
    }

    [Fact]
    public async Task Ends_other_work_when_a_server_is_deleted()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        await compute.ActAsync(Persona.Alice, id, """{"createBackup": {"name": "b", "backup_type": "daily", "rotation": 1}}""");
        var building = await compute.CreateAsync(Persona.Alice, "building");

        await compute.SendAsync(Persona.Alice, "DELETE", $"/v2.1/servers/{id}");
        await compute.SendAsync(Persona.Alice, "DELETE", $"/v2.1/servers/{building}");
        Assert.Equal("building deleting 0 -", await compute.StateAsync(building));
        compute.Settle();

        Assert.Equal("create createBackup! delete", await compute.ActionsAsync(id));
        Assert.Equal("create! delete", await compute.ActionsAsync(building));
        Assert.Equal(3, (await compute.GetAsync(Persona.Admin, "/v2.1/images")).Body.GetProperty("images").GetArrayLength());
        Assert.Empty(Names(await compute.GetAsync(Persona.Alice, "/v2.1/servers")));
    }

    [Fact]
    public async Task Renames_a_server()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        var answer = await compute.SendAsync(Persona.Alice, "PUT", $"/v2.1/servers/{id}", """{"server": {"name": "new"}}""");

        Assert.Equal(200, answer.Status);
        Assert.Equal("new", answer.Body.GetProperty("server").GetProperty("name").GetString());
        Assert.Equal(400, (await compute.SendAsync(Persona.Alice, "PUT", $"/v2.1/servers/{id}", """{"server": {"description": "d"}}""", 18)).Status);
        Assert.Equal(200, (await compute.SendAsync(Persona.Alice, "PUT", $"/v2.1/servers/{id}", """{"server": {"description": null}}""", 19)).Status);
    }

    internal static string?[] Names(Answer answer) =>
        [.. answer.Body.GetProperty("servers").EnumerateArray().Select(server => server.GetProperty("name").GetString())];
}
