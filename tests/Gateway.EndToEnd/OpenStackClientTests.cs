using Xunit;

namespace Gateway.EndToEnd;

/// <summary>The <c>openstack</c> client, as Debian ships it. Each test's text is what a person would see in front of a Nova.</summary>
public sealed class OpenStackClientTests(ClientGateway gateway)
{
    [Fact]
    public async Task Creates_lists_shows_and_deletes_a_server()
    {
        var created = await gateway.Clients.OpenStackAsync(
            "alice", "--os-compute-api-version 2.60 server create --flavor m1.tiny --image cirros --nic none --wait web");
        Assert.Equal(0, created.ExitCode);
        Assert.Matches(@"\| name +\| web +\|", created.Output);
        Assert.Matches(@"\| status +\| ACTIVE +\|", created.Output);

        var listed = await gateway.Clients.OpenStackJsonAsync("alice", "server list --name ^web$");
        Assert.Equal("web", (string?)Assert.Single(listed.AsArray())!["Name"]);
        var shown = await gateway.Clients.OpenStackJsonAsync("alice", "server show web");
        Assert.Equal(People.DemoProject, (string?)shown["project_id"]);
        Assert.Equal(People.Alice, (string?)shown["user_id"]);
        Assert.Equal("active", (string?)shown["OS-EXT-STS:vm_state"]);

        var deleted = await gateway.Clients.OpenStackAsync("alice", "server delete --wait web");
        Assert.Equal((0, ""), (deleted.ExitCode, deleted.All));
        var gone = await gateway.Clients.OpenStackAsync("alice", "server show web");
        Assert.Equal((1, "No server with a name or ID of 'web' exists."), (gone.ExitCode, gone.All.Trim()));
    }

    [Fact]
    public async Task Backs_a_server_up_and_rotation_removes_the_oldest()
    {
        var id = await gateway.NewServerAsync("kept");
        foreach (var name in new[] { "kept-1", "kept-2", "kept-3" })
        {
            var backup = await gateway.Clients.OpenStackAsync("alice", $"server backup create --name {name} --type daily --rotate 2 --wait {id}");
            Assert.True(backup.ExitCode == 0, backup.ToString());
            Assert.Matches(@"\| name +\| " + name + @" +\|", backup.Output);
            Assert.Contains($"instance_uuid='{id}'", backup.Output, StringComparison.Ordinal);
            Assert.Contains("backup_type='daily'", backup.Output, StringComparison.Ordinal);
        }

        // Rotation comes after the upload, in the compute service's own time.
        await Patience.UntilAsync(
            async () => (await gateway.Clients.OpenStackJsonAsync("alice", "image list")).AsArray()
                .Where(image => ((string)image!["Name"]!).StartsWith("kept-", StringComparison.Ordinal)).Select(image => $"{image!["Name"]} {image["Status"]}")
                .Order(StringComparer.Ordinal).ToArray(),
            images => images is ["kept-2 active", "kept-3 active"]);
        var events = await gateway.Clients.OpenStackJsonAsync("alice", $"server event list {id}");
        Assert.Equal(["createBackup", "createBackup", "createBackup", "create"], events.AsArray().Select(one => (string)one!["Action"]!));
    }

    [Fact]
    public async Task Is_told_which_rule_forbids_a_migration()
    {
        var id = await gateway.NewServerAsync("staying");

        var refused = await gateway.Clients.OpenStackAsync("alice", $"server migrate {id}");

        Assert.Equal((1, ""), (refused.ExitCode, refused.Output.Trim()));
        Assert.Matches(
            @"^Policy doesn't allow os_compute_api:os-migrate-server:migrate to be performed\. \(HTTP 403\) \(Request-ID: req-[0-9a-f-]{36}\)\s*$", refused.Error);
        Assert.Equal("ACTIVE", (string?)(await gateway.RestingAsync(id, "ACTIVE"))["status"]);
        var events = await gateway.Clients.OpenStackJsonAsync("alice", $"server event list {id}");
        Assert.Equal(["create"], events.AsArray().Select(one => (string)one!["Action"]!));
    }

    [Fact]
    public async Task Migrates_for_an_administrator_who_then_confirms()
    {
        var id = await gateway.NewServerAsync("moving");
        var before = await gateway.HostAsync(id, "ACTIVE");

        var migrated = await gateway.Clients.OpenStackAsync("admin", $"server migrate --wait {id}");
        Assert.True(migrated.ExitCode == 0, migrated.ToString());
        Assert.NotEqual(before, await gateway.HostAsync(id, "VERIFY_RESIZE"));

        var again = await gateway.Clients.OpenStackAsync("admin", $"server migrate {id}");
        Assert.Equal(1, again.ExitCode);
        Assert.Matches($@"^Cannot 'migrate' instance {id} while it is in vm_state resized \(HTTP 409\) \(Request-ID: req-[0-9a-f-]{{36}}\)\s*$", again.Error);

        var confirmed = await gateway.Clients.OpenStackAsync("admin", $"server migration confirm {id}");
        Assert.Equal((0, ""), (confirmed.ExitCode, confirmed.All.Trim()));
        await gateway.RestingAsync(id, "ACTIVE");
        var migrations = await gateway.Clients.OpenStackJsonAsync("admin", $"server migration list --server {id}");
        Assert.Equal("confirmed", (string?)Assert.Single(migrations.AsArray())!["Status"]);
    }

