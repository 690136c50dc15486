namespace Gateway.Compute.Tests.Migrations;

public sealed class MigrationEndpointsTests
{
    [Fact]
    public async Task Shows_the_members_of_the_microversion()
    {
        await using var compute = await RunningCompute.StartAsync();
        await MigrateAsync(compute);
        const string Old =
            "id source_compute source_node dest_compute dest_node dest_host old_instance_type_id new_instance_type_id instance_uuid status created_at updated_at";

        Assert.Equal(Old, await MembersAsync(1));
        Assert.Equal(Old + " migration_type links", await MembersAsync(23));
        Assert.Equal(Old.Replace("id source", "id uuid source", StringComparison.Ordinal) + " migration_type links user_id project_id", await MembersAsync(80));

        async Task<string> MembersAsync(int minor) => string.Join(
            ' ',
            (await compute.GetAsync(Persona.Admin, "/v2.1/os-migrations?migration_type=live-migration", minor))
                .Body.GetProperty("migrations")[0].EnumerateObject().Select(member => member.Name));
    }

    [Theory]
    [InlineData("", 58, "migration live-migration")]
    [InlineData("", 59, "live-migration migration")]
    [InlineData("limit=1", 59, "live-migration")]
    [InlineData("status=finished", 23, "migration")]
    [InlineData("migration_type=live-migration", 23, "live-migration")]
    [InlineData("host=host2", 23, "migration live-migration")]
    [InlineData("source_compute=host2", 23, "live-migration")]
    [InlineData("project_id=none", 79, "live-migration migration")]
    [InlineData("project_id=none", 80, "")]
    public async Task Filters_and_orders(string query, int minor, string types)
    {
        await using var compute = await RunningCompute.StartAsync();
        await MigrateAsync(compute);

        var answer = await compute.GetAsync(Persona.Admin, "/v2.1/os-migrations?" + query, minor);

        Assert.Equal(types, string.Join(' ', answer.Body.GetProperty("migrations").EnumerateArray()
            .Select(migration => migration.GetProperty("migration_type").GetString())));
    }

    [Fact]
    public async Task Shows_a_project_its_own_without_hosts()
    {
        await using var compute = await RunningCompute.StartAsync();
        await MigrateAsync(compute);

        var own = (await compute.GetAsync(Persona.Alice, "/v2.1/os-migrations")).Body.GetProperty("migrations");

        Assert.Equal(1, own.GetArrayLength());
        Assert.Null(own[0].GetProperty("source_compute").GetString());
        Assert.Null(own[0].GetProperty("dest_compute").GetString());
    }

    [Fact]
    public async Task Shows_a_live_migration_under_way_and_says_why_it_shows_no_other()
    {
        await using var compute = await RunningCompute.StartAsync();
        var (cold, live) = await MigrateAsync(compute);

        Assert.Equal(200, (await compute.GetAsync(Persona.Admin, $"/v2.1/servers/{live}/migrations/2", 23)).Status);
        Assert.Equal(404, (await compute.GetAsync(Persona.Admin, $"/v2.1/servers/{live}/migrations/2", 22)).Status);
        Assert.Equal(
            $"Migration 1 for server {cold} is not live-migration.",
            (await compute.GetAsync(Persona.Admin, $"/v2.1/servers/{cold}/migrations/1", 23)).Fault.Message);
        Assert.Equal(
            $"In-progress live migration 1 is not found for server {live}.",
            (await compute.GetAsync(Persona.Admin, $"/v2.1/servers/{live}/migrations/1", 23)).Fault.Message);
        compute.Settle();
        Assert.Equal(
            $"Live migration 2 for server {live} is not in progress.",
            (await compute.GetAsync(Persona.Admin, $"/v2.1/servers/{live}/migrations/2", 23)).Fault.Message);
    }

    /// <summary>A cold migration that is finished, of Bob's server, and a live one under way, of Alice's.</summary>
    private static async Task<(string Cold, string Live)> MigrateAsync(RunningCompute compute)
    {
        var cold = await compute.CreateActiveAsync(Persona.Bob);
        await compute.ActAsync(Persona.Admin, cold, """{"migrate": null}""");
        compute.Settle();
        await compute.ForceDownAsync("host1", down: true);
        var live = await compute.CreateActiveAsync(Persona.Alice);
        await compute.ForceDownAsync("host1", down: false);
        await compute.ActAsync(Persona.Admin, live, """{"os-migrateLive": {"host": null, "block_migration": "auto"}}""", 34);
        compute.Steps(2);
        return (cold, live);
    }
}
