using Gateway.Policy.Analysis;

namespace Gateway.Policy.Tests.Analysis;

public sealed class PolicyDiffTests
{
    private const string Owner = "project_id:%(project_id)s";

    [Theory]
    [InlineData("role:admin", "role:ADMIN", PolicyChangeKind.Same)]
    [InlineData("role:a or role:b", "role:b or role:a", PolicyChangeKind.Same)]
    [InlineData("not (role:a and role:b)", "not role:a or not role:b", PolicyChangeKind.Same)]
    [InlineData("role:a or role:a and role:b", "role:a", PolicyChangeKind.Same)]
    [InlineData("user_id:x and user_id:y", "!", PolicyChangeKind.Same)]
    [InlineData("user_id:x and not user_id:y", "user_id:x", PolicyChangeKind.Same)]
    [InlineData("role:a and role:b", "!", PolicyChangeKind.Narrowed)]
    [InlineData("role:a", "role:a or role:b", PolicyChangeKind.Widened)]
    [InlineData("role:a", "role:a and " + Owner, PolicyChangeKind.Narrowed)]
    [InlineData("role:a", "role:b", PolicyChangeKind.Both)]
    [InlineData(Owner, "user_id:%(user_id)s", PolicyChangeKind.Both)]
    [InlineData(Owner + " and user_id:%(user_id)s", Owner, PolicyChangeKind.Widened)]
    [InlineData("user_id:u and user_id:%(user_id)s", "user_id:u and 'u':%(user_id)s", PolicyChangeKind.Same)]
    [InlineData("system_scope:all and " + Owner, "system:all and " + Owner, PolicyChangeKind.Same)]
    [InlineData("'x':%(kind)s and 'y':%(kind)s", "!", PolicyChangeKind.Same)]
    [InlineData("'x':%(kind)s or 'y':%(kind)s", "'x':%(kind)s", PolicyChangeKind.Narrowed)]
    [InlineData("role:%(name)s and 'a':%(name)s", "role:a and 'a':%(name)s", PolicyChangeKind.Same)]
    [InlineData("role:%(name)s", "role:a and 'a':%(name)s", PolicyChangeKind.Narrowed)]
    [InlineData("http://h/x", "http://h/x or role:a", PolicyChangeKind.Widened)]
    [InlineData("@ or http://h/x", "@", PolicyChangeKind.Same)]
    [InlineData("http://h/x or @", "@", PolicyChangeKind.Widened)]
    [InlineData("token.user:a", "token.user:a or token.user:b", PolicyChangeKind.Widened)]
    [InlineData("service_roles:a", "service_roles:a or service_roles:b", PolicyChangeKind.Widened)]
    [InlineData("service_roles:a and service_roles:b", "!", PolicyChangeKind.Narrowed)]
    [InlineData("roles:Admin", "role:admin", PolicyChangeKind.Widened)]
    [InlineData("user_id:%(project_id)s and " + Owner, "user_id:%(project_id)s", PolicyChangeKind.Widened)]
    public void Tells_how_the_meaning_changes(string before, string after, PolicyChangeKind kind)
    {
        var change = PolicyDiff.Compare(PolicyText.Load($"\"a\": \"{before}\""), PolicyText.Load($"\"a\": \"{after}\""), "a");

        Assert.Equal(kind, change.Kind);
        Assert.Equal(kind is PolicyChangeKind.Widened or PolicyChangeKind.Both, change.Widening is not null);
        Assert.Equal(kind is PolicyChangeKind.Narrowed or PolicyChangeKind.Both, change.Narrowing is not null);
    }

    [Theory]
    [InlineData("role:a", "role:a or role:b", """{"roles":["b"]} on {}""")]
    [InlineData("role:a", "@", """{"roles":[]} on {}""")]
    [InlineData(Owner, "@", """{"roles":[],"project_id":"project-1"} on {"project_id":"project-2"}""")]
    [InlineData("role:a and role:b and role:c", "role:a and role:b", """{"roles":["a","b"]} on {}""")]
    [InlineData("!", "role:a and role:b or role:c", """{"roles":["c"]} on {}""")]
    [InlineData("!", Owner, """{"roles":[],"project_id":"project-1"} on {"project_id":"project-1"}""")]
    [InlineData("!", "user_id:%(user_id)s and not " + Owner, """{"roles":[],"project_id":"project-1","user_id":"user-1"} on {"project_id":"project-2","user_id":"user-1"}""")]
    [InlineData("!", "system_scope:all", """{"roles":[],"system_scope":"all"} on {}""")]
    [InlineData("!", "http://h/%(id)s", """{"roles":[]} on {"id":"id-1"} when http://h/id-1 answers True""")]
    [InlineData("!", "token.user.id:x", """{"roles":[],"token":{"user":{"id":"x"}}} on {}""")]
    public void Shows_the_smallest_caller_and_target_of_a_widening(string before, string after, string witness)
    {
        var change = PolicyDiff.Compare(PolicyText.Load($"\"a\": \"{before}\""), PolicyText.Load($"\"a\": \"{after}\""), "a");

        Assert.Equal(witness, change.Widening?.ToString());
    }

    [Theory]
    [InlineData("role:a", "role:a or role:b and " + Owner, "role:b and project_id:%(project_id)s and not role:a")]
    [InlineData(Owner, "@", "not project_id:%(project_id)s")]
    [InlineData("!", "role:a or role:b", "role:a|role:b")]
    [InlineData("!", "@", "any authenticated caller")]
    public void Says_when_an_action_is_newly_allowed(string before, string after, string when)
    {
        var change = PolicyDiff.Compare(PolicyText.Load($"\"a\": \"{before}\"", semantics: Semantics.Oslo), PolicyText.Load($"\"a\": \"{after}\"", semantics: Semantics.Oslo), "a");

        Assert.Equal(when, string.Join('|', change.WidenedWhen));
    }

