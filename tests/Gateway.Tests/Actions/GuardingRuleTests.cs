using Xunit;

namespace Gateway.Tests.Actions;

public sealed class GuardingRuleTests
{
    private const string Id = Requests.ServerId;
    private const string Live = "os_compute_api:os-migrate-server:migrate_live";

    [Theory]
    [InlineData("""{"migrate": null}""", "2.56", "os_compute_api:os-migrate-server:migrate")]
    [InlineData("""{"migrate": {"host": null}}""", "2.56", "os_compute_api:os-migrate-server:migrate")]
    [InlineData("""{"migrate": {"host": "h"}}""", "2.55", "os_compute_api:os-migrate-server:migrate")]
    [InlineData("""{"migrate": {"host": "h"}}""", "2.56", "os_compute_api:os-migrate-server:migrate:host")]
    [InlineData("""{"os-migrateLive": {"host": null, "block_migration": "auto"}}""", "2.30", Live)]
    [InlineData("""{"os-migrateLive": {"host": "h", "block_migration": "auto"}}""", "2.30", Live + ":host")]
    [InlineData("""{"os-migrateLive": {"host": "h", "block_migration": false, "disk_over_commit": false}}""", "2.1", Live + ":host")]
    [InlineData("""{"unshelve": {"host": "h"}}""", "2.90", null)]
    [InlineData("""{"unshelve": {"host": "h"}}""", "2.91", "os_compute_api:os-shelve:unshelve os_compute_api:os-shelve:unshelve_to_host")]
    [InlineData("""{"unshelve": null}""", "2.91", "os_compute_api:os-shelve:unshelve")]
    [InlineData("""{"rebuild": {"imageRef": "70a599e0-31e7-49b7-b260-868f441e862b"}}""", "2.63", "os_compute_api:servers:rebuild")]
    [InlineData(
        """{"rebuild": {"imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "trusted_image_certificates": null}}""", "2.63",
        "os_compute_api:servers:rebuild os_compute_api:servers:rebuild:trusted_certs")]
    [InlineData("""{"createBackup": {"name": "b", "backup_type": "", "rotation": 1}}""", "2.1", "os_compute_api:os-create-backup")]
    [InlineData("""{"resetNetwork": null}""", "2.1", "os_compute_api:os-admin-actions:reset_network")]
    public void Of_an_action_depend_on_its_body(string body, string version, string? rules)
    {
        var reading = Requests.Action(body, version);

        if (rules is null)
            Assert.False(reading.Succeeded);
        else
            Assert.Equal(rules.Split(' '), Requests.Rules(reading));
    }

    [Theory]
    [InlineData("""{"name": "s", "networks": "none"}""", "2.37", "create")]
    [InlineData("""{"name": "s", "networks": "auto"}""", "2.37", "create create:attach_network")]
    [InlineData("""{"name": "s", "networks": [{"uuid": "u"}]}""", "2.1", "create create:attach_network")]
    [InlineData("""{"name": "s", "networks": []}""", "2.1", "create")]
    [InlineData("""{"name": "s", "availability_zone": "nova"}""", "2.1", "create")]
    [InlineData("""{"name": "s", "availability_zone": "nova:host:node"}""", "2.1", "create create:forced_host")]
    [InlineData("""{"name": "s", "block_device_mapping_v2": [{}], "block_device_mapping": [{}]}""", "2.1", "create create:attach_volume")]
    [InlineData("""{"name": "s", "host": "h"}""", "2.73", "create")]
    [InlineData("""{"name": "s", "host": "h"}""", "2.74", "create create:requested_destination")]
    [InlineData("""{"name": "s", "trusted_image_certificates": ["c"]}""", "2.63", "create create:trusted_certs")]
    public void Of_a_new_server_depend_on_what_it_asks_for(string server, string version, string rules)
    {
        var reading = Requests.Read("POST", "/v2.1/servers", $"{{\"server\": {server}}}", version);

        Assert.Equal(rules.Split(' '), Requests.Rules(reading).Select(rule => rule[(rule.IndexOf(":servers:", StringComparison.Ordinal) + 9)..]));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("?all_tenants=0", false)]
    [InlineData("?all_tenants=False", false)]
    [InlineData("?name=all_tenants", false)]
    [InlineData("?all_tenants", true)]
    [InlineData("?all_tenants=", true)]
    [InlineData("?all_tenants=1", true)]
    [InlineData("?all_tenants=nonsense", true)]
    [InlineData("?all_tenants=0&all_tenants=1", true)]
    [InlineData("?all%5Ftenants=1", true)]
    [InlineData("?name=a;all_tenants=1", true)]
    [InlineData("?all_tenants=%31", true)]
    public void Of_a_list_depend_on_the_query(string query, bool guarded)
    {
        var rules = Requests.Rules(Requests.Read("GET", "/v2.1/servers/detail", query: query));

        Assert.Equal("os_compute_api:servers:detail", rules[0]);
        Assert.Equal(guarded, rules.Contains("os_compute_api:servers:detail:get_all_tenants"));
    }

