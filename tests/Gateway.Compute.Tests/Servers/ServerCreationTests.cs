namespace Gateway.Compute.Tests.Servers;

public sealed class ServerCreationTests
{
    [Fact]
    public async Task Answers_with_id_links_and_password_and_builds_the_server()
    {
        await using var compute = await RunningCompute.StartAsync();

        var answer = await compute.SendAsync(Persona.Alice, "POST", "/v2.1/servers", Body());

        Assert.Equal(202, answer.Status);
        var server = answer.Body.GetProperty("server");
        var id = server.GetProperty("id").GetString()!;
        Assert.Equal(12, server.GetProperty("adminPass").GetString()!.Length);
        Assert.Equal("default", server.GetProperty("security_groups")[0].GetProperty("name").GetString());
        Assert.Equal($"{compute.ComputeUrl}v2.1/servers/{id}", server.GetProperty("links")[0].GetProperty("href").GetString());
        Assert.Equal($"{compute.ComputeUrl}servers/{id}", server.GetProperty("links")[1].GetProperty("href").GetString());
        Assert.Equal($"{compute.ComputeUrl}v2.1/servers/{id}", answer.Header("Location"));

        Assert.Equal("building scheduling 0 -", await compute.StateAsync(id));
        compute.Step();
        Assert.Equal("building spawning 0 host1", await compute.StateAsync(id));
        compute.Step();
        Assert.Equal("active - 1 host1", await compute.StateAsync(id));
        Assert.Equal("create", await compute.ActionsAsync(id));
        Assert.Equal("compute__do_build_and_run_instance=Success", await compute.EventsAsync(id, answer.RequestId));
    }

    [Fact]
    public async Task Spreads_servers_over_the_hosts()
    {
        await using var compute = await RunningCompute.StartAsync();

        var first = await compute.CreateActiveAsync(Persona.Alice);
        var second = await compute.CreateActiveAsync(Persona.Alice);

        Assert.Equal("active - 1 host1", await compute.StateAsync(first));
        Assert.Equal("active - 1 host2", await compute.StateAsync(second));
    }

    [Fact]
    public async Task Puts_the_server_into_error_when_no_host_takes_it()
    {
        await using var compute = await RunningCompute.StartAsync();
        await compute.ForceDownAsync("host1", down: true);
        await compute.ForceDownAsync("host2", down: true);

        var id = await compute.CreateAsync(Persona.Alice);
        compute.Settle();

        var server = (await compute.GetAsync(Persona.Alice, $"/v2.1/servers/{id}")).Body.GetProperty("server");
        Assert.Equal("ERROR", server.GetProperty("status").GetString());
        Assert.Equal(500, server.GetProperty("fault").GetProperty("code").GetInt32());
        Assert.Equal("No valid host was found. There are not enough hosts available.", server.GetProperty("fault").GetProperty("message").GetString());
        Assert.False(server.GetProperty("fault").TryGetProperty("details", out _));
        Assert.Equal("create!", await compute.ActionsAsync(id));
    }

    [Theory]
    [InlineData(36, "", 202, null)]
    [InlineData(37, "", 400, "'networks' is a required property")]
    [InlineData(37, ", \"networks\": \"none\"", 202, null)]
    [InlineData(37, ", \"networks\": \"auto\"", 202, null)]
    [InlineData(36, ", \"networks\": \"none\"", 400, "'none' is not of type 'array'")]
    [InlineData(36, ", \"networks\": []", 202, null)]
    [InlineData(96, ", \"networks\": \"some\"", 400, "'some' is not one of ['none', 'auto']")]
    [InlineData(36, ", \"networks\": [{\"uuid\": \"x\"}]", 400, "this service offers no networks")]
    [InlineData(18, ", \"description\": \"d\"", 400, "Additional properties are not allowed ('description' was unexpected)")]
    [InlineData(19, ", \"description\": \"d\"", 202, null)]
    [InlineData(1, ", \"tags\": []", 400, "('tags' was unexpected)")]
    [InlineData(52, ", \"networks\": \"none\", \"tags\": [\"a\", \"b\"]", 202, null)]
    [InlineData(52, ", \"networks\": \"none\", \"tags\": [\"a,b\"]", 400, "'a,b' does not match '^[^,/]*$'")]
    [InlineData(1, ", \"metadata\": {\"k\": 5}", 400, "Invalid input for field/attribute k. Value: 5. 5 is not of type 'string'")]
    [InlineData(1, ", \"key_name\": \"k\"", 400, "Invalid key_name provided.")]
    [InlineData(1, ", \"key_name\": null", 202, null)]
    [InlineData(1, ", \"min_count\": 0", 400, "0 is less than the minimum of 1")]
    [InlineData(1, ", \"min_count\": 2, \"max_count\": 1", 400, "min_count must be <= max_count")]
    [InlineData(1, ", \"availability_zone\": \"nova\"", 202, null)]
    [InlineData(1, ", \"availability_zone\": \"mars\"", 400, "The requested availability zone is not available")]
    [InlineData(1, ", \"availability_zone\": \"nova:host1\"", 403, "Policy doesn't allow os_compute_api:servers:create:forced_host to be performed.")]
    [InlineData(1, ", \"block_device_mapping_v2\": [{\"source_type\": \"volume\", \"uuid\": \"x\"}]", 400, "this service offers no volumes")]
    [InlineData(1, ", \"user_data\": \"no base 64!\"", 400, "is not a 'base64'")]
    [InlineData(1, ", \"user_data\": \"aGk=\"", 202, null)]
    [InlineData(1, ", \"OS-DCF:diskConfig\": \"SOME\"", 400, "'SOME' is not one of ['AUTO', 'MANUAL']")]
    [InlineData(1, ", \"config_drive\": true", 202, null)]
    public async Task Takes_and_refuses_members_as_Nova(int minor, string member, int status, string? message)
    {
        await using var compute = await RunningCompute.StartAsync();

        var answer = await compute.SendAsync(Persona.Alice, "POST", "/v2.1/servers", Body(more: member), minor);

        Assert.Equal(status, answer.Status);
        if (message is not null)
            Assert.Contains(message, answer.Fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "1", "Invalid input for field/attribute name. Value: . '' is too short")]
    [InlineData(" srv", "1", "An invalid 'name' value was provided. The name must be: printable characters. Can not start or end with whitespace.")]
    [InlineData("srv\\u0007", "1", "An invalid 'name' value was provided. The name must be: printable characters. Can not start or end with whitespace.")]
    [InlineData("\\ud83d\\ude00", "1", "An invalid 'name' value was provided. The name must be: printable characters. Can not start or end with whitespace.")]
    [InlineData("srv", "99", "Flavor 99 could not be found.")]
    public async Task Refuses_bad_names_and_flavors(string name, string flavor, string message)
    {
        await using var compute = await RunningCompute.StartAsync();

        var answer = await compute.SendAsync(Persona.Alice, "POST", "/v2.1/servers", Body(name, flavor: flavor));

        Assert.Equal(400, answer.Status);
        Assert.Equal(("badRequest", message), answer.Fault);
    }

