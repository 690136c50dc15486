namespace Gateway.Policy.Tests;

public sealed class PolicySetTests
{
    private const string Backup = "os_compute_api:os-create-backup";

    private static readonly PolicySet Seed = PolicySet.Load(new PolicyOptions()).Set!;

    public static TheoryData<string> AdministrativeActions =>
    [
        "os_compute_api:os-admin-actions:inject_network_info", "os_compute_api:os-admin-actions:reset_network", "os_compute_api:os-admin-actions:reset_state",
        "os_compute_api:os-migrate-server:migrate", "os_compute_api:os-migrate-server:migrate_live", "os_compute_api:os-migrate-server:migrate:host",
        "os_compute_api:os-migrate-server:migrate_live:host", "os_compute_api:os-shelve:unshelve_to_host",
    ];

    [Fact]
    public void Allows_a_back_up_to_the_owner() =>
        Assert.Equal(new Decision(true, Backup, "rule:admin_or_owner", "allowed", Seed.Revision), Seed.Decide(Backup, Some.Caller(roles: "member"), Some.Server()));

    [Fact]
    public void Allows_a_back_up_to_an_administrator_of_another_project() =>
        Assert.True(Seed.Decide(Backup, Some.Caller("p9", roles: "Admin"), Some.Server()).Allowed);

    [Fact]
    public void Denies_a_back_up_of_a_server_in_another_project() =>
        Assert.Equal("denied", Seed.Decide(Backup, Some.Caller("p2", roles: "member"), Some.Server()).Reason);

    [Theory]
    [MemberData(nameof(AdministrativeActions))]
    public void Denies_the_owner_and_allows_the_administrator(string action)
    {
        Assert.False(Seed.Decide(action, Some.Caller(roles: "member"), Some.Server()).Allowed);
        Assert.True(Seed.Decide(action, Some.Caller("p9", roles: "admin"), Some.Server()).Allowed);
    }

    [Fact]
    public void Denies_an_action_without_a_rule() =>
        Assert.Equal(new Decision(false, "os_compute_api:nothing", "", "no_rule", Seed.Revision), Seed.Decide("os_compute_api:nothing", Some.Caller(roles: "admin"), Some.Server()));

    [Fact]
    public void Denies_a_caller_without_a_project_a_server_without_one()
    {
        var nobody = Some.Caller(project: null, roles: "member");
        Assert.Equal("undetermined:null_equality", Seed.Decide(Backup, nobody, Some.Server(project: null)).Reason);
        var oslo = PolicySet.Load(new PolicyOptions { Semantics = Semantics.Oslo }).Set!;
        Assert.True(oslo.Decide(Backup, nobody, Some.Server(project: null)).Allowed);
    }

    [Fact]
    public void Computes_is_admin_by_the_rule_context_is_admin()
    {
        Assert.True(Seed.IsAdmin(Some.Caller(roles: "ADMIN")));
        Assert.False(Seed.IsAdmin(Some.Caller(roles: "member")));
        Assert.True(Seed.IsAdmin(Some.Caller(roles: "member").WithAdminFlag(true)));
        Assert.False(Seed.Decide(Backup, Some.Caller("p9", roles: "admin").WithAdminFlag(false), Some.Server()).Allowed);
    }

    [Fact]
    public void Keeps_is_admin_apart_for_each_policy()
    {
        var caller = Some.Caller("p9", roles: "boss");
        Assert.False(Seed.IsAdmin(caller));
        Assert.True(PolicyDirectory.Load("context_is_admin: role:boss").Set!.IsAdmin(caller));
        Assert.False(Seed.IsAdmin(caller));
    }

    [Fact]
    public void Holds_nobody_for_an_administrator_when_context_is_admin_asks_for_is_admin()
    {
        Assert.False(PolicyDirectory.Load("context_is_admin: is_admin:True").Set!.IsAdmin(Some.Caller(roles: "admin")));
        Assert.False(PolicyDirectory.Load("context_is_admin: is_admin:False").Set!.IsAdmin(Some.Caller(roles: "admin")));
    }

    [Fact]
    public void Denies_with_the_error_that_computing_is_admin_ended_in()
    {
        var broken = PolicyDirectory.Load("context_is_admin: user_id.name:x", semantics: Semantics.Oslo).Set!;
        Assert.False(broken.IsAdmin(Some.Caller(roles: "admin")));
        Assert.Equal("check_error:TypeError", broken.Decide(Backup, Some.Caller(roles: "admin"), Some.Server()).Reason);
    }

    [Fact]
    public void Refuses_a_token_of_another_scope_with_a_reason_of_its_own()
    {
        var zed = PolicySet.Load(new PolicyOptions { Defaults = "zed" }).Set!;
        var system = Some.CallerWith(("roles", new object?[] { "admin" }), ("system_scope", "all"), ("project_id", null), ("user_id", "u1"));
        Assert.Equal("scope_mismatch", zed.Decide("os_compute_api:os-migrate-server:migrate", system, Some.Server()).Reason);
        var lenient = PolicySet.Load(new PolicyOptions { Defaults = "zed", EnforceScope = false }).Set!;
        Assert.True(lenient.Decide("os_compute_api:os-migrate-server:migrate", system, Some.Server()).Allowed);
    }

    [Fact]
    public void Counts_the_former_default_while_new_defaults_are_not_enforced()
    {
        var reader = Some.Caller(roles: "reader");
        const string Action = "os_compute_api:os-multinic:add";
        Assert.False(PolicySet.Load(new PolicyOptions { Defaults = "zed" }).Set!.Decide(Action, reader, Some.Server()).Allowed);
        Assert.True(PolicySet.Load(new PolicyOptions { Defaults = "zed", EnforceNewDefaults = false }).Set!.Decide(Action, reader, Some.Server()).Allowed);
    }

