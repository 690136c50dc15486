namespace Gateway.Policy.Tests;

public sealed class ExplanationTests
{
    private const string Backup = "os_compute_api:os-create-backup";

    private static readonly PolicySet Seed = PolicySet.Load(new PolicyOptions()).Set!;
    private static readonly PolicySet Latest = PolicySet.Load(new PolicyOptions { Defaults = "2026.1" }).Set!;

    [Fact]
    public void Shows_every_check_with_what_caller_and_target_have()
    {
        var tree = Seed.Explain(Backup, Some.Caller("p2", roles: "member"), Some.Server()).Tree!;
        Assert.Equal(
            """
            Fails rule:admin_or_owner
              Fails or
                Fails is_admin:True caller=False
                Fails project_id:%(project_id)s caller=p2 target=p1

            """, Drawn(tree));
    }

    [Fact]
    public void Marks_what_was_not_reached()
    {
        var tree = Seed.Explain(Backup, Some.Caller("p2", roles: "admin"), Some.Server()).Tree!;
        Assert.Equal(
            """
            Holds rule:admin_or_owner
              Holds or
                Holds is_admin:True caller=True
                NotReached project_id:%(project_id)s

            """, Drawn(tree));
    }

    [Fact]
    public void Names_the_line_a_check_came_from()
    {
        var policy = PolicyDirectory.Load($"# one\n# two\n\"{Backup}\": role:keeper").Set!;
        var tree = policy.Explain(Backup, Some.Caller(roles: "member"), Some.Server()).Tree!;
        Assert.Equal(("policy.yaml", 3), (Path.GetFileName(tree.File), tree.Line));
    }

    [Fact]
    public void Says_what_was_undetermined_and_what_raised()
    {
        var policy = PolicyDirectory.Rules("t: not x:%(absent)s or user_id.name:x", Semantics.Oslo);
        Assert.Equal(
            """
            Holds or
              Holds not
                Undetermined x:%(absent)s caller=(no x) target=(not an attribute of the target) — the target has no such attribute
              NotReached user_id.name:x

            """, Drawn(policy.Explain("t", Some.Caller(), Some.Server()).Tree!));
        Assert.Equal(CheckResult.Error, PolicyDirectory.Rules("t: user_id.name:x", Semantics.Oslo).Explain("t", Some.Caller(), Some.Server()).Tree!.Result);
    }

    [Fact]
    public void Has_no_tree_without_a_rule() => Assert.Null(Seed.Explain("nothing", Some.Caller(), Some.Server()).Tree);

    [Fact]
    public void Says_that_the_scope_decided()
    {
        var explanation = Latest.Explain(Backup, Some.CallerWith(("roles", new object?[] { "admin" }), ("system_scope", "all")), Some.Server());
        Assert.Equal("the token is for the scope `system`, the action for `project`", explanation.Scope);
        Assert.Equal(["without `system_scope`"], explanation.Change);
    }

    [Fact]
    public void Finds_the_smallest_change_that_turns_a_decision()
    {
        Assert.Equal(["with the role `admin`"], Seed.Explain(Backup, Some.Caller("p2", roles: "member"), Some.Server()).Change);
        Assert.Equal(["with the role `member`"], Latest.Explain(Backup, Some.Caller(roles: "reader"), Some.Server()).Change);
        Assert.Equal(["without the role `member`"], Latest.Explain(Backup, Some.Caller(roles: "member"), Some.Server()).Change);
        var owned = PolicyDirectory.Rules("t: project_id:%(project_id)s and user_id:%(user_id)s");
        Assert.Equal(["with `project_id` = `p1`", "with `user_id` = `u1`"], owned.Explain("t", Some.Caller("p2", "u2"), Some.Server()).Change.Order());
    }

    [Fact]
    public void Finds_no_change_where_there_is_none()
    {
        Assert.Empty(PolicyDirectory.Rules("t: '!'").Explain("t", Some.Caller(), Some.Server()).Change);
        Assert.Empty(PolicyDirectory.Rules("t: \"'p2':%(project_id)s\"").Explain("t", Some.Caller(), Some.Server()).Change);
    }

    [Theory]
    [InlineData("seed")]
    [InlineData("ussuri")]
    [InlineData("2026.1")]
    public void Finds_a_change_for_every_denial_that_some_caller_would_not_meet(string release)
    {
        var policy = PolicySet.Load(new PolicyOptions { Defaults = release }).Set!;
        var caller = Some.Caller("p2", roles: "reader");
        foreach (var action in policy.RuleNames)
        {
            var explanation = policy.Explain(action, caller, Some.Server());
            if (explanation.Decision.Rule == "!") Assert.Empty(explanation.Change);
            else if (!explanation.Decision.Allowed) Assert.True(explanation.Change.Count > 0, $"{action}: no change found");
        }
    }

    private static string Drawn(ExplainedCheck check)
    {
        var lines = new System.Text.StringBuilder();
        Draw(check, 0);
        return lines.ToString();

        void Draw(ExplainedCheck at, int depth)
        {
            lines.Append(' ', depth * 2).Append(at.Result).Append(' ').Append(at.Text);
            if (at.Caller is not null) lines.Append(" caller=").Append(at.Caller);
            if (at.Target is not null) lines.Append(" target=").Append(at.Target);
            if (at.Note.Length > 0) lines.Append(" — ").Append(at.Note);
            lines.Append('\n');
            foreach (var child in at.Children) Draw(child, depth + 1);
        }
    }
}
