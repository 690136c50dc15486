using Gateway.Auditing;
using Gateway.Identity;
using Gateway.Policies;
using Xunit;

namespace Gateway.Tests.Auditing;

/// <summary>Who may read the record, by the customary rules and by the operator's.</summary>
public sealed class AuditAccessTests
{
    [Theory]
    [InlineData("auditor", "p1", true, null)]
    [InlineData("admin", null, true, null)]
    [InlineData("reader", "p1", true, "p1")]
    [InlineData("reader", null, false, null)]
    [InlineData("member", "p1", false, "p1")]
    public void Auditors_see_everything_and_readers_their_project(string role, string? project, bool allowed, string? only) =>
        Assert.Equal((allowed, only), Of(new Dictionary<string, string>(), role, project));

    [Fact]
    public void The_operators_rules_count_instead()
    {
        var rules = new Dictionary<string, string> { [AuditAccess.All] = "role:security", [AuditAccess.OfProject] = "!" };
        Assert.Equal((true, null), Of(rules, "security", "p1"));
        Assert.False(Of(rules, "admin", "p1").Allowed);
        Assert.False(Of(rules, "reader", "p1").Allowed);
    }

    private static (bool Allowed, string? OnlyProject) Of(Dictionary<string, string> rules, string role, string? project)
    {
        var (access, problems) = AuditAccess.Read(rules, "audit.yaml");
        Assert.True(access is not null, string.Join('\n', problems));
        var subject = new Subject { UserId = "u", ProjectId = project, Roles = [role] };
        return access.Of(subject, new SubjectCredentials().Of(subject));
    }
}
