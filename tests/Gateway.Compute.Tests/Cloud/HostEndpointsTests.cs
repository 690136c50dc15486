namespace Gateway.Compute.Tests.Cloud;

public sealed class HostEndpointsTests
{
    [Theory]
    [InlineData("GET", "/os-services", "os_compute_api:os-services:list")]
    [InlineData("PUT", "/os-services/force-down", "os_compute_api:os-services:update")]
    [InlineData("GET", "/os-hypervisors", "os_compute_api:os-hypervisors:list")]
    [InlineData("GET", "/os-hypervisors/detail", "os_compute_api:os-hypervisors:list-detail")]
    [InlineData("GET", "/os-hypervisors/1", "os_compute_api:os-hypervisors:show")]
    [InlineData("GET", "/os-hypervisors/1/uptime", "os_compute_api:os-hypervisors:show")]
    [InlineData("GET", "/os-aggregates", "os_compute_api:os-aggregates:index")]
    [InlineData("GET", "/os-availability-zone/detail", "os_compute_api:os-availability-zone:detail")]
    public async Task Keeps_hosts_to_administrators(string method, string path, string rule)
    {
        await using var compute = await RunningCompute.StartAsync();

        var answer = await compute.SendAsync(Persona.Alice, method, "/v2.1" + path);

        Assert.Equal(403, answer.Status);
        Assert.Equal(("forbidden", $"Policy doesn't allow {rule} to be performed."), answer.Fault);
    }

    [Fact]
    public async Task Lists_services_hypervisors_and_the_zone()
    {
        await using var compute = await RunningCompute.StartAsync();
        await compute.CreateActiveAsync(Persona.Alice);

        var services = (await compute.GetAsync(Persona.Admin, "/v2.1/os-services")).Body.GetProperty("services");
        var hypervisors = (await compute.GetAsync(Persona.Admin, "/v2.1/os-hypervisors/detail")).Body.GetProperty("hypervisors");
        var zones = await compute.GetAsync(Persona.Alice, "/v2.1/os-availability-zone");

        Assert.Equal(
            """{"id":1,"binary":"nova-compute","host":"host1","zone":"nova","status":"enabled","state":"up","updated_at":"2026-01-31T12:00:00.000000","disabled_reason":null}""",
            services[0].GetRawText());
        Assert.Equal(("host1", 1, 512), (
            hypervisors[0].GetProperty("hypervisor_hostname").GetString(),
            hypervisors[0].GetProperty("running_vms").GetInt32(),
            hypervisors[0].GetProperty("memory_mb_used").GetInt32()));
        Assert.Equal("""{"availabilityZoneInfo":[{"zoneName":"nova","zoneState":{"available":true},"hosts":null}]}""", zones.Text);
    }

    [Theory]
    [InlineData("/os-aggregates", 1, 200)]
    [InlineData("/os-hypervisors/1/uptime", 1, 501)]
    [InlineData("/os-hypervisors/9/uptime", 1, 404)]
    [InlineData("/os-hypervisors/1/uptime", 88, 404)]
    public async Task Says_what_simulated_hosts_do_not_have(string path, int minor, int status)
    {
        await using var compute = await RunningCompute.StartAsync();
        Assert.Equal(status, (await compute.GetAsync(Persona.Admin, "/v2.1" + path, minor)).Status);
    }

    [Fact]
    public async Task Names_services_and_hypervisors_by_uuid_from_2_53_on()
    {
        await using var compute = await RunningCompute.StartAsync();
        var service = (await compute.GetAsync(Persona.Admin, "/v2.1/os-services?host=host2", 53)).Body.GetProperty("services")[0].GetProperty("id").GetString();
        var hypervisor = (await compute.GetAsync(Persona.Admin, "/v2.1/os-hypervisors", 53)).Body.GetProperty("hypervisors")[1].GetProperty("id").GetString();

        var disabled = await compute.SendAsync(
            Persona.Admin, "PUT", $"/v2.1/os-services/{service}", """{"status": "disabled", "disabled_reason": "broken", "forced_down": true}""", 53);

        Assert.Equal(200, disabled.Status);
        var view = disabled.Body.GetProperty("service");
        Assert.Equal(("disabled", "down", "broken"), (
            view.GetProperty("status").GetString(), view.GetProperty("state").GetString(), view.GetProperty("disabled_reason").GetString()));
        Assert.Equal("down", (await compute.GetAsync(Persona.Admin, $"/v2.1/os-hypervisors/{hypervisor}", 88)).Body.GetProperty("hypervisor").GetProperty("state").GetString());
        Assert.Equal(404, (await compute.SendAsync(Persona.Admin, "PUT", "/v2.1/os-services/none", "{}", 53)).Status);
        Assert.Equal(404, (await compute.GetAsync(Persona.Admin, "/v2.1/os-hypervisors/none", 53)).Status);
    }

    [Fact]
    public async Task Places_nothing_on_a_disabled_host_and_migrates_away_from_it()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        Assert.Equal(200, (await compute.SendAsync(
            Persona.Admin, "PUT", "/v2.1/os-services/disable-log-reason", """{"host": "host1", "binary": "nova-compute", "disabled_reason": "old"}""")).Status);

        await compute.ActAsync(Persona.Admin, id, """{"os-migrateLive": {"host": null, "block_migration": "auto"}}""", 34);
        var other = await compute.CreateActiveAsync(Persona.Alice);
        compute.Settle();

        Assert.Equal(("active - 1 host2", "active - 1 host2"), (await compute.StateAsync(id), await compute.StateAsync(other)));
        Assert.Equal(200, (await compute.SendAsync(Persona.Admin, "PUT", "/v2.1/os-services/enable", """{"host": "host1", "binary": "nova-compute"}""")).Status);
        Assert.Equal(404, (await compute.SendAsync(Persona.Admin, "PUT", "/v2.1/os-services/enable", """{"host": "host9", "binary": "nova-compute"}""")).Status);
        Assert.Equal(404, (await compute.SendAsync(Persona.Admin, "PUT", "/v2.1/os-services/explode", "{}")).Status);
        Assert.Equal(400, (await compute.SendAsync(Persona.Admin, "PUT", "/v2.1/os-services/enable", "{}")).Status);
    }

    [Fact]
    public async Task Shows_administrators_how_a_servers_host_is()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        Assert.Equal("UP", (await compute.ShowAsync(id)).GetProperty("host_status").GetString());
        await compute.SendAsync(Persona.Admin, "PUT", "/v2.1/os-services/disable", """{"host": "host1", "binary": "nova-compute"}""");
        Assert.Equal("MAINTENANCE", (await compute.ShowAsync(id)).GetProperty("host_status").GetString());
        await compute.ForceDownAsync("host1", down: true);
        Assert.Equal("DOWN", (await compute.ShowAsync(id)).GetProperty("host_status").GetString());
    }
}
