using System.Text.Json;

namespace Gateway.Compute.Tests.Actions;

public sealed class BackupActionTests
{
    [Fact]
    public async Task Answers_with_the_images_address_below_2_45()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        var request = compute.Signed(Persona.Alice, "POST", $"/v2.1/{Persona.Alice.ProjectId}/servers/{id}/action", Body("b", "daily", "2"));
        request.Headers.Host = "cloud.example";

        var answer = await compute.SendAsync(request);

        Assert.Equal(202, answer.Status);
        Assert.Equal("", answer.Text);
        Assert.Equal("text/html; charset=UTF-8", answer.Header("Content-Type"));
        Assert.Matches("^http://cloud.example/v2.1/images/[0-9a-f-]{36}$", answer.Header("Location")!);
        compute.Settle();
        var image = await compute.GetAsync(Persona.Alice, new Uri(answer.Header("Location")!).PathAndQuery);
        Assert.Equal("ACTIVE", image.Body.GetProperty("image").GetProperty("status").GetString());
    }

    [Theory]
    [InlineData(44, "0", false)]
    [InlineData(44, "1", true)]
    [InlineData(45, "0", false)]
    [InlineData(45, "1", false)]
    public async Task Gives_a_location_below_2_45_unless_nothing_is_kept(int minor, string rotation, bool location)
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        var answer = await compute.ActAsync(Persona.Alice, id, Body("b", "daily", rotation), minor);

        Assert.Equal(202, answer.Status);
        Assert.Equal(location, answer.Header("Location") is not null);
        Assert.Equal(minor >= 45, answer.Text.Length > 0 && answer.Body.TryGetProperty("image_id", out _));
    }

    [Fact]
    public async Task Makes_the_image_before_the_answer_and_uploads_it_step_by_step()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        var answer = await compute.ActAsync(Persona.Alice, id, Body("b", "daily", "2"), 45);
        var image = answer.Body.GetProperty("image_id").GetString()!;

        Assert.Equal(("active image_backup 1 host1", "queued"), (await compute.StateAsync(id), Image(compute, image)!.Status));
        compute.Step();
        Assert.Equal(("active image_pending_upload 1 host1", "queued"), (await compute.StateAsync(id), Image(compute, image)!.Status));
        compute.Step();
        Assert.Equal(("active image_uploading 1 host1", "saving"), (await compute.StateAsync(id), Image(compute, image)!.Status));
        Assert.Equal("ACTIVE", (await compute.ShowAsync(id)).GetProperty("status").GetString());
        compute.Step();
        Assert.Equal(("active - 1 host1", "active"), (await compute.StateAsync(id), Image(compute, image)!.Status));
        Assert.Equal("compute_backup_instance=Success", await compute.EventsAsync(id, answer.RequestId));

        var stored = Image(compute, image)!;
        Assert.Equal(("b", "private", Persona.Alice.ProjectId), (stored.Name, stored.Visibility, stored.Owner));
        Assert.Equal(
            $$"""{"backup_type":"daily","base_image_ref":"{{RunningCompute.Cirros}}","boot_roles":"member,reader","image_type":"backup","instance_uuid":"{{id}}","user_id":"alice-id"}""",
            JsonSerializer.Serialize(stored.Properties));
    }

    [Fact]
    public async Task Keeps_as_many_of_each_type_and_server_as_the_rotation_says()
    {
        await using var compute = await RunningCompute.StartAsync();
        var first = await compute.CreateActiveAsync(Persona.Alice);
        var second = await compute.CreateActiveAsync(Persona.Alice);

        await BackUpAsync(first, "d1", "daily", "2");
        await BackUpAsync(first, "w1", "weekly", "1");
        await BackUpAsync(second, "other", "daily", "1");
        await BackUpAsync(first, "d2", "daily", "2");
        Assert.Equal(["d2", "other", "w1", "d1"], await NamesAsync());

        await BackUpAsync(first, "d3", "daily", "2");
        Assert.Equal(["d3", "d2", "other", "w1"], await NamesAsync());

        await BackUpAsync(first, "d4", "daily", "1");
        Assert.Equal(["d4", "other", "w1"], await NamesAsync());

        await BackUpAsync(first, "d5", "daily", "0");
        Assert.Equal(["other", "w1"], await NamesAsync());

        async Task BackUpAsync(string server, string name, string type, string rotation)
        {
            Assert.Equal(202, (await compute.ActAsync(Persona.Alice, server, Body(name, type, rotation))).Status);
            compute.Settle();
        }

        async Task<string?[]> NamesAsync() =>
            [.. (await compute.GetAsync(Persona.Alice, "/v2.1/images")).Body.GetProperty("images").EnumerateArray()
                .Select(image => image.GetProperty("name").GetString())
                .Where(name => name is not ("cirros" or "debian-13" or "ubuntu-24.04"))];
    }

    [Fact]
    public async Task Does_not_let_metadata_pose_as_what_rotation_goes_by()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        var metadata = """, "metadata": {"image_type": "snapshot", "instance_uuid": "another", "user_id": "x", "colour": "blue"}""";

        var answer = await compute.ActAsync(Persona.Alice, id, Body("b", "daily", "2", metadata), 45);

        var properties = Image(compute, answer.Body.GetProperty("image_id").GetString()!)!.Properties;
        Assert.Equal(("backup", id, "alice-id", "blue"), (properties["image_type"], properties["instance_uuid"], properties["user_id"], properties["colour"]));
    }

    [Fact]
    public async Task Shares_the_image_when_an_administrator_backs_up_another_projects_server()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        var answer = await compute.ActAsync(Persona.Admin, id, Body("b", "daily", "2"), 45);

        var image = Image(compute, answer.Body.GetProperty("image_id").GetString()!)!;
        Assert.Equal(("shared", Persona.Admin.ProjectId, Persona.Alice.ProjectId), (image.Visibility, image.Owner, image.Properties["instance_owner"]));
    }

    [Theory]
    [InlineData("2", 202)]
    [InlineData("\"2\"", 202)]
    [InlineData("\"007\"", 202)]
    [InlineData("10000000000000000000000", 202)]
    [InlineData("\"\"", 400)]
    [InlineData("-1", 400)]
    [InlineData("\"-1\"", 400)]
    [InlineData("1.5", 400)]
    [InlineData("1.0", 400)]
    [InlineData("true", 400)]
    [InlineData("null", 400)]
    [InlineData("\"two\"", 400)]
    public async Task Takes_whole_numbers_as_rotation(string rotation, int status)
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        var answer = await compute.ActAsync(Persona.Alice, id, Body("b", "daily", rotation));

        Assert.Equal(status, answer.Status);
        if (status == 400)
            Assert.StartsWith("Invalid input for field/attribute rotation. Value: ", answer.Fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"backup_type": "daily", "rotation": 1}""", 400)]
    [InlineData("""{"name": "b", "rotation": 1}""", 400)]
    [InlineData("""{"name": "b", "backup_type": "daily"}""", 400)]
    [InlineData("""{"name": "b", "backup_type": "daily", "rotation": 1, "x": 1}""", 400)]
    [InlineData("""{"name": "b", "backup_type": "", "rotation": 1}""", 202)]
    [InlineData("""{"name": "b", "backup_type": 5, "rotation": 1}""", 400)]
    [InlineData("""{"name": "b ", "backup_type": "daily", "rotation": 1}""", 400)]
    [InlineData("""{"name": "b", "backup_type": "daily", "rotation": 1, "metadata": null}""", 400)]
    [InlineData("""{"name": "b", "backup_type": "daily", "rotation": 1, "metadata": {"a/b": "c"}}""", 400)]
    [InlineData("null", 400)]
    public async Task Checks_the_members(string value, int status)
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        Assert.Equal(status, (await compute.ActAsync(Persona.Alice, id, $$"""{"createBackup": {{value}}}""")).Status);
    }

    [Theory]
    [InlineData(38, 403)]
    [InlineData(39, 202)]
    public async Task Bounds_the_metadata_below_2_39(int minor, int status)
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        var many = string.Join(", ", Enumerable.Range(0, 129).Select(i => $"\"k{i}\": \"\""));

        var answer = await compute.ActAsync(Persona.Alice, id, Body("b", "daily", "1", $$$""", "metadata": { {{{many}}} }"""), minor);

        Assert.Equal(status, answer.Status);
        if (status == 403)
            Assert.Equal("Image metadata limit exceeded", answer.Fault.Message);
    }

    [Fact]
    public async Task Drops_the_image_when_the_state_was_reset_meanwhile()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        var answer = await compute.ActAsync(Persona.Alice, id, Body("b", "daily", "1"), 45);
        compute.Step();
        await compute.ActAsync(Persona.Admin, id, """{"os-resetState": {"state": "active"}}""");
        compute.Step();

        Assert.Null(Image(compute, answer.Body.GetProperty("image_id").GetString()!));
        Assert.Equal("create createBackup! resetState", await compute.ActionsAsync(id));
        Assert.Equal("compute_backup_instance=Error", await compute.EventsAsync(id, answer.RequestId));
    }

    private static Compute.Images.Image? Image(RunningCompute compute, string id) => Stored.Read(compute, session => session.Images.Find(id));

    private static string Body(string name, string type, string rotation, string more = "") =>
        $$$"""{"createBackup": {"name": "{{{name}}}", "backup_type": "{{{type}}}", "rotation": {{{rotation}}}{{{more}}} } }""";
}
