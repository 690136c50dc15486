using Gateway.Compute.Operations;

namespace Gateway.Compute.Tests.Operations;

public sealed class OperationRunnerTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Finishes_after_a_restart_what_it_had_begun(int stepsBefore)
    {
        var compute = await RunningCompute.StartAsync();
        try
        {
            var cold = await compute.CreateActiveAsync(Persona.Alice);
            var live = await compute.CreateActiveAsync(Persona.Alice);
            var backup = await compute.CreateActiveAsync(Persona.Alice);
            var building = await compute.CreateAsync(Persona.Alice);
            await compute.ActAsync(Persona.Admin, cold, """{"migrate": null}""");
            await compute.ActAsync(Persona.Admin, live, """{"os-migrateLive": {"host": null, "block_migration": "auto"}}""", 34);
            await compute.ActAsync(Persona.Alice, backup, """{"createBackup": {"name": "b", "backup_type": "daily", "rotation": 1}}""");
            compute.Steps(stepsBefore);

            compute = await compute.RestartAsync();
            compute.Settle();

            Assert.Equal("resized - 1 host2", await compute.StateAsync(cold));
            Assert.Equal("active - 1 host1", await compute.StateAsync(live));
            Assert.Equal("active - 1 host1", await compute.StateAsync(backup));
            Assert.StartsWith("active - 1 ", await compute.StateAsync(building), StringComparison.Ordinal);
            Assert.Equal("finished completed", await compute.MigrationStatusesAsync());
            Assert.Equal("create createBackup", await compute.ActionsAsync(backup));
            Assert.Equal("b", (await compute.GetAsync(Persona.Alice, "/v2.1/images")).Body.GetProperty("images")[0].GetProperty("name").GetString());
        }
        finally
        {
            await compute.DisposeAsync();
        }
    }

    [Fact]
    public async Task Loses_nothing_over_a_restart()
    {
        var compute = await RunningCompute.StartAsync();
        try
        {
            var id = await compute.CreateActiveAsync(Persona.Alice, "kept");
            await compute.SendAsync(Persona.Alice, "POST", $"/v2.1/servers/{id}/metadata", """{"metadata": {"k": "v"}}""");
            await compute.ActAsync(Persona.Admin, id, """{"lock": {"locked_reason": "r"}}""", 73);
            await compute.ForceDownAsync("host2", down: true);
            var before = (await compute.ShowAsync(id)).GetRawText().Replace(compute.ComputeUrl.Authority, "", StringComparison.Ordinal);

            compute = await compute.RestartAsync();

            Assert.Equal(before, (await compute.ShowAsync(id)).GetRawText().Replace(compute.ComputeUrl.Authority, "", StringComparison.Ordinal));
            Assert.Equal("create lock", await compute.ActionsAsync(id));
            var services = (await compute.GetAsync(Persona.Admin, "/v2.1/os-services", 11)).Body.GetProperty("services");
            Assert.Equal(["up", "down"], services.EnumerateArray().Select(service => service.GetProperty("state").GetString()));
        }
        finally
        {
            await compute.DisposeAsync();
        }
    }

    [Fact]
    public async Task Fails_work_of_a_kind_it_does_not_know()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        Stored.Write(compute, session =>
        {
            var action = session.Actions.Start(id, "teleport", "req-1", "u", "p");
            session.Servers.Update(session.Servers.Find(id)! with { TaskState = "teleporting" });
            session.Operations.Insert(new Operation { Kind = "teleport", ServerId = id, ActionId = action });
        });

        compute.Step();

        Assert.Equal("active - 1 host1", await compute.StateAsync(id));
        Assert.Equal("create teleport!", await compute.ActionsAsync(id));
        Assert.Null(Stored.Read(compute, session => session.Operations.NextDueAt()));
    }

    [Fact]
    public async Task Carries_on_with_others_when_a_step_throws()
    {
        await using var compute = await RunningCompute.StartAsync();
        var broken = await compute.CreateActiveAsync(Persona.Alice);
        var fine = await compute.CreateActiveAsync(Persona.Alice);
        Stored.Write(compute, session =>
        {
            // A backup without an image cannot be.
            session.Operations.Insert(new Operation { Kind = BackupWorkflow.Name, ServerId = broken, Step = 1 });
            session.Servers.Update(session.Servers.Find(broken)! with { TaskState = "image_pending_upload" });
        });
        await compute.ActAsync(Persona.Alice, fine, """{"os-stop": null}""");

        compute.Settle();

        Assert.StartsWith("stopped", await compute.StateAsync(fine), StringComparison.Ordinal);
        Assert.Equal("active - 1 host1", await compute.StateAsync(broken));
        Assert.Null(Stored.Read(compute, session => session.Operations.NextDueAt()));
    }
}