    [Fact]
    public void Names_the_new_way_where_the_exceptions_are_too_many_to_list()
    {
        var roles = string.Join(" or ", Enumerable.Range(1, 20).Select(number => $"role:r{number}"));

        var change = PolicyDiff.Compare(PolicyText.Load($"\"a\": \"{roles}\""), PolicyText.Load($"\"a\": \"{roles} or role:new\""), "a");

        Assert.Equal(["role:new (as far as the other does not allow it)"], change.WidenedWhen);
        Assert.Equal("""{"roles":["new"]} on {}""", change.Widening!.ToString());
    }

    [Fact]
    public void Compares_rules_of_many_pairs()
    {
        var pairs = string.Join(" or ", Enumerable.Range(1, 40).Select(number => $"role:a{number} and role:b{number}"));
        var swapped = string.Join(" or ", Enumerable.Range(1, 40).Reverse().Select(number => $"role:B{number} and role:A{number}"));

        Assert.Equal(PolicyChangeKind.Same, PolicyDiff.Compare(PolicyText.Load($"\"a\": \"{pairs}\""), PolicyText.Load($"\"a\": \"{swapped}\""), "a").Kind);
    }

    [Fact]
    public void Follows_references_the_default_rule_and_the_computed_admin_flag()
    {
        var before = PolicyText.Load("""
            "context_is_admin": "role:admin"
            "admin_or_owner": "is_admin:True or project_id:%(project_id)s"
            "default": "rule:admin_or_owner"
            "a": "rule:admin_or_owner"
            """);
        var after = PolicyText.Load("""
            "context_is_admin": "role:admin or role:operator"
            "default": "role:admin or project_id:%(project_id)s"
            """);

        Assert.Equal(PolicyChangeKind.Same, PolicyDiff.Compare(before, after, "a").Kind);
        Assert.Equal(PolicyChangeKind.Same, PolicyDiff.Compare(before, after, "unheard-of").Kind);
        var flag = PolicyDiff.Compare(before, PolicyText.Load("""
            "context_is_admin": "role:admin or role:operator"
            "a": "is_admin:True or project_id:%(project_id)s"
            """), "a");
        Assert.Equal(["role:operator and not role:admin and not project_id:%(project_id)s"], flag.WidenedWhen.Where(way => way.StartsWith("role:operator", StringComparison.Ordinal)));
        Assert.Equal(PolicyChangeKind.Widened, flag.Kind);
    }

    [Fact]
    public void Sees_a_changed_scope_of_the_registered_default()
    {
        const string action = "os_compute_api:os-services:list";
        var any = PolicyText.Load("", "2025.2", with: options => options with { EnforceScope = false });
        var scoped = PolicyText.Load("", "2025.2");

        var change = PolicyDiff.Compare(scoped, any, action);

        Assert.Equal(PolicyChangeKind.Widened, change.Kind);
        Assert.NotEqual("project", change.Widening!.Credentials.ContainsKey("system_scope") ? "system" : change.Widening.Credentials.ContainsKey("domain_id") ? "domain" : "project");
    }

    [Fact]
    public void Prefers_a_token_that_an_identity_service_issues()
    {
        var ordinary = PolicyDiff.Compare(PolicyText.Load("\"a\": \"!\""), PolicyText.Load("\"a\": \"system_scope:all and not project_id:p\""), "a");
        var odd = PolicyDiff.Compare(PolicyText.Load("\"a\": \"!\""), PolicyText.Load("\"a\": \"system_scope:all and project_id:p\""), "a");

        Assert.True(ordinary.Widening!.IsOrdinaryToken);
        Assert.False(odd.Widening!.IsOrdinaryToken);
    }

    [Fact]
    public void Compares_the_two_semantics_of_one_file()
    {
        const string yaml = "\"a\": \"not project_id:%(project_id)s\"";

        var change = PolicyDiff.Compare(PolicyText.Load(yaml), PolicyText.Load(yaml, semantics: Semantics.Oslo), "a");

        Assert.Equal(PolicyChangeKind.Widened, change.Kind);
        Assert.False(change.Widening!.Target.ContainsKey("project_id"));
    }

    [Fact]
    public void Lists_actions_and_not_the_helpers_they_refer_to()
    {
        var before = PolicyText.Load("\"helper\": \"role:a\"\n\"act\": \"rule:helper\"");
        var after = PolicyText.Load("\"helper\": \"role:b\"\n\"act\": \"rule:helper\"");

        Assert.Equal(["act"], PolicyDiff.Compare(before, after).Select(change => change.Action));
    }

    [Fact]
    public void Compares_every_pair_of_neighbouring_releases_and_confirms_each_witness()
    {
        foreach (var (older, newer) in ReleaseDefaults.Names.Zip(ReleaseDefaults.Names.Skip(1)))
        {
            var changes = PolicyDiff.Compare(PolicyText.Defaults(older), PolicyText.Defaults(newer));

            Assert.Equal(changes.Count(change => change.Kind is PolicyChangeKind.Widened or PolicyChangeKind.Both), changes.Count(change => change.Widening is not null));
            Assert.All(changes, change => Assert.DoesNotContain("in further cases", change.WidenedWhen.Concat(change.NarrowedWhen)));
        }
    }

    [Fact]
    public void A_release_means_the_same_as_itself()
    {
        Assert.All(PolicyDiff.Compare(PolicyText.Defaults("2025.2"), PolicyText.Defaults("2025.2")), change => Assert.Equal(PolicyChangeKind.Same, change.Kind));
    }
}
