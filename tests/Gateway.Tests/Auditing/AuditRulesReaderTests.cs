using Gateway.Auditing;
using Gateway.Tests.Actions;
using Xunit;

namespace Gateway.Tests.Auditing;

public sealed class AuditRulesReaderTests
{
    [Fact]
    public void The_shipped_file_keeps_reads_lightly_and_changes_strictly()
    {
        using var shipped = new StreamReader(typeof(AuditRules).Assembly.GetManifestResourceStream("config/audit.yaml")!);
        var rules = Read(shipped.ReadToEnd());
        Assert.Equal(new AuditRule(RecordLevel.Metadata, Durability.BestEffort), rules.For("servers:show"));
        Assert.All(
            Requests.Catalogue.Operations.SelectMany(operation => operation.Actions.Values),
            action => Assert.Equal(new AuditRule(RecordLevel.Request, Durability.Strict), rules.For(action.Name)));
    }

    [Fact]
    public void The_first_rule_that_names_an_action_counts_and_what_none_names_is_strict()
    {
        var rules = Read("""
            groups: {moves: [migrate, os-migrateLive]}
            rules:
              - {actions: [migrate], level: none, durability: best-effort}
              - {actions: [moves], level: metadata, durability: bounded}
            """);
        Assert.Equal(new AuditRule(RecordLevel.None, Durability.BestEffort), rules.For("migrate"));
        Assert.Equal(new AuditRule(RecordLevel.Metadata, Durability.Bounded), rules.For("os-migrateLive"));
        Assert.Equal(AuditRule.Default, rules.For("createBackup"));
    }

    [Theory]
    [InlineData("a: 1", "audit.yaml:1: unknown key `a`; known are groups, rules, secrets, metadata, access|audit.yaml:1: `rules` must be a list; write `rules: []` to record everything strictly")]
    [InlineData("rules: [{actions: [reboots]}]", "audit.yaml:1: the action `reboots` does not exist, so that the rule would never count; config/api has them all")]
    [InlineData("rules: [{actions: [reboot], level: all}]", "audit.yaml:1: `level: all` is unknown; known are none, metadata, request")]
    [InlineData("rules: [{actions: [reboot], durability: maybe}]", "audit.yaml:1: `durability: maybe` is unknown; known are strict, bounded, best-effort")]
    [InlineData("rules: [{level: none}]", "audit.yaml:1: `actions` is missing; add it, such as `actions: [\"*\"]`")]
    [InlineData("rules: [{actions: []}]", "audit.yaml:1: a list of actions is needed, such as `[createBackup, reads]`; an empty one would never count")]
    [InlineData("rules:\n- {actions: [\"*\"]}\n- {actions: [reboot]}", "audit.yaml:3: this rule never counts: rules above name all its actions; move it up or remove it")]
    [InlineData("rules: []\ngroups: {reads: [reboot]}", "audit.yaml:2: `reads` cannot name a group: it is an action's name, taken, or empty; choose another")]
    [InlineData("rules: []\nsecrets: x", "audit.yaml:2: `secrets` must be a list of names")]
    [InlineData("rules: []\naccess: {\"audit:events:all\": \"rule:x\"}", "audit.yaml:1:22: error undefined-rule: rule `audit:events:all`: `rule:x` refers to a rule that does not exist")]
    [InlineData("- a", "audit.yaml:1: is not one mapping; begin with `rules:`")]
    public void Names_every_fault(string text, string problems) =>
        Assert.Equal(problems.Split('|'), new AuditRulesReader("audit.yaml", Requests.Catalogue).Read(text).Problems);

    private static AuditRules Read(string text)
    {
        var (rules, problems) = new AuditRulesReader("audit.yaml", Requests.Catalogue).Read(text);
        Assert.True(rules is not null, string.Join('\n', problems));
        return rules;
    }
}
