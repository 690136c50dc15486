namespace Gateway.Casbin.Tests.Enforcing;

public sealed class ManagementTests
{
    private const string Csv = "p, alice, data1, read\np, bob, data2, write\np, admin, data2, read\ng, alice, admin";

    [Fact]
    public void Adds_removes_and_updates_rows()
    {
        var enforcer = Create();
        Assert.False(enforcer.Enforce("carol", "data1", "read"));
        Assert.True(enforcer.AddPolicy("carol", "data1", "read"));
        Assert.True(enforcer.Enforce("carol", "data1", "read"));
        Assert.False(enforcer.AddPolicy("carol", "data1", "read"));
        Assert.True(enforcer.UpdatePolicy(["carol", "data1", "read"], ["carol", "data1", "write"]));
        Assert.False(enforcer.UpdatePolicy(["carol", "data1", "read"], ["carol", "data1", "x"]));
        Assert.False(enforcer.UpdatePolicy(["carol", "data1", "write"], ["alice", "data1", "read"]));
        Assert.False(enforcer.Enforce("carol", "data1", "read"));
        Assert.True(enforcer.Enforce("carol", "data1", "write"));
        Assert.True(enforcer.RemovePolicy("carol", "data1", "write"));
        Assert.False(enforcer.RemovePolicy("carol", "data1", "write"));
        Assert.False(enforcer.Enforce("carol", "data1", "write"));
        Assert.Equal(4, enforcer.Policies.Count);
    }

    [Fact]
    public void Several_rows_change_together_or_not_at_all()
    {
        var enforcer = Create();
        Assert.False(enforcer.AddPolicies([["x", "y", "z"], ["alice", "data1", "read"]]));
        Assert.False(enforcer.HasPolicy("x", "y", "z"));
        Assert.True(enforcer.AddPolicies([["x", "y", "z"], ["x", "y", "w"]]));
        Assert.False(enforcer.RemovePolicies([["x", "y", "z"], ["no", "such", "row"]]));
        Assert.True(enforcer.HasPolicy("x", "y", "z"));
        Assert.True(enforcer.RemoveFilteredPolicy(0, "x"));
        Assert.False(enforcer.RemoveFilteredPolicy(0, "x"));
        Assert.False(enforcer.RemoveFilteredPolicy(0, "", ""));
        Assert.Equal(3, enforcer.GetPolicy().Length);
        Assert.True(enforcer.AddGroupingPolicies([["carol", "admin"], ["dave", "admin"]]));
        Assert.True(enforcer.Enforce("dave", "data2", "read"));
        Assert.True(enforcer.RemoveGroupingPolicies([["carol", "admin"], ["dave", "admin"]]));
        Assert.False(enforcer.Enforce("dave", "data2", "read"));
    }

    [Fact]
    public void Reads_rows_by_field()
    {
        var enforcer = Create();
        Assert.Equal(["p, bob, data2, write", "p, admin, data2, read"], enforcer.GetFilteredPolicy(1, "data2").Select(row => row.ToString()));
        Assert.Equal(["p, admin, data2, read"], enforcer.GetFilteredPolicy(1, "data2", "read").Select(row => row.ToString()));
        Assert.Equal(3, enforcer.GetFilteredPolicy(0, "", "").Length);
        Assert.Empty(enforcer.GetFilteredPolicy(7, "x"));
        Assert.Equal(["g, alice, admin"], enforcer.GetFilteredGroupingPolicy(1, "admin").Select(row => row.ToString()));
        Assert.True(enforcer.HasGroupingPolicy("alice", "admin"));
        Assert.Equal(["alice", "bob", "admin"], enforcer.GetAllSubjects());
        Assert.Equal(["data1", "data2"], enforcer.GetAllObjects());
        Assert.Equal(["read", "write"], enforcer.GetAllActions());
        Assert.Equal(["admin"], enforcer.GetAllRoles());
    }

    [Fact]
    public void A_change_that_cannot_be_compiled_changes_nothing()
    {
        var enforcer = Create();
        Assert.Equal("policy: `p` has 3 fields (sub, obj, act), this row has 1; quote a field that holds a comma", Some.Refusal(() => enforcer.AddPolicy("carol")));
        Assert.Equal("policy: the model defines no `p9`; there are `g`, `p`", Some.Refusal(() => enforcer.AddNamedPolicy("p9", "carol")));
        Assert.Equal(4, enforcer.Policies.Count);
        Assert.True(enforcer.Enforce("alice", "data2", "read"));
    }

    [Fact]
    public void A_policy_set_is_never_changed()
    {
        var enforcer = Create();
        var before = enforcer.Policies;
        enforcer.ChangePolicy(policies => policies.With(new PolicyRow("p", "x", "y", "z")).Without(new PolicyRow("p", "alice", "data1", "read")));
        Assert.Equal(4, before.Count);
        Assert.True(before.Contains(new PolicyRow("p", "alice", "data1", "read")));
        Assert.True(enforcer.Policies.Contains(new PolicyRow("p", "x", "y", "z")));
        Assert.False(enforcer.ChangePolicy(policies => policies));
    }

