namespace Gateway.Compute.Tests.Actions;

/// <summary>Which action starts from which state; one row per action, one column per vm_state.</summary>
public sealed class StateGuardTests
{
    private static readonly string[] States = ["active", "stopped", "paused", "suspended", "error", "resized", "building"];

    private static readonly Dictionary<string, string> Bodies = new()
    {
        ["createBackup"] = """{"createBackup": {"name": "b", "backup_type": "daily", "rotation": 1}}""",
        ["migrate"] = """{"migrate": null}""",
        ["os-migrateLive"] = """{"os-migrateLive": {"host": null, "block_migration": "auto"}}""",
        ["injectNetworkInfo"] = """{"injectNetworkInfo": null}""",
        ["resetNetwork"] = """{"resetNetwork": null}""",
        ["os-resetState"] = """{"os-resetState": {"state": "active"}}""",
        ["confirmResize"] = """{"confirmResize": null}""",
        ["revertResize"] = """{"revertResize": null}""",
        ["start"] = """{"os-start": null}""",
        ["stop"] = """{"os-stop": null}""",
        ["soft reboot"] = """{"reboot": {"type": "SOFT"}}""",
        ["hard reboot"] = """{"reboot": {"type": "HARD"}}""",
        ["pause"] = """{"pause": null}""",
        ["unpause"] = """{"unpause": null}""",
        ["suspend"] = """{"suspend": null}""",
        ["resume"] = """{"resume": null}""",
        ["lock"] = """{"lock": null}""",
        ["unlock"] = """{"unlock": null}""",
    };

    [Theory] //                          active stopped paused suspended error resized building
    [InlineData("createBackup", /*    */ "202    202     202    202       409   409     409")]
    [InlineData("migrate", /*         */ "202    202     409    409       409   409     409")]
    [InlineData("os-migrateLive", /*  */ "202    409     202    409       409   409     409")]
    [InlineData("injectNetworkInfo", /**/"202    202     202    202       202   202     202")]
    [InlineData("resetNetwork", /*    */ "202    202     202    202       202   202     202")]
    [InlineData("os-resetState", /*   */ "202    202     202    202       202   202     202")]
    [InlineData("confirmResize", /*   */ "409    409     409    409       409   204     409")]
    [InlineData("revertResize", /*    */ "409    409     409    409       409   202     409")]
    [InlineData("start", /*           */ "409    202     409    409       409   409     409")]
    [InlineData("stop", /*            */ "202    409     409    409       202   409     409")]
    [InlineData("soft reboot", /*     */ "202    409     409    409       409   409     409")]
    [InlineData("hard reboot", /*     */ "202    202     202    202       202   409     409")]
    [InlineData("pause", /*           */ "202    409     409    409       409   409     409")]
    [InlineData("unpause", /*         */ "409    409     202    409       409   409     409")]
    [InlineData("suspend", /*         */ "202    409     409    409       409   409     409")]
    [InlineData("resume", /*          */ "409    409     409    202       409   409     409")]
    [InlineData("lock", /*            */ "202    202     202    202       202   202     202")]
    [InlineData("unlock", /*          */ "202    202     202    202       202   202     202")]
    public async Task Starts_from_the_states_Nova_lets_it(string action, string row)
    {
        await using var compute = await RunningCompute.StartAsync();
        var expected = row.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToArray();
        Assert.Equal(States.Length, expected.Length);
        for (var i = 0; i < States.Length; i++)
        {
            var id = await InStateAsync(compute, States[i]);

            var answer = await compute.ActAsync(Persona.Alice, id, Bodies[action], 34);

            Assert.Equal((States[i], expected[i]), (States[i], answer.Status));
            if (answer.Status == 409)
            {
                var name = action.Contains("reboot", StringComparison.Ordinal) ? "reboot" : action;
                Assert.Equal(("conflictingRequest", $"Cannot '{name}' instance {id} while it is in vm_state {States[i]}"), answer.Fault);
            }
        }
    }

