namespace Gateway.Casbin.Tests.Enforcing;

/// <summary>The model that rules of the gateway's policy are compiled to: typed functions and a rule per row.</summary>
public sealed class RuleModelTests
{
    private const string Conf = """
        [request_definition]
        r = creds, target, act
        [policy_definition]
        p = act, rule, scope
        [policy_effect]
        e = some(where (p.eft == allow))
        [matchers]
        m = r.act == p.act && scope(r.creds, p.scope) && eval(p.rule)
        """;

    private const string Csv = """
        p, servers:reboot, "((role(r.creds, r.target, 'member') && attr(r.creds, r.target, 'project_id', '%(project_id)s')) || role(r.creds, r.target, 'admin'))", project
        p, servers:lock, "role(r.creds, r.target, 'admin')", project
        p, servers:list, true, project
        p, servers:never, false, project
        """;

    private static readonly Caller Member = new(["member"], "p1", "project");
    private static readonly Caller Admin = new(["admin"], "p9", "project");
    private static readonly Caller System = new(["admin"], "", "system");
    private static readonly Caller Server = new([], "p1", "");

    public static TheoryData<string, string, bool> Decisions => new()
    {
        { "member", "servers:reboot", true },
        { "member", "servers:lock", false },
        { "member", "servers:list", true },
        { "member", "servers:never", false },
        { "member", "servers:unknown", false },
        { "admin", "servers:reboot", true },
        { "admin", "servers:lock", true },
        { "system", "servers:lock", false },
    };

    [Theory]
    [MemberData(nameof(Decisions))]
    public void Decides_by_the_row_of_the_action(string who, string action, bool allowed)
    {
        var creds = who switch { "member" => Member, "admin" => Admin, _ => System };
        Assert.Equal(allowed, Create().Enforce(creds, Server, action));
    }

    [Fact]
    public void Explains_by_the_row()
    {
        var (allowed, explanation) = Create().EnforceEx(Admin, Server, "servers:lock");
        Assert.True(allowed);
        var row = Assert.Single(explanation);
        Assert.Equal("servers:lock", row.Values[0]);
        Assert.Equal("rules.csv", row.File);
        Assert.Equal(2, row.Line);
        Assert.Empty(Create().EnforceEx(Member, Server, "servers:lock").Explanation);
    }

    [Fact]
    public void Does_not_allocate()
    {
        var enforcer = Create();
        var allowed = Count(enforcer);
        var before = GC.GetAllocatedBytesForCurrentThread();
        allowed += Count(enforcer);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(2 * 15_000, allowed);
    }

    [Fact]
    public void Lets_the_exception_of_a_function_through_unchanged()
    {
        var thrown = new InvalidOperationException("the store is gone");
        var options = new EnforcerOptions { Functions = new FunctionMap().Add<string, bool>("check", _ => throw thrown) };
        var enforcer = Some.Enforcer(Some.Model("check(r.sub)"), "", options);
        Assert.Same(thrown, Assert.Throws<InvalidOperationException>(() => enforcer.Enforce("alice", "data", "read")));
    }

    [Fact]
    public void Stops_at_the_operand_that_decides()
    {
        var calls = new List<string>();
        var options = new EnforcerOptions
        {
            Functions = new FunctionMap().Add<string, bool>("say", text =>
            {
                calls.Add(text);
                return text.StartsWith('y');
            }),
        };
        var enforcer = Some.Enforcer(Some.Model("say('yes') && (say('no') || say('y2') || say('y3')) && !say('no2') && say('last')"), "", options);
        Assert.False(enforcer.Enforce("", "", ""));
        Assert.Equal(["yes", "no", "y2", "no2", "last"], calls);
    }

    [Fact]
    public void Evaluates_no_row_that_the_action_excludes()
    {
        var calls = 0;
        var options = new EnforcerOptions { Functions = new FunctionMap().Add<string, bool>("check", _ => ++calls > 0) };
        var model = Some.Model("check(p.sub) && r.act == p.act", policy: "sub, act");
        var enforcer = Some.Enforcer(model, "p, alice, read\np, bob, write\np, carol, write", options);
        Assert.True(enforcer.Enforce("", "", "write"));
        Assert.Equal(1, calls);
    }