    [Fact]
    public void Loads_what_passes_a_filter()
    {
        var enforcer = Create();
        enforcer.LoadFilteredPolicy(new Filter { P = ["", "data2"], G = ["nobody"] });
        Assert.True(enforcer.IsFiltered);
        Assert.Equal(["p, bob, data2, write", "p, admin, data2, read"], enforcer.Policies.All.Select(row => row.ToString()));
        enforcer.LoadIncrementalFilteredPolicy(new Filter { P = ["nobody"] });
        Assert.True(enforcer.Enforce("alice", "data2", "read"));
        Assert.False(enforcer.Enforce("alice", "data1", "read"));
        Assert.Equal("only part of the policy is loaded, and saving it would lose the rest; load all of it first", Some.Refusal(() =>
        {
            enforcer.SavePolicy();
            return null;
        }));
        enforcer.LoadPolicy();
        Assert.False(enforcer.IsFiltered);
        enforcer.LoadIncrementalFilteredPolicy(new Filter { P = ["nobody"] });
        Assert.False(enforcer.IsFiltered);
        Assert.True(enforcer.Enforce("alice", "data1", "read"));
    }

    [Fact]
    public void A_reload_keeps_to_the_filters()
    {
        var enforcer = Create();
        var watcher = new Watcher();
        enforcer.SetWatcher(watcher);
        enforcer.LoadFilteredPolicy(new Filter { P = ["alice"], G = ["nobody"] });
        enforcer.LoadIncrementalFilteredPolicy(new Filter { P = ["bob"], G = ["nobody"] });
        watcher.Callback!();
        Assert.True(enforcer.IsFiltered);
        Assert.Equal(["p, alice, data1, read", "p, bob, data2, write"], enforcer.Policies.All.Select(row => row.ToString()));
    }

    [Fact]
    public void Saves_and_loads_a_file()
    {
        var folder = Directory.CreateTempSubdirectory("casbin-policy-");
        try
        {
            var path = Path.Combine(folder.FullName, "policy.csv");
            File.WriteAllText(path, Csv);
            var enforcer = new Enforcer(Some.Model(Matcher, roles: "g = _, _"), new FileAdapter(path));
            enforcer.AddPolicy("carol", "a, \"b\"", "read");
            enforcer.SavePolicy();
            Assert.Equal("p, alice, data1, read\np, bob, data2, write\np, admin, data2, read\np, carol, \"a, \"\"b\"\"\", read\ng, alice, admin\n", File.ReadAllText(path));
            enforcer.RemovePolicy("alice", "data1", "read");
            enforcer.LoadPolicy();
            Assert.True(enforcer.Enforce("alice", "data1", "read"));
            Assert.True(enforcer.Enforce("carol", "a, \"b\"", "read"));

            enforcer.AddPolicy("carol", "a\nb", "read");
            Assert.Equal($"{path}: a row of type `p` holds a line break, which a policy file cannot; remove it from the field", Some.Refusal(() =>
            {
                enforcer.SavePolicy();
                return null;
            }));
            Assert.Equal(5, File.ReadAllLines(path).Length);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_watcher_announces_changes_and_reloads()
    {
        var rows = new List<PolicyRow> { new("p", "alice", "data1", "read") };
        var enforcer = new Enforcer(Some.Model(), new RowsAdapter(rows));
        var watcher = new Watcher();
        enforcer.SetWatcher(watcher);
        enforcer.AddPolicy("bob", "data1", "read");
        Assert.Equal(1, watcher.Updates);

        rows.Add(new PolicyRow("p", "carol", "data1", "read"));
        watcher.Callback!();
        Assert.Equal(1, watcher.Updates);
        Assert.True(enforcer.Enforce("carol", "data1", "read"));
        Assert.False(enforcer.Enforce("bob", "data1", "read"));

        rows.Add(new PolicyRow("p", "broken"));
        Assert.Throws<CasbinException>(watcher.Callback);
        Assert.True(enforcer.Enforce("carol", "data1", "read"));
        Assert.Equal("RowsAdapter cannot store a policy; use an adapter that implements IAdapter", Some.Refusal(() =>
        {
            enforcer.SavePolicy();
            return null;
        }));
    }

    [Fact]
    public async Task Decisions_go_on_while_the_policy_changes()
    {
        var enforcer = Create();
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            var decisions = 0L;
            while (!done.IsCancellationRequested)
            {
                // Every revision has both rows or neither, so a decision may not see one of them.
                Assert.True(enforcer.Enforce("alice", "data1", "read"));
                var (allowed, explanation) = enforcer.EnforceEx("eve", "data1", "read");
                Assert.Equal(allowed, explanation.Count == 1);
                decisions++;
            }

            return decisions;
        })).ToList();
        for (var i = 0; i < 200; i++)
        {
            Assert.True(enforcer.AddPolicies([["eve", "data1", "read"], ["eve", "data1", "write"]]));
            Assert.True(enforcer.RemoveFilteredPolicy(0, "eve"));
        }

        await done.CancelAsync();
        Assert.All(await Task.WhenAll(readers), decisions => Assert.True(decisions >= 0));
        Assert.Equal(4, enforcer.Policies.Count);
    }

    private const string Matcher = "g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act";

    private static Enforcer Create() => Some.Enforcer(Some.Model(Matcher, roles: "g = _, _"), Csv);

    private sealed class Watcher : IWatcher
    {
        public int Updates { get; private set; }

        public Action? Callback { get; private set; }

        public void SetUpdateCallback(Action callback) => Callback = callback;

        public void Update() => Updates++;
    }
}
