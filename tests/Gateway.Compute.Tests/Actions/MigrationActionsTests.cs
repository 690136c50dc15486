namespace Gateway.Compute.Tests.Actions;

public sealed class MigrationActionsTests
{
    private const string Migrate = """{"migrate": null}""";
    private const string Live = """{"os-migrateLive": {"host": null, "block_migration": "auto"}}""";

    [Fact]
    public async Task Migrates_cold_to_the_other_host_and_waits_to_be_confirmed()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        var answer = await compute.ActAsync(Persona.Admin, id, Migrate);

        Assert.Equal((202, ""), (answer.Status, answer.Text));
        foreach (var (state, status, migration) in new[]
        {
            ("active resize_prep 1 host1", "RESIZE", "pre-migrating"),
            ("active resize_prep 1 host1", "RESIZE", "pre-migrating"),
            ("active resize_migrating 1 host1", "RESIZE", "migrating"),
            ("active resize_migrated 4 host2", "RESIZE", "post-migrating"),
            ("active resize_finish 4 host2", "RESIZE", "post-migrating"),
            ("resized - 1 host2", "VERIFY_RESIZE", "finished"),
        })
        {
            Assert.Equal((state, status, migration), (
                await compute.StateAsync(id),
                (await compute.ShowAsync(id)).GetProperty("status").GetString(),
                await compute.MigrationStatusesAsync()));
            compute.Step();
        }