    [Fact]
    public async Task Reverts_a_migration()
    {
        var id = await gateway.NewServerAsync("returning");
        var before = await gateway.HostAsync(id, "ACTIVE");

        var printed = await gateway.Clients.OpenStackAsync("admin", $"server migrate --wait {id}", $"server resize revert {id}");

        Assert.Equal("", printed.Error.Trim());
        Assert.Equal(before, await gateway.HostAsync(id, "ACTIVE"));
    }

    [Fact]
    public async Task Live_migrates_for_an_administrator_alone()
    {
        var id = await gateway.NewServerAsync("flying");
        var before = await gateway.HostAsync(id, "ACTIVE");

        var refused = await gateway.Clients.OpenStackAsync("alice", $"server migrate --live-migration {id}");
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("Policy doesn't allow os_compute_api:os-migrate-server:migrate_live to be performed. (HTTP 403)", refused.Error, StringComparison.Ordinal);

        var moved = await gateway.Clients.OpenStackAsync("admin", $"--os-compute-api-version 2.30 server migrate --live-migration --wait {id}");
        Assert.True(moved.ExitCode == 0, moved.ToString());
        Assert.NotEqual(before, await gateway.HostAsync(id, "ACTIVE"));
        var migrations = await gateway.Clients.OpenStackJsonAsync("admin", $"--os-compute-api-version 2.23 server migration list --server {id}");
        var migration = Assert.Single(migrations.AsArray())!;
        Assert.Equal("completed live-migration", $"{migration["Status"]} {migration["Type"]}");
        var events = await gateway.Clients.OpenStackJsonAsync("alice", $"server event list {id}");
        Assert.Equal(["live-migration", "create"], events.AsArray().Select(one => (string)one!["Action"]!));
    }

    [Fact]
    public async Task Does_not_learn_of_a_server_in_another_project()
    {
        var id = await gateway.NewServerAsync("hidden");

        var shown = await gateway.Clients.OpenStackAsync("bob", $"server show {id}");
        Assert.Equal((1, $"No server with a name or ID of '{id}' exists."), (shown.ExitCode, shown.All.Trim()));
        var listed = await gateway.Clients.OpenStackJsonAsync("bob", "server list");
        Assert.Empty(listed.AsArray());
        var migrated = await gateway.Clients.OpenStackAsync("bob", $"server migrate {id}");
        Assert.Equal((1, $"No server with a name or ID of '{id}' exists."), (migrated.ExitCode, migrated.All.Trim()));
    }

    [Fact]
    public async Task Lets_a_reader_of_the_project_back_up_as_the_seed_rules_say_but_not_migrate()
    {
        var id = await gateway.NewServerAsync("read");

        var backup = await gateway.Clients.OpenStackAsync("rita", $"server backup create --name read-backup --wait {id}");
        Assert.True(backup.ExitCode == 0, backup.ToString());
        Assert.Matches(@"\| name +\| read-backup +\|", backup.Output);
        var refused = await gateway.Clients.OpenStackAsync("rita", $"server migrate {id}");
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("Policy doesn't allow os_compute_api:os-migrate-server:migrate to be performed. (HTTP 403)", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sets_a_state_for_an_administrator_alone()
    {
        var id = await gateway.NewServerAsync("resetting");

        var refused = await gateway.Clients.OpenStackAsync("alice", $"server set --state error {id}");
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("Policy doesn't allow os_compute_api:os-admin-actions:reset_state to be performed. (HTTP 403)", refused.Error, StringComparison.Ordinal);

        var failed = await gateway.Clients.OpenStackAsync("admin", $"server set --state error {id}", $"server show {id} -f value -c status");
        Assert.Equal(("ERROR", ""), (failed.Output.Trim(), failed.Error.Trim()));
        var active = await gateway.Clients.OpenStackAsync("admin", $"server set --state active {id}", $"server show {id} -f value -c status");
        Assert.Equal(("ACTIVE", ""), (active.Output.Trim(), active.Error.Trim()));
        var events = await gateway.Clients.OpenStackJsonAsync("admin", $"server event list {id}");
        Assert.Equal(["resetState", "resetState", "create"], events.AsArray().Select(one => (string)one!["Action"]!));
    }

    [Fact]
    public async Task Shows_limits_flavors_and_images()
    {
        var limits = await gateway.Clients.OpenStackJsonAsync("alice", "limits show --absolute");
        Assert.Contains(limits.AsArray(), limit => (string?)limit!["Name"] == "totalInstancesUsed" && (int?)limit["Value"] >= 0);
        var printed = await gateway.Clients.OpenStackAsync("alice", "flavor list -f value -c Name", "image list -f value -c Name");
        Assert.Superset(
            new HashSet<string>(StringComparer.Ordinal) { "m1.tiny", "m1.small", "m1.medium", "cirros", "debian-13", "ubuntu-24.04" },
            printed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal));
    }
}