    [Theory]
    [InlineData("cirros", "Invalid imageRef provided.")]
    [InlineData("7c9f2a1e-5b0d-4c55-9d8e-0a1b2c3d4eff", "Can not find requested image")]
    [InlineData("7c9f2a1e-5b0d-4c55-9d8e-0a1b2c3d4e02", "Flavor's disk is too small for requested image.")]
    public async Task Refuses_images_it_cannot_boot(string image, string message)
    {
        await using var compute = await RunningCompute.StartAsync();

        var answer = await compute.SendAsync(Persona.Alice, "POST", "/v2.1/servers", Body(image: image));

        Assert.Equal(400, answer.Status);
        Assert.Equal(message, answer.Fault.Message);
    }

    [Fact]
    public async Task Refuses_another_projects_private_image_as_if_it_were_not_there()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        var backup = await compute.ActAsync(Persona.Alice, id, """{"createBackup": {"name": "b", "backup_type": "daily", "rotation": 1}}""", 45);
        compute.Settle();
        var image = backup.Body.GetProperty("image_id").GetString()!;

        Assert.Equal("Can not find requested image", (await compute.SendAsync(Persona.Bob, "POST", "/v2.1/servers", Body(image: image))).Fault.Message);
        Assert.Equal(202, (await compute.SendAsync(Persona.Alice, "POST", "/v2.1/servers", Body(image: image))).Status);
    }

    [Fact]
    public async Task Makes_several_servers_at_once()
    {
        await using var compute = await RunningCompute.StartAsync();

        var answer = await compute.SendAsync(
            Persona.Alice, "POST", "/v2.1/servers", Body("web", more: """, "min_count": 3, "return_reservation_id": true"""));
        compute.Settle();

        var reservation = answer.Body.GetProperty("reservation_id").GetString();
        var list = await compute.GetAsync(Persona.Alice, $"/v2.1/servers?reservation_id={reservation}&sort_key=display_name&sort_dir=asc");
        Assert.Equal(["web-1", "web-2", "web-3"], list.Body.GetProperty("servers").EnumerateArray().Select(server => server.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Lets_administrators_choose_the_host()
    {
        await using var compute = await RunningCompute.StartAsync();

        var zone = await compute.SendAsync(Persona.Admin, "POST", "/v2.1/servers", Body(more: """, "availability_zone": "nova:host2" """));
        var host = await compute.SendAsync(Persona.Admin, "POST", "/v2.1/servers", Body(more: """, "networks": "none", "host": "host2" """), 74);
        compute.Settle();

        foreach (var answer in new[] { zone, host })
            Assert.Equal("active - 1 host2", await compute.StateAsync(answer.Body.GetProperty("server").GetProperty("id").GetString()!));
        Assert.Equal(403, (await compute.SendAsync(Persona.Alice, "POST", "/v2.1/servers", Body(more: """, "networks": "none", "host": "host2" """), 74)).Status);
    }

    [Fact]
    public async Task Drops_unknown_members_and_trims_names_below_v2()
    {
        await using var compute = await RunningCompute.StartAsync();

        var answer = await compute.SendAsync(Persona.Alice, "POST", "/v2/servers", Body(" srv ", more: """, "colour": "blue" """));

        Assert.Equal(202, answer.Status);
        var list = await compute.GetAsync(Persona.Alice, "/v2.1/servers");
        Assert.Equal("srv", list.Body.GetProperty("servers")[0].GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"server": null}""")]
    public async Task Refuses_a_body_without_a_server(string body)
    {
        await using var compute = await RunningCompute.StartAsync();
        Assert.Equal(400, (await compute.SendAsync(Persona.Alice, "POST", "/v2.1/servers", body)).Status);
    }

    private static string Body(string name = "srv", string image = RunningCompute.Cirros, string flavor = "1", string more = "") =>
        $$$"""{"server": {"name": "{{{name}}}", "imageRef": "{{{image}}}", "flavorRef": "{{{flavor}}}"{{{more}}} } }""";
}
