using Gateway.Policy.Analysis;

namespace Gateway.Policy.Tests.Analysis;

public sealed class PolicyUpgradeTests
{
    private static UpgradeReport Compare(string yaml, string from, string to)
    {
        var directory = Directory.CreateTempSubdirectory("upgrade-").FullName;
        try
        {
            var file = Path.Combine(directory, "policy.yaml");
            File.WriteAllText(file, yaml);
            var (report, findings) = PolicyUpgrade.Compare(new PolicyOptions { PolicyFile = file }, from, to);
            return report ?? throw new InvalidOperationException(string.Join('\n', findings));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Tells_what_becomes_of_each_override()
    {
        var report = Compare("""
            "os_compute_api:os-migrate-server:migrate": "rule:context_is_admin or role:manager and project_id:%(project_id)s"
            "os_compute_api:os-migrate-server:migrate_live": "role:operator"
            "os_compute_api:os-create-backup": "role:operator"
            "operators": "role:operator"
            "os_compute_api:os-admin-actions:reset_state": "rule:operators"
            """, "zed", "2025.2");

        Assert.Equal(
            ["os_compute_api:os-migrate-server:migrate Redundant", "os_compute_api:os-migrate-server:migrate_live HidesChangedDefault", "os_compute_api:os-create-backup Unaffected", "operators Unaffected", "os_compute_api:os-admin-actions:reset_state Unaffected"],
            report.Overrides.Select(change => $"{change.Name} {change.Fate}"));
        Assert.DoesNotContain(report.Changes, change => change.Action == "os_compute_api:os-migrate-server:migrate_live");
    }

    [Fact]
    public void Names_an_override_that_the_new_release_has_no_rule_for()
    {
        var report = Compare("\"os_compute_api:os-admin-actions:reset_network\": \"rule:admin_api\"", "newton", "2025.2");

        Assert.Equal(OverrideFate.Gone, Assert.Single(report.Overrides).Fate);
        Assert.Contains("os_compute_api:os-admin-actions:reset_network", report.Removed);
        Assert.Contains(report.New, change => change.Action == "os_compute_api:os-migrate-server:migrate:host");
    }

    [Fact]
    public void Nothing_changes_between_a_release_and_itself()
    {
        var report = Compare("\"os_compute_api:os-create-backup\": \"role:operator\"", "zed", "zed");

        Assert.Empty(report.Changes);
        Assert.Empty(report.New);
        Assert.Empty(report.Removed);
    }
}