    [Fact]
    public void Refuses_a_rule_that_does_not_compile_with_file_line_and_column()
    {
        Assert.Equal(
            "rules.csv:2: `p.rule`:1: unknown function `rol`; there are `eval`, `globMatch`, `ipMatch`, `keyGet`, `keyGet2`, `keyGet3`, `keyMatch`, `keyMatch2`, `keyMatch3`, `keyMatch4`, `keyMatch5`, `regexMatch`, `role`, `scope`",
            Some.Refusal(() => Create("p, a, true, project\np, b, \"rol(r.creds, 'x')\", project", withAttr: false)));
        Assert.Equal(
            "rules.csv:1: `p.rule`:33: the expression ends where `)` is expected",
            Some.Refusal(() => Create("p, a, \"role(r.creds, r.target, 'member'\", project")));
        Assert.Equal(
            "rules.csv:1: `p.rule`:6: `r` has no field `cred`; there are `creds`, `target`, `act`",
            Some.Refusal(() => Create("p, a, \"role(r.cred, r.target, 'member')\", project")));
        Assert.Equal(
            "rules.csv:1: `p.rule`:1: `role` takes 3 arguments, not 2",
            Some.Refusal(() => Create("p, a, \"role(r.creds, 'member')\", project")));
        Assert.Equal(
            "rules.csv:1: `p.rule`:1: an expression is missing; `true` and `false` are expressions",
            Some.Refusal(() => Create("p, a, , project")));
    }

    [Fact]
    public void Refuses_a_matcher_that_does_not_compile_also_without_rows()
    {
        Assert.StartsWith("model.conf:9:5: unknown function `nope`; ", Some.Refusal(() => Some.Enforcer(Some.Model("nope(r.sub, p.sub)"), "")), StringComparison.Ordinal);
        Assert.Equal("model.conf:9:5: `keyMatch` takes 2 arguments, not 1", Some.Refusal(() => Some.Enforcer(Some.Model("keyMatch(p.sub)"), "")));
        Assert.Equal("model.conf:9:14: `p` has no field `rule`; there are `sub`, `obj`, `act`", Some.Refusal(() => Some.Enforcer(Some.Model("r.sub == p.rule"), "")));
    }

    [Fact]
    public void Refuses_a_request_value_of_another_type_than_the_function_takes()
    {
        Assert.Equal(
            "argument 1 of `scope` is a String; it wants Caller",
            Some.Refusal(() => Create().Enforce("alice", Server, "servers:lock")));
        Assert.Equal(
            "the request has 2 values; the model's request definition has 3",
            Some.Refusal(() => Create().Enforce(Member, "servers:lock")));
    }

    [Fact]
    public void Prepares_a_function_once_per_row()
    {
        var prepared = new List<string>();
        var options = new EnforcerOptions
        {
            Functions = new FunctionMap().AddPrepared<Caller, bool>("has", 1, constants =>
            {
                prepared.Add(constants[0]);
                return caller => caller.Roles.Contains(constants[0]);
            }),
        };
        var enforcer = new Enforcer(
            Some.Model("has(r.sub, p.role)", policy: "role"), new TextAdapter("p, member\np, admin"), options);
        Assert.True(enforcer.Enforce(Member, "", ""));
        Assert.True(enforcer.Enforce(Admin, "", ""));
        Assert.False(enforcer.Enforce(Server, "", ""));
        Assert.Equal(["member", "admin"], prepared);
    }

    [Fact]
    public void Refuses_the_load_when_preparing_fails()
    {
        var options = new EnforcerOptions
        {
            Functions = new FunctionMap().AddPrepared<string, bool>("has", 1, _ => throw new FormatException("bad template")),
        };
        Assert.Equal(
            "policy.csv:2: `has`: bad template",
            Some.Refusal(() => Some.Enforcer(Some.Model("has(r.sub, p.role)", policy: "role"), "\np, member", options)));
        Assert.Equal(
            "model.conf:9:16: this argument of `has` must be known when the policy loads: text in quotes or a field of the row",
            Some.Refusal(() => Some.Enforcer(Some.Model("has(r.sub, r.act)", policy: "role"), "p, member", options)));
    }

    private static int Count(Enforcer enforcer)
    {
        var allowed = 0;
        for (var i = 0; i < 5_000; i++)
        {
            allowed += enforcer.Enforce(Member, Server, "servers:reboot") ? 1 : 0;
            allowed += enforcer.Enforce(Admin, Server, "servers:lock") ? 1 : 0;
            allowed += enforcer.EnforceEx(Admin, Server, "servers:list").Allowed ? 1 : 0;
            allowed += enforcer.Enforce(Member, Server, "servers:lock") ? 1 : 0;
        }

        return allowed;
    }

    private static Enforcer Create(string csv = Csv, bool withAttr = true)
    {
        var functions = new FunctionMap()
            .Add<Caller, Caller, string, bool>("role", (creds, _, name) => creds.Roles.Contains(name))
            .Add<Caller, string, bool>("scope", (creds, scope) => creds.Scope == scope);
        if (withAttr)
            functions.Add<Caller, Caller, string, string, bool>("attr", (creds, target, _, _) => creds.Project == target.Project);
        return new Enforcer(DefaultModel.CreateFromText(Conf), new TextAdapter(csv, "rules.csv"), new EnforcerOptions { Functions = functions });
    }

    private sealed record Caller(HashSet<string> Roles, string Project, string Scope);
}