    [Theory]
    [InlineData("createBackup")]
    [InlineData("migrate")]
    [InlineData("os-migrateLive")]
    [InlineData("stop")]
    [InlineData("soft reboot")]
    [InlineData("hard reboot")]
    [InlineData("pause")]
    [InlineData("suspend")]
    public async Task Does_not_start_while_something_else_is_being_done(string action)
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        await compute.ActAsync(Persona.Alice, id, Bodies["createBackup"]);

        var answer = await compute.ActAsync(Persona.Alice, id, Bodies[action], 34);

        var name = action.Contains("reboot", StringComparison.Ordinal) ? "reboot" : action;
        Assert.Equal(409, answer.Status);
        Assert.Equal($"Cannot '{name}' instance {id} while it is in task_state image_backup", answer.Fault.Message);
    }

    [Theory]
    [InlineData("createBackup", 202, 202)]
    [InlineData("migrate", 409, 202)]
    [InlineData("os-migrateLive", 409, 202)]
    [InlineData("injectNetworkInfo", 409, 202)]
    [InlineData("resetNetwork", 409, 202)]
    [InlineData("os-resetState", 202, 202)]
    [InlineData("stop", 409, 202)]
    [InlineData("hard reboot", 409, 202)]
    [InlineData("pause", 409, 202)]
    [InlineData("suspend", 409, 202)]
    public async Task Asks_about_the_lock_where_Nova_does(string action, int ofOwner, int ofAdministrator)
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        await compute.ActAsync(Persona.Alice, id, Bodies["lock"]);

        var owner = await compute.ActAsync(Persona.Alice, id, Bodies[action], 34);
        compute.Settle();
        var administrator = await compute.ActAsync(Persona.Admin, id, Bodies[action], 34);

        Assert.Equal((ofOwner, ofAdministrator), (owner.Status, administrator.Status));
        if (ofOwner == 409)
            Assert.Equal(("conflictingRequest", $"Instance {id} is locked"), owner.Fault);
    }

    [Fact]
    public async Task Says_so_when_a_server_never_ran()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateAsync(Persona.Alice);
        await compute.ActAsync(Persona.Admin, id, Bodies["os-resetState"]);

        var answer = await compute.ActAsync(Persona.Alice, id, Bodies["createBackup"]);

        Assert.Equal(409, answer.Status);
        Assert.Equal($"Instance {id} is in an invalid state for 'createBackup'", answer.Fault.Message);
    }

    [Fact]
    public async Task Lets_a_hard_reboot_break_into_a_pause()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        await compute.ActAsync(Persona.Alice, id, Bodies["pause"]);

        Assert.Equal(202, (await compute.ActAsync(Persona.Alice, id, Bodies["hard reboot"])).Status);
        Assert.Equal("active rebooting_hard 1 host1", await compute.StateAsync(id));
        compute.Settle();

        Assert.Equal("active - 1 host1", await compute.StateAsync(id));
        Assert.Equal("create pause! reboot", await compute.ActionsAsync(id));
    }

    private static async Task<string> InStateAsync(RunningCompute compute, string state)
    {
        var id = state == "building" ? await compute.CreateAsync(Persona.Alice) : await compute.CreateActiveAsync(Persona.Alice);
        var body = state switch
        {
            "stopped" => Bodies["stop"],
            "paused" => Bodies["pause"],
            "suspended" => Bodies["suspend"],
            "resized" => Bodies["migrate"],
            "error" => """{"os-resetState": {"state": "error"}}""",
            _ => null,
        };
        if (body is not null)
        {
            Assert.Equal(202, (await compute.ActAsync(Persona.Alice, id, body)).Status);
            compute.Settle();
        }

        Assert.StartsWith(state + " ", await compute.StateAsync(id), StringComparison.Ordinal);
        return id;
    }
}
