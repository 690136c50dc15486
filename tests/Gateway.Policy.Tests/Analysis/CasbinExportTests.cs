using Gateway.Policy.Analysis;

namespace Gateway.Policy.Tests.Analysis;

public sealed class CasbinExportTests
{
    [Fact]
    public void Writes_a_row_for_each_rule_with_its_scope_types()
    {
        var rows = CasbinExport.Policy(PolicyText.Defaults("2025.2")).Split('\n');

        Assert.Contains("p, os_compute_api:os-admin-actions:reset_state, \"role(r.creds, r.target, 'admin')\", \"project\"", rows);
        Assert.Contains("m = r.act == p.act && scope(r.creds, p.scope) && eval(p.rule)", CasbinExport.Model, StringComparison.Ordinal);
    }
}