        Assert.Equal(
            "conductor_migrate_server=Success cold_migrate=Success compute_prep_resize=Success compute_resize_instance=Success compute_finish_resize=Success",
            await compute.EventsAsync(id, answer.RequestId));
    }

    [Theory]
    [InlineData("active", "confirmResize", 204, "active - 1 host2", "confirmed")]
    [InlineData("stopped", "confirmResize", 204, "stopped - 4 host2", "confirmed")]
    [InlineData("active", "revertResize", 202, "active - 1 host1", "reverted")]
    [InlineData("stopped", "revertResize", 202, "stopped - 4 host1", "reverted")]
    public async Task Confirms_and_reverts(string before, string key, int status, string after, string migration)
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        if (before == "stopped")
        {
            await compute.ActAsync(Persona.Alice, id, """{"os-stop": null}""");
            compute.Settle();
        }

        await compute.ActAsync(Persona.Admin, id, Migrate);
        compute.Settle();
        var answer = await compute.ActAsync(Persona.Alice, id, $$"""{"{{key}}": null}""");
        var again = await compute.ActAsync(Persona.Alice, id, $$"""{"{{key}}": null}""");
        compute.Settle();

        Assert.Equal((status, ""), (answer.Status, answer.Text));
        Assert.True(again.Status is 400 or 409);
        Assert.Equal(after, await compute.StateAsync(id));
        Assert.Equal(migration, await compute.MigrationStatusesAsync());
    }

    [Theory]
    [InlineData("""{"host": "host1"}""", 55, 202, null)]
    [InlineData("5", 55, 202, null)]
    [InlineData("{}", 56, 202, null)]
    [InlineData("""{"host": null}""", 56, 202, null)]
    [InlineData("""{"host": "host2"}""", 56, 202, null)]
    [InlineData("""{"host": "host1"}""", 56, 400, "Cannot migrate to the host where the server exists.")]
    [InlineData("""{"host": "host3"}""", 56, 400, "Compute host host3 could not be found.")]
    [InlineData("""{"host": "a b"}""", 56, 400, "Invalid input for field/attribute host. Value: a b. 'a b' does not match '^[a-zA-Z0-9-._]*$'")]
    [InlineData("""{"host": ""}""", 56, 400, "Invalid input for field/attribute host. Value: . '' is too short")]
    [InlineData("""{"hosts": "host2"}""", 56, 400, "Invalid input for field/attribute migrate. Value: {'hosts': 'host2'}. Additional properties are not allowed ('hosts' was unexpected)")]
    [InlineData("5", 56, 400, "Invalid input for field/attribute migrate. Value: 5. 5 is not of type 'object'")]
    public async Task Looks_at_the_host_from_2_56_on(string value, int minor, int status, string? message)
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        var answer = await compute.ActAsync(Persona.Admin, id, $$"""{"migrate": {{value}}}""", minor);

        Assert.Equal(status, answer.Status);
        if (message is not null)
            Assert.Equal(("badRequest", message), answer.Fault);
    }

    [Fact]
    public async Task Leaves_the_server_as_it_was_when_no_host_takes_it()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        await compute.ForceDownAsync("host2", down: true);

        var answer = await compute.ActAsync(Persona.Admin, id, Migrate);
        compute.Settle();

        Assert.Equal(202, answer.Status);
        Assert.Equal("active - 1 host1", await compute.StateAsync(id));
        Assert.Equal("error", await compute.MigrationStatusesAsync());
        Assert.Equal("create migrate!", await compute.ActionsAsync(id));
        Assert.Equal("conductor_migrate_server=Error cold_migrate=Error", await compute.EventsAsync(id, answer.RequestId));
    }

    [Fact]
    public async Task Does_not_start_a_cold_migration_from_a_host_that_is_down()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        await compute.ForceDownAsync("host1", down: true);

        var answer = await compute.ActAsync(Persona.Admin, id, Migrate);

        Assert.Equal(409, answer.Status);
        Assert.Equal(("conflictingRequest", "Service is unavailable at this time."), answer.Fault);
    }

    [Fact]
    public async Task Migrates_live_and_shows_how_far_it_is()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        var answer = await compute.ActAsync(Persona.Admin, id, Live, 34);

        Assert.Equal((202, ""), (answer.Status, answer.Text));
        foreach (var (state, migration, inProgress) in new[]
        {
            ("active migrating 1 host1", "accepted", 0), ("active migrating 1 host1", "queued", 1), ("active migrating 1 host1", "preparing", 1),
            ("active migrating 1 host1", "running", 1), ("active migrating 1 host1", "post-migrating", 1), ("active - 1 host2", "completed", 0),
        })
        {
            var running = (await compute.GetAsync(Persona.Admin, $"/v2.1/servers/{id}/migrations", 23)).Body.GetProperty("migrations");
            Assert.Equal((state, migration, inProgress), (await compute.StateAsync(id), await compute.MigrationStatusesAsync(), running.GetArrayLength()));
            Assert.Equal(migration == "completed" ? "ACTIVE" : "MIGRATING", (await compute.ShowAsync(id)).GetProperty("status").GetString());
            if (migration == "running")
                Assert.Equal(256L << 20, running[0].GetProperty("memory_remaining_bytes").GetInt64());
            compute.Step();
        }

        Assert.Equal(
            "conductor_live_migrate_instance=Success compute_check_can_live_migrate_destination=Success compute_check_can_live_migrate_source=Success "
            + "compute_live_migration=Success compute_pre_live_migration=Success compute_post_live_migration_at_destination=Success",
            await compute.EventsAsync(id, answer.RequestId));
        Assert.Equal("create live-migration", await compute.ActionsAsync(id));
    }

    [Fact]
    public async Task Migrates_a_paused_server_live_and_leaves_it_paused()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        await compute.ActAsync(Persona.Alice, id, """{"pause": null}""");
        compute.Settle();

        Assert.Equal(202, (await compute.ActAsync(Persona.Admin, id, """{"os-migrateLive": {"host": null, "block_migration": false, "disk_over_commit": false}}""")).Status);
        Assert.Equal("MIGRATING", (await compute.ShowAsync(id)).GetProperty("status").GetString());
        compute.Settle();

        Assert.Equal("paused - 3 host2", await compute.StateAsync(id));
    }

    public static TheoryData<int, string, int> Bodies => new()
    {
        { 1, """{"host": null, "block_migration": false, "disk_over_commit": false}""", 202 },
        { 1, """{"host": "host2", "block_migration": "Yes", "disk_over_commit": "0"}""", 202 },
        { 1, """{"host": null, "block_migration": 0, "disk_over_commit": false}""", 400 },
        { 1, """{"host": null, "block_migration": null, "disk_over_commit": false}""", 400 },
        { 1, """{"host": null, "block_migration": "auto", "disk_over_commit": false}""", 400 },
        { 1, """{"host": null, "block_migration": false}""", 400 },
        { 24, """{"block_migration": false, "disk_over_commit": false}""", 400 },
        { 24, """{"host": "", "block_migration": false, "disk_over_commit": false}""", 400 },
        { 25, """{"host": null, "block_migration": "auto"}""", 202 },
        { 25, """{"host": null, "block_migration": "auto", "disk_over_commit": false}""", 400 },
        { 29, """{"host": null, "block_migration": "auto", "force": false}""", 400 },
        { 30, """{"host": "host2", "block_migration": "auto", "force": true}""", 202 },
        { 30, """{"host": null, "block_migration": "auto", "force": true}""", 400 },
        { 30, """{"host": null, "block_migration": "auto", "force": "False"}""", 202 },
        { 67, """{"host": "host2", "block_migration": true, "force": true}""", 202 },
        { 68, """{"host": "host2", "block_migration": true, "force": true}""", 400 },
        { 68, """{"host": "host2", "block_migration": true}""", 202 },
        { 96, """{"host": "host2"}""", 400 },
        { 96, "null", 400 },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Takes_the_members_of_the_microversion(int minor, string value, int status)
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        Assert.Equal(status, (await compute.ActAsync(Persona.Admin, id, $$"""{"os-migrateLive": {{value}}}""", minor)).Status);
    }

    [Theory]
    [InlineData("host1", 1, "Unable to migrate instance (ID) to current host (host1).")]
    [InlineData("host1", 33, "No valid host was found. There are not enough hosts available.")]
    [InlineData("nope", 1, "Compute host nope could not be found.")]
    [InlineData("nope", 34, "Compute host nope could not be found.")]
    public async Task Refuses_a_host_at_once_where_Nova_does(string host, int minor, string message)
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        var answer = await compute.ActAsync(Persona.Admin, id, LiveTo(host, minor), minor);

        Assert.Equal(400, answer.Status);
        Assert.Equal(("badRequest", message.Replace("ID", id, StringComparison.Ordinal)), answer.Fault);
        Assert.Equal("active - 1 host1", await compute.StateAsync(id));
    }

    [Fact]
    public async Task Records_checks_that_failed_before_the_answer()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        await compute.ForceDownAsync("host2", down: true);

        var answer = await compute.ActAsync(Persona.Admin, id, LiveTo("host2", 1));

        Assert.Equal(400, answer.Status);
        Assert.Equal("Compute service of host2 is unavailable at this time.", answer.Fault.Message);
        Assert.Equal("create live-migration!", await compute.ActionsAsync(id));
        Assert.Equal("conductor_migrate_server=Error", await compute.EventsAsync(id, answer.RequestId));
        Assert.Equal("error", await compute.MigrationStatusesAsync());
    }

    [Fact]
    public async Task Records_checks_that_fail_after_the_answer_from_2_34_on()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        var answer = await compute.ActAsync(Persona.Admin, id, LiveTo("host1", 34), 34);
        Assert.Equal((202, "active migrating 1 host1"), (answer.Status, await compute.StateAsync(id)));
        compute.Step();

        Assert.Equal("active - 1 host1", await compute.StateAsync(id));
        Assert.Equal("create live-migration!", await compute.ActionsAsync(id));
        Assert.Equal("conductor_live_migrate_instance=Error", await compute.EventsAsync(id, answer.RequestId));
        Assert.Equal("error", await compute.MigrationStatusesAsync());
        Assert.False((await compute.ShowAsync(id)).TryGetProperty("fault", out _));

        // The fault is kept, and seen once the status is ERROR for another reason.
        await compute.ActAsync(Persona.Admin, id, """{"os-resetState": {"state": "error"}}""");
        Assert.Equal(
            "No valid host was found. There are not enough hosts available.",
            (await compute.ShowAsync(id)).GetProperty("fault").GetProperty("message").GetString());
    }

    [Fact]
    public async Task Fails_when_the_destination_goes_down_on_the_way()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        await compute.ActAsync(Persona.Admin, id, Live, 34);
        compute.Step();
        await compute.ForceDownAsync("host2", down: true);
        compute.Settle();

        Assert.Equal(("active - 1 host1", "error"), (await compute.StateAsync(id), await compute.MigrationStatusesAsync()));
    }

    private static string LiveTo(string host, int minor) =>
        $$"""{"os-migrateLive": {"host": "{{host}}", "block_migration": false{{(minor < 25 ? ", \"disk_over_commit\": false" : "")}}} }""";
}
