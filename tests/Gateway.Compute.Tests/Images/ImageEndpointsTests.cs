namespace Gateway.Compute.Tests.Images;

public sealed class ImageEndpointsTests
{
    [Fact]
    public async Task Shows_an_image_with_its_properties_beside_it()
    {
        await using var identity = await FakeIdentity.StartAsync();
        await using var compute = await ImageListenerTests.StartAsync(identity);
        var (server, image) = await BackUpAsync(compute, """, "metadata": {"colour": "blue", "status": "fake", "id": "fake"}""");

        var answer = await compute.ImagesAsync("alice", $"/v2/images/{image}");

        Assert.Equal(
            $$"""{"id":"{{image}}","name":"b","status":"active","visibility":"private","owner":"{{Persona.Alice.ProjectId}}","tags":[],"min_disk":1,"min_ram":0,"protected":false,"os_hidden":false,"size":107374182,"virtual_size":null,"checksum":null,"os_hash_algo":null,"os_hash_value":null,"disk_format":"qcow2","container_format":"bare","created_at":"2026-01-31T12:00:00Z","updated_at":"2026-01-31T12:00:01Z","self":"/v2/images/{{image}}","file":"/v2/images/{{image}}/file","schema":"/v2/schemas/image","backup_type":"daily","base_image_ref":"{{RunningCompute.Cirros}}","boot_roles":"member,reader","colour":"blue","image_type":"backup","instance_uuid":"{{server}}","user_id":"alice-id"}""",
            answer.Text);
    }

    [Theory]
    [InlineData("alice", "", "b cirros debian-13 ubuntu-24.04")]
    [InlineData("bob", "", "cirros debian-13 ubuntu-24.04")]
    [InlineData("admin", "", "b cirros debian-13 ubuntu-24.04")]
    [InlineData("alice", "name=cirros", "cirros")]
    [InlineData("alice", "name=in:cirros,b", "b cirros")]
    [InlineData("alice", "status=active&visibility=private", "b")]
    [InlineData("alice", "visibility=public", "cirros debian-13 ubuntu-24.04")]
    [InlineData("alice", "image_type=backup", "b")]
    [InlineData("alice", "backup_type=weekly", "")]
    [InlineData("alice", "os_hidden=True", "")]
    [InlineData("alice", "size_min=400000000", "ubuntu-24.04")]
    [InlineData("alice", "owner=aaaa0000aaaa0000aaaa0000aaaa0000", "b")]
    [InlineData("alice", "sort=name:asc", "b cirros debian-13 ubuntu-24.04")]
    [InlineData("alice", "sort_key=name&sort_dir=desc", "ubuntu-24.04 debian-13 cirros b")]
    [InlineData("alice", "limit=2", "b cirros")]
    public async Task Lists_what_the_caller_may_see(string who, string query, string names)
    {
        await using var identity = await FakeIdentity.StartAsync();
        await using var compute = await ImageListenerTests.StartAsync(identity);
        await BackUpAsync(compute);

        var answer = await compute.ImagesAsync(who, "/v2/images?" + query);

        Assert.Equal(200, answer.Status);
        Assert.Equal(names, string.Join(' ', answer.Body.GetProperty("images").EnumerateArray().Select(image => image.GetProperty("name").GetString())));
    }

    [Fact]
    public async Task Pages()
    {
        await using var identity = await FakeIdentity.StartAsync();
        await using var compute = await ImageListenerTests.StartAsync(identity);

        var first = await compute.ImagesAsync("alice", "/v2/images?limit=2&visibility=public");
        var second = await compute.ImagesAsync("alice", first.Body.GetProperty("next").GetString()!);

        Assert.Equal("ubuntu-24.04", second.Body.GetProperty("images")[0].GetProperty("name").GetString());
        Assert.False(second.Body.TryGetProperty("next", out _));
    }

    [Theory]
    [InlineData("limit=x", "limit param must be an integer")]
    [InlineData("marker=x", "Invalid marker")]
    [InlineData("visibility=x", "Invalid visibility value: x")]
    [InlineData("os_hidden=x", "Invalid value for os_hidden")]
    public async Task Refuses_queries_it_cannot_read(string query, string message)
    {
        await using var identity = await FakeIdentity.StartAsync();
        await using var compute = await ImageListenerTests.StartAsync(identity);

        var answer = await compute.ImagesAsync("alice", "/v2/images?" + query);

        Assert.Equal((400, message), (answer.Status, answer.Fault.Message));
    }

    [Fact]
    public async Task Hides_another_projects_image_and_deletes_ones_own()
    {
        await using var identity = await FakeIdentity.StartAsync();
        await using var compute = await ImageListenerTests.StartAsync(identity);
        var (_, image) = await BackUpAsync(compute);

        Assert.Equal($"No image found with ID {image}", (await compute.ImagesAsync("bob", $"/v2/images/{image}")).Fault.Message);
        Assert.Equal(404, (await compute.ImagesAsync("bob", $"/v2/images/{image}", "DELETE")).Status);
        Assert.Equal(403, (await compute.ImagesAsync("bob", $"/v2/images/{RunningCompute.Cirros}", "DELETE")).Status);
        Assert.Equal(204, (await compute.ImagesAsync("alice", $"/v2/images/{image}", "DELETE")).Status);
        Assert.Equal(404, (await compute.ImagesAsync("alice", $"/v2/images/{image}")).Status);
        Assert.Equal(404, (await compute.ImagesAsync("alice", "/v2/nothing")).Status);
    }

    [Fact]
    public async Task Describes_images_by_a_schema()
    {
        await using var identity = await FakeIdentity.StartAsync();
        await using var compute = await ImageListenerTests.StartAsync(identity);

        var schema = (await compute.ImagesAsync("alice", "/v2/schemas/image")).Body;
        var shown = (await compute.ImagesAsync("alice", $"/v2/images/{RunningCompute.Cirros}")).Body;

        Assert.Equal(
            shown.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal),
            schema.GetProperty("properties").EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
        Assert.Equal("images", (await compute.ImagesAsync("alice", "/v2/schemas/images")).Body.GetProperty("name").GetString());
    }

    [Fact]
    public async Task Shows_images_through_the_compute_API_below_2_36()
    {
        await using var compute = await RunningCompute.StartAsync();
        var (_, image) = await BackUpAsync(compute);

        Assert.Equal("ACTIVE", (await compute.GetAsync(Persona.Alice, $"/v2.1/images/{image}", 35)).Body.GetProperty("image").GetProperty("status").GetString());
        Assert.Equal(404, (await compute.GetAsync(Persona.Alice, $"/v2.1/images/{image}", 36)).Status);
        Assert.Equal("Image not found.", (await compute.GetAsync(Persona.Bob, $"/v2.1/images/{image}")).Fault.Message);
        Assert.Equal(3, (await compute.GetAsync(Persona.Bob, "/v2.1/images/detail")).Body.GetProperty("images").GetArrayLength());
        Assert.Equal(404, (await compute.GetAsync(Persona.Bob, "/v2.1/images", 36)).Status);
    }

    private static async Task<(string Server, string Image)> BackUpAsync(RunningCompute compute, string more = "")
    {
        var server = await compute.CreateActiveAsync(Persona.Alice);
        var answer = await compute.ActAsync(
            Persona.Alice, server, $$$"""{"createBackup": {"name": "b", "backup_type": "daily", "rotation": 1{{{more}}} } }""", 45);
        compute.Settle();
        return (server, answer.Body.GetProperty("image_id").GetString()!);
    }
}
