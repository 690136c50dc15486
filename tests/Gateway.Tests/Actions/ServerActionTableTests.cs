using Xunit;

namespace Gateway.Tests.Actions;

/// <summary>One row per body: the action's value, the version, and what Nova answers to it (0: it passes).</summary>
public sealed class ServerActionTableTests
{
    [Theory]
    // createBackup
    [InlineData("createBackup", "2.1", """{"name": "b", "backup_type": "daily", "rotation": 2}""", 0)]
    [InlineData("createBackup", "2.1", """{"name": "b", "backup_type": "", "rotation": "007"}""", 0)]
    [InlineData("createBackup", "2.1", """{"name": "b", "backup_type": "daily", "rotation": 10000000000000000000000}""", 0)]
    [InlineData("createBackup", "2.1", """{"name": "b", "backup_type": "daily", "rotation": 0, "metadata": {"k.1": "v"}}""", 0)]
    [InlineData("createBackup", "2.99", """{"name": "b", "backup_type": "daily", "rotation": 1}""", 0)]
    [InlineData("createBackup", "2.1", """{"name": "b", "backup_type": "daily"}""", 400)]
    [InlineData("createBackup", "2.1", """{"name": "", "backup_type": "daily", "rotation": 1}""", 400)]
    [InlineData("createBackup", "2.1", """{"name": " b", "backup_type": "daily", "rotation": 1}""", 400)]
    [InlineData("createBackup", "2.1", """{"name": "b\u0007", "backup_type": "daily", "rotation": 1}""", 400)]
    [InlineData("createBackup", "2.1", """{"name": "\ud83d\ude00", "backup_type": "daily", "rotation": 1}""", 400)]
    [InlineData("createBackup", "2.1", """{"name": "b", "backup_type": 1, "rotation": 1}""", 400)]
    [InlineData("createBackup", "2.1", """{"name": "b", "backup_type": "daily", "rotation": ""}""", 400)]
    [InlineData("createBackup", "2.1", """{"name": "b", "backup_type": "daily", "rotation": -1}""", 400)]
    [InlineData("createBackup", "2.1", """{"name": "b", "backup_type": "daily", "rotation": "-1"}""", 400)]
    [InlineData("createBackup", "2.1", """{"name": "b", "backup_type": "daily", "rotation": 1.5}""", 400)]
    [InlineData("createBackup", "2.1", """{"name": "b", "backup_type": "daily", "rotation": 1.0}""", 400)]
    [InlineData("createBackup", "2.1", """{"name": "b", "backup_type": "daily", "rotation": true}""", 400)]
    [InlineData("createBackup", "2.1", """{"name": "b", "backup_type": "daily", "rotation": null}""", 400)]
    [InlineData("createBackup", "2.1", """{"name": "b", "backup_type": "daily", "rotation": "2\n"}""", 400)]
    [InlineData("createBackup", "2.1", """{"name": "b", "backup_type": "daily", "rotation": 1, "metadata": null}""", 400)]
    [InlineData("createBackup", "2.1", """{"name": "b", "backup_type": "daily", "rotation": 1, "metadata": {"k": 1}}""", 400)]
    [InlineData("createBackup", "2.1", """{"name": "b", "backup_type": "daily", "rotation": 1, "metadata": {"k/": "v"}}""", 400)]
    [InlineData("createBackup", "2.1", """{"name": "b", "backup_type": "daily", "rotation": 1, "extra": 1}""", 400)]
    [InlineData("createBackup", "2.1", "null", 400)]
    [InlineData("createBackup", "2.1", "[]", 400)]
    // injectNetworkInfo and resetNetwork: any value
    [InlineData("injectNetworkInfo", "2.1", "null", 0)]
    [InlineData("injectNetworkInfo", "2.103", """{"a": [1]}""", 0)]
    [InlineData("resetNetwork", "2.1", "null", 0)]
    [InlineData("resetNetwork", "2.38", "5", 0)]
    // migrate
    [InlineData("migrate", "2.1", "null", 0)]
    [InlineData("migrate", "2.55", """{"host": 5, "anything": []}""", 0)]
    [InlineData("migrate", "2.56", "null", 0)]
    [InlineData("migrate", "2.56", "{}", 0)]
    [InlineData("migrate", "2.56", """{"host": "node-1.example"}""", 0)]
    [InlineData("migrate", "2.56", """{"host": null}""", 0)]
    [InlineData("migrate", "2.56", """{"host": ""}""", 400)]
    [InlineData("migrate", "2.56", """{"host": "a b"}""", 400)]
    [InlineData("migrate", "2.56", """{"host": "a\n"}""", 400)]
    [InlineData("migrate", "2.56", """{"force": true}""", 400)]
    [InlineData("migrate", "2.56", "[]", 400)]
    // os-migrateLive
    [InlineData("os-migrateLive", "2.1", """{"host": null, "block_migration": false, "disk_over_commit": false}""", 0)]
    [InlineData("os-migrateLive", "2.1", """{"host": "h", "block_migration": "on", "disk_over_commit": "NO"}""", 0)]
    [InlineData("os-migrateLive", "2.1", """{"host": null, "block_migration": "auto", "disk_over_commit": false}""", 400)]
    [InlineData("os-migrateLive", "2.1", """{"block_migration": false, "disk_over_commit": false}""", 400)]
    [InlineData("os-migrateLive", "2.1", """{"host": null, "block_migration": 1, "disk_over_commit": false}""", 400)]
    [InlineData("os-migrateLive", "2.1", """{"host": null, "block_migration": null, "disk_over_commit": false}""", 400)]
    [InlineData("os-migrateLive", "2.24", """{"host": null, "block_migration": "auto"}""", 400)]
    [InlineData("os-migrateLive", "2.25", """{"host": null, "block_migration": "auto"}""", 0)]
    [InlineData("os-migrateLive", "2.25", """{"host": null, "block_migration": false, "disk_over_commit": false}""", 400)]
    [InlineData("os-migrateLive", "2.29", """{"host": "h", "block_migration": "auto", "force": true}""", 400)]
    [InlineData("os-migrateLive", "2.30", """{"host": "h", "block_migration": "auto", "force": true}""", 0)]
    [InlineData("os-migrateLive", "2.67", """{"host": "h", "block_migration": "auto", "force": "off"}""", 0)]
    [InlineData("os-migrateLive", "2.68", """{"host": "h", "block_migration": "auto", "force": true}""", 400)]
    [InlineData("os-migrateLive", "2.104", """{"host": "h", "block_migration": "auto"}""", 0)]
    // os-resetState
    [InlineData("os-resetState", "2.1", """{"state": "active"}""", 0)]
    [InlineData("os-resetState", "2.1", """{"state": "error"}""", 0)]
    [InlineData("os-resetState", "2.1", """{"state": "Active"}""", 400)]
    [InlineData("os-resetState", "2.1", """{"state": "error", "why": 1}""", 400)]
    [InlineData("os-resetState", "2.1", "{}", 400)]
    // addresses, gone with 2.44
    [InlineData("addFixedIp", "2.43", """{"networkId": "1"}""", 0)]
    [InlineData("addFixedIp", "2.43", """{"networkId": 1}""", 0)]
    [InlineData("addFixedIp", "2.43", """{"networkId": ""}""", 400)]
    [InlineData("addFixedIp", "2.44", """{"networkId": "1"}""", 404)]
    [InlineData("removeFixedIp", "2.1", """{"address": "10.0.0.1"}""", 0)]
    [InlineData("removeFixedIp", "2.1", """{"address": "10.0.0"}""", 400)]
    [InlineData("removeFixedIp", "2.1", """{"address": "010.0.0.1"}""", 400)]
    [InlineData("removeFixedIp", "2.44", """{"address": "10.0.0.1"}""", 404)]
    [InlineData("addFloatingIp", "2.1", """{"address": "2001:db8::1", "fixed_address": "10.0.0.1"}""", 0)]
    [InlineData("addFloatingIp", "2.1", """{"address": "fe80::1%eth0"}""", 400)]
    [InlineData("addFloatingIp", "2.44", """{"address": "10.0.0.1"}""", 404)]
    [InlineData("removeFloatingIp", "2.43", """{"address": "10.0.0.1"}""", 0)]
    [InlineData("removeFloatingIp", "2.43", "{}", 400)]
    [InlineData("removeFloatingIp", "2.44", """{"address": "10.0.0.1"}""", 404)]
    [InlineData("addSecurityGroup", "2.1", """{"name": "g"}""", 0)]
    [InlineData("addSecurityGroup", "2.1", """{"name": ""}""", 400)]
    [InlineData("removeSecurityGroup", "2.100", """{"name": "g"}""", 0)]
    [InlineData("removeSecurityGroup", "2.100", """{"name": 1}""", 400)]
    // passwords, resize
    [InlineData("changePassword", "2.1", """{"adminPass": ""}""", 0)]
    [InlineData("changePassword", "2.1", """{"adminPass": 5}""", 400)]
    [InlineData("confirmResize", "2.1", "null", 0)]
    [InlineData("revertResize", "2.1", "null", 0)]
    [InlineData("resize", "2.1", """{"flavorRef": 1, "OS-DCF:diskConfig": "AUTO"}""", 0)]
    [InlineData("resize", "2.1", """{"flavorRef": ""}""", 400)]
    [InlineData("resize", "2.1", """{"flavorRef": "1", "OS-DCF:diskConfig": "auto"}""", 400)]
    // images, evacuation
    [InlineData("createImage", "2.1", """{"name": "i", "metadata": {}}""", 0)]
    [InlineData("createImage", "2.1", """{"name": "i", "metadata": []}""", 400)]
    [InlineData("evacuate", "2.13", """{"onSharedStorage": "False"}""", 0)]
    [InlineData("evacuate", "2.13", "{}", 400)]
    [InlineData("evacuate", "2.14", """{"onSharedStorage": "False"}""", 400)]
    [InlineData("evacuate", "2.14", """{"host": "h"}""", 0)]
    [InlineData("evacuate", "2.28", """{"host": "h", "force": true}""", 400)]
    [InlineData("evacuate", "2.29", """{"host": "h", "force": true}""", 0)]
    [InlineData("evacuate", "2.68", """{"host": "h", "force": true}""", 400)]
    [InlineData("evacuate", "2.95", """{"host": "h", "adminPass": "p"}""", 0)]
    [InlineData("evacuate", "2.95", """{"host": null}""", 400)]
    [InlineData("forceDelete", "2.1", "null", 0)]
    [InlineData("restore", "2.1", "null", 0)]
    // locks
    [InlineData("lock", "2.72", """{"locked_reason": 5}""", 0)]
    [InlineData("lock", "2.73", """{"locked_reason": "r"}""", 0)]
    [InlineData("lock", "2.73", "null", 0)]
    [InlineData("lock", "2.73", """{"locked_reason": ""}""", 400)]
    [InlineData("lock", "2.73", """{"reason": "r"}""", 400)]
    [InlineData("unlock", "2.104", "[]", 0)]
    [InlineData("pause", "2.1", "null", 0)]
    [InlineData("unpause", "2.1", "null", 0)]
    [InlineData("suspend", "2.1", "null", 0)]
    [InlineData("resume", "2.1", "null", 0)]
    [InlineData("rescue", "2.1", "null", 0)]
    [InlineData("rescue", "2.1", """{"adminPass": "p", "rescue_image_ref": "70a599e0-31e7-49b7-b260-868f441e862b"}""", 0)]
    [InlineData("rescue", "2.1", """{"rescue_image_ref": "x"}""", 400)]
    [InlineData("unrescue", "2.1", "null", 0)]
    [InlineData("reboot", "2.1", """{"type": "SOFT"}""", 0)]
    [InlineData("reboot", "2.1", """{"type": "sOFT"}""", 400)]
    [InlineData("reboot", "2.1", "{}", 400)]
    // rebuild
    [InlineData("rebuild", "2.1", """{"imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "personality": [{"path": "/a", "contents": "aGk="}]}""", 0)]
    [InlineData("rebuild", "2.1", """{"imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "personality": [{"path": "/a", "contents": "a"}]}""", 400)]
    [InlineData("rebuild", "2.1", """{"imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "description": "d"}""", 400)]
    [InlineData("rebuild", "2.19", """{"imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "description": null}""", 0)]
    [InlineData("rebuild", "2.53", """{"imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "key_name": null}""", 400)]
    [InlineData("rebuild", "2.54", """{"imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "key_name": null}""", 0)]
    [InlineData("rebuild", "2.54", """{"imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "key_name": ""}""", 400)]
    [InlineData("rebuild", "2.57", """{"imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "user_data": "aGk="}""", 0)]
    [InlineData("rebuild", "2.57", """{"imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "personality": []}""", 400)]
    [InlineData("rebuild", "2.63", """{"imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "trusted_image_certificates": ["a", "b"]}""", 0)]
    [InlineData("rebuild", "2.63", """{"imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "trusted_image_certificates": ["a", "a"]}""", 400)]
    [InlineData("rebuild", "2.63", """{"imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "trusted_image_certificates": []}""", 400)]
    [InlineData("rebuild", "2.90", """{"imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "hostname": "h.example"}""", 400)]
    [InlineData("rebuild", "2.94", """{"imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "hostname": "h.example"}""", 0)]
    [InlineData("rebuild", "2.1", """{"imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "accessIPv4": "::1"}""", 400)]
    [InlineData("rebuild", "2.1", """{"imageRef": ""}""", 400)]
    // power, dumps, shelving
    [InlineData("os-start", "2.1", "null", 0)]
    [InlineData("os-stop", "2.1", "{}", 0)]
    [InlineData("trigger_crash_dump", "2.16", "null", 404)]
    [InlineData("trigger_crash_dump", "2.17", "null", 0)]
    [InlineData("trigger_crash_dump", "2.17", "{}", 400)]
    [InlineData("shelve", "2.1", "null", 0)]
    [InlineData("shelveOffload", "2.1", "null", 0)]
    [InlineData("unshelve", "2.76", """{"x": 1}""", 0)]
    [InlineData("unshelve", "2.77", """{"availability_zone": "az"}""", 0)]
    [InlineData("unshelve", "2.77", "{}", 400)]
    [InlineData("unshelve", "2.77", "null", 0)]
    [InlineData("unshelve", "2.91", """{"availability_zone": null, "host": "h"}""", 0)]
    [InlineData("unshelve", "2.90", """{"availability_zone": "az", "host": "h"}""", 400)]
    // consoles
    [InlineData("os-getConsoleOutput", "2.1", "{}", 0)]
    [InlineData("os-getConsoleOutput", "2.1", """{"length": -1}""", 0)]
    [InlineData("os-getConsoleOutput", "2.1", """{"length": "-2"}""", 400)]
    [InlineData("os-getConsoleOutput", "2.1", """{"length": -2}""", 400)]
    [InlineData("os-getConsoleOutput", "2.1", """{"length": "x"}""", 400)]
    [InlineData("os-getConsoleOutput", "2.1", """{"length": null}""", 0)]
    [InlineData("os-getVNCConsole", "2.5", """{"type": "novnc"}""", 0)]
    [InlineData("os-getVNCConsole", "2.5", """{"type": "spice-html5"}""", 400)]
    [InlineData("os-getVNCConsole", "2.6", """{"type": "novnc"}""", 404)]
    [InlineData("os-getSPICEConsole", "2.5", """{"type": "spice-html5"}""", 0)]
    [InlineData("os-getSPICEConsole", "2.6", """{"type": "spice-html5"}""", 404)]
    [InlineData("os-getRDPConsole", "2.5", """{"type": 5}""", 0)]
    [InlineData("os-getRDPConsole", "2.6", """{"type": "rdp-html5"}""", 404)]
    [InlineData("os-getSerialConsole", "2.5", """{"type": "serial"}""", 0)]
    [InlineData("os-getSerialConsole", "2.5", "{}", 400)]
    [InlineData("os-getSerialConsole", "2.6", """{"type": "serial"}""", 404)]
    public void Answers_a_body_as_Nova_does(string action, string version, string value, int status)
    {
        var reading = Requests.Action($"{{\"{action}\": {value}}}", version);

        Assert.Equal(status, reading.Refusal?.Status ?? 0);
        if (reading.Succeeded)
            Assert.Equal(action, reading.Action.Name);
        else
            Assert.Equal(status == 404 ? "action_not_in_version" : "schema", reading.Refusal.Reason);
    }

    [Fact]
    public void Has_a_row_for_each_of_the_41_actions()
    {
        var rows = typeof(ServerActionTableTests).GetMethod(nameof(Answers_a_body_as_Nova_does))!
            .GetCustomAttributes(typeof(InlineDataAttribute), inherit: false)
            .Cast<InlineDataAttribute>()
            .Select(row => (string)row.Data[0]!)
            .ToHashSet(StringComparer.Ordinal);

        var actions = Requests.Match("POST", Requests.ActionPath).Operation.Actions;
        Assert.Equal(41, actions.Count);
        Assert.Equal(actions.Keys.Order(StringComparer.Ordinal), rows.Order(StringComparer.Ordinal));
    }
}