    [Theory]
    [InlineData("t: not x:%(absent)s", "undetermined:missing_target")]
    [InlineData("t: not rule:r\nr: x:%(absent)s", "undetermined:missing_target")]
    [InlineData("t: '@ and not (role:nobody and x:%(absent)s) and not x:%(absent)s'", "undetermined:missing_target")]
    public void Never_lets_strict_allow_by_the_negation_of_what_could_not_be_evaluated(string rules, string reason)
    {
        Assert.Equal(reason, PolicyDirectory.Rules(rules).Decide("t", Some.Caller(roles: "member"), Some.Server()).Reason);
        Assert.True(PolicyDirectory.Rules(rules, Semantics.Oslo).Decide("t", Some.Caller(roles: "member"), Some.Server()).Allowed);
    }

    [Fact]
    public void Lets_strict_allow_where_the_rest_of_a_negation_is_surely_false() =>
        Assert.True(PolicyDirectory.Rules("t: not (x:%(absent)s and role:nobody)").Decide("t", Some.Caller(roles: "member"), Some.Server()).Allowed);

    [Theory]
    [InlineData("t: 1a:x", "check_error:SyntaxError")]
    [InlineData("t: user_id.name:x", "check_error:TypeError")]
    [InlineData("t: user_id:50%", "check_error:ValueError")]
    [InlineData("t: rule:t", "check_error:RecursionError")]
    [InlineData("t: '('", "check_error:AttributeError")]
    public void Denies_and_names_what_the_original_raises(string rules, string reason) =>
        Assert.Equal(reason, PolicyDirectory.Rules(rules, Semantics.Oslo).Decide("t", Some.Caller(roles: "member"), Some.Server()).Reason);

    [Theory]
    [InlineData("admin", Foresight.Allowed)]
    [InlineData("member", Foresight.DependsOnTarget)]
    public void Foresees_whether_a_back_up_depends_on_the_server(string role, Foresight expected) =>
        Assert.Equal(expected, Seed.Foresee(Backup, Some.Caller(roles: role)));

    [Fact]
    public void Foresees_a_denial_without_looking_at_the_server()
    {
        Assert.Equal(Foresight.Denied, Seed.Foresee("os_compute_api:os-migrate-server:migrate", Some.Caller(roles: "member")));
        Assert.Equal(Foresight.Denied, Seed.Foresee("os_compute_api:nothing", Some.Caller(roles: "admin")));
        var zed = PolicySet.Load(new PolicyOptions { Defaults = "zed" }).Set!;
        Assert.Equal(Foresight.Denied, zed.Foresee(Backup, Some.Caller(roles: "guest")));
    }

    [Fact]
    public void Takes_the_default_rule_for_actions_without_one()
    {
        var policy = PolicyDirectory.Rules("default: role:admin\nt: '!'");
        Assert.True(policy.Decide("anything", Some.Caller(roles: "admin"), Some.Server()).Allowed);
        Assert.False(policy.Decide("anything", Some.Caller(roles: "member"), Some.Server()).Allowed);
    }

    [Fact]
    public void Decides_without_allocating()
    {
        var (member, admin, server) = (Some.Caller(roles: "member"), Some.Caller("p9", roles: "admin"), Some.Server());
        var policies = ReleaseDefaults.Names.Select(name => PolicySet.Load(new PolicyOptions { Defaults = name }).Set!).ToList();
        foreach (var policy in policies)
        {
            // The first question computes is_admin and keeps it with the caller.
            Ask(policy);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Ask(policy);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        void Ask(PolicySet policy)
        {
            policy.Decide(Backup, member, server);
            policy.Decide(Backup, admin, server);
            policy.Decide("os_compute_api:os-migrate-server:migrate", member, server);
            policy.Foresee(Backup, member);
        }
    }

    [Fact]
    public void Has_the_same_revision_for_the_same_content_and_another_for_every_change()
    {
        Assert.Equal(Seed.Revision, PolicySet.Load(new PolicyOptions()).Set!.Revision);
        Assert.Matches("^sha256:[0-9a-f]{64}$", Seed.Revision);
        string[] others =
        [
            PolicySet.Load(new PolicyOptions { Semantics = Semantics.Oslo }).Set!.Revision,
            PolicySet.Load(new PolicyOptions { Defaults = "zed" }).Set!.Revision,
            PolicySet.Load(new PolicyOptions { DefaultRule = "other" }).Set!.Revision,
            PolicyDirectory.Load("# nothing").Set!.Revision,
            PolicyDirectory.Load("# nothing else").Set!.Revision,
        ];
        Assert.Equal(others.Length + 1, others.Append(Seed.Revision).Distinct().Count());
    }

    [Fact]
    public void Is_of_its_files_until_one_of_them_changes_comes_or_goes()
    {
        using var directory = new PolicyDirectory();
        var options = new PolicyOptions { Defaults = "none", PolicyFile = directory.Write("policy.yaml", "a: role:x\n"), PolicyDirectories = [directory.Write("more/b.yaml", "b: role:y\n")[..^"/b.yaml".Length]] };
        var set = PolicySet.Load(options).Set!;
        Assert.True(set.IsOf(options));

        directory.Write("more/c.yaml", "c: role:z\n");
        Assert.False(set.IsOf(options));
        File.Delete(Path.Combine(directory.Root, "more/c.yaml"));
        Assert.True(set.IsOf(options));

        directory.Write("policy.yaml", "a: role:y\n");
        Assert.False(set.IsOf(options));
        File.Delete(Path.Combine(directory.Root, "policy.yaml"));
        Assert.False(set.IsOf(options));
    }
}