    [Theory]
    [InlineData("?tenant_id=demo", false)]
    [InlineData("?tenant_id=other", true)]
    [InlineData("", false)]
    public void Of_limits_depend_on_whose_they_are(string query, bool guarded)
    {
        var rules = Requests.Rules(Requests.Read("GET", "/v2.1/limits", query: query, project: "demo"));

        Assert.Equal(guarded, rules.Contains("os_compute_api:limits:other_project"));
    }

    [Theory]
    [InlineData("2.84", "same", "swap")]
    [InlineData("2.85", "same", "update")]
    [InlineData("2.85", "other", "swap")]
    public void Of_a_volume_attachment_depend_on_whether_the_volume_changes(string version, string volume, string rule)
    {
        var reading = Requests.Read(
            "PUT", $"/v2.1/servers/{Id}/os-volume_attachments/same", $"{{\"volumeAttachment\": {{\"volumeId\": \"{volume}\"}}}}", version);

        Assert.Equal([$"os_compute_api:os-volumes-attachments:{rule}"], Requests.Rules(reading));
    }

    [Fact]
    public void Know_their_older_names()
    {
        var rule = Assert.Single(Requests.Read("GET", "/v2.1/os-hypervisors").Action!.Rules);

        Assert.Equal("os_compute_api:os-hypervisors:list", rule.Name);
        Assert.Equal(["os_compute_api:os-hypervisors"], rule.Formerly);
    }

    [Fact]
    public void Targets_may_be_named_by_the_request()
    {
        Assert.Equal("other", Requests.Read("GET", "/v2.1/os-quota-sets/other").Action!.TargetProject);
        Assert.Equal("bob", Requests.Read("GET", "/v2.1/os-keypairs", query: "?user_id=bob", version: "2.10").Action!.TargetUser);
        Assert.Equal("bob", Requests.Read("POST", "/v2.1/os-keypairs", """{"keypair": {"name": "k", "user_id": "bob"}}""", "2.10").Action!.TargetUser);
        Assert.Null(Requests.Read("GET", "/v2.1/os-keypairs").Action!.TargetUser);
    }

    [Fact]
    public void A_target_named_twice_is_refused()
    {
        var refusal = Requests.Read("GET", "/v2.1/os-keypairs", query: "?user_id=alice&user_id=bob").Refusal!;

        Assert.Equal((400, "query_duplicate", "keypairs:list"), (refusal.Status, refusal.Reason, refusal.ActionName));
        Assert.Equal("Invalid input for query parameters user_id. It is given more than once.", refusal.Message);
    }

    [Fact]
    public void Destructive_actions_get_the_servers_user_too()
    {
        Assert.Equal(["project_id"], Requests.Action("""{"migrate": null}""").Action!.TargetAttributes);
        Assert.Equal(["project_id", "user_id"], Requests.Action("""{"os-stop": null}""").Action!.TargetAttributes);
        Assert.Equal(["project_id", "user_id"], Requests.Read("DELETE", $"/v2.1/servers/{Id}").Action!.TargetAttributes);
    }
}
