using System.Text.Json;
using Gateway.Limits;
using NJsonSchema;
using Xunit;
using YamlDotNet.Serialization;

namespace Gateway.Tests.Limits;

public sealed class LimitFileTests
{
    [Fact]
    public void Reads_every_key()
    {
        var set = Some.Loaded("""
            groups:
              moves: [migrate, os-migrateLive]
            limits:
              - name: moves
                per: [user, action]
                actions: [moves, createBackup]
                rate: 7/second
                burst: 3
                mode: shadow
              - name: all
                per: global
                actions: ["*"]
                rate: 600/minute
            """);

        var (moves, all) = (set.Limits[0], set.Limits[1]);
        Assert.Equal("moves", moves.Name);
        Assert.Equal(LimitScope.User | LimitScope.Action, moves.Scope);
        Assert.Equal(["createBackup", "migrate", "os-migrateLive"], moves.Actions!.Order(StringComparer.Ordinal));
        Assert.Equal((7, "second", 3, LimitMode.Shadow), (moves.Numbers.Count, moves.Numbers.Unit.Word, moves.Numbers.Burst, moves.Mode));
        Assert.Equal(142_858, moves.Numbers.Interval);
        Assert.Equal((LimitScope.Global, null, 600, LimitMode.Enforce), (all.Scope, all.Actions, all.Numbers.Burst, all.Mode));
    }

    [Fact]
    public void Refuses_aliases_and_what_is_nested_without_end()
    {
        var bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + string.Concat("bcdefghi".Select(c => $"{c}: &{c} [{string.Join(", ", Enumerable.Repeat($"*{(char)(c - 1)}", 10))}]\n"));

        Assert.Equal(["limits.yaml:2: `*a` is an alias; write out what it stands for"], Some.Problems(bomb + "limits: [*i]\n"));
        Assert.Equal(["limits.yaml:1: is nested deeper than 16 levels; a limit has no such depth"], Some.Problems($"limits: {new string('[', 100_000)}"));
    }

    [Fact]
    public void Reads_what_a_limit_may_say_beyond_its_rate()
    {
        var set = Some.Loaded("""
            limits:
              - name: creations
                per: [project, network]
                actions: ["servers:create"]
                rate: 50/hour
                cost: { fields: [server.max_count, server.min_count], least: 2 }
                exempt: { roles: [operator], users: [u1], projects: [p1], networks: [10.0.0.0/8, "2001:db8::1"] }
                projects:
                  p2: { rate: 500/hour, burst: 100 }
                prefix: { ipv4: 24, ipv6: 56 }
                without_redis: allow
              - name: moves
                per: cluster
                actions: [os-migrateLive]
                concurrent: 2
                lease: 60
                hold: 600
                without_redis: deny
              - name: probing
                per: user
                actions: ["*"]
                counts: denials
                rate: 30/minute
                cost: 3
            """);

        var (creations, moves, probing) = (set.Limits[0], set.Limits[1], set.Limits[2]);
        Assert.Equal((LimitScope.Project | LimitScope.Network, 2, WithoutRedis.Allow), (creations.Scope, creations.Cost.Fixed, creations.WithoutRedis));
        Assert.Equal(["server.max_count", "server.min_count"], creations.Cost.Fields);
        Assert.Equal(new SourceNetwork(24, 56), creations.Network);
        Assert.Equal((500, 100), (creations.Projects!["p2"].Count, creations.Projects["p2"].Burst));
        Assert.Equal(["10.0.0.0/8", "2001:db8::1/128"], creations.Exempt!.Networks.Select(network => network.ToString()));
        Assert.Equal((true, 2, 60, 600), (moves.IsConcurrency, moves.Numbers.Concurrent, (int)moves.Lease.TotalSeconds, (int)moves.Hold.TotalSeconds));
        Assert.Equal((LimitCounts.Denials, 3), (probing.Counts, probing.Cost.Fixed));
        Assert.True(set.CountsDenials);
        Assert.Equal(["probing"], set.For("migrate", LimitCounts.Denials).Select(met => met.Limit.Name));
        Assert.Empty(set.For("migrate", LimitCounts.Calls));
    }

    [Theory]
    [InlineData("DELETE /servers/**", "servers:delete", "servers:create")]
    [InlineData("* /servers/{server_id}/action", "createBackup", "servers:delete")]
    [InlineData("GET /os-hosts/*", "hosts:show", "hosts:reboot")]
    [InlineData("GET *", "hosts:reboot", "createBackup")]
    [InlineData("POST /servers", "servers:create", "createBackup")]
    public void Takes_a_class_of_calls_by_method_and_path(string word, string inside, string outside)
    {
        var set = Some.Loaded($"limits:\n  - {{name: a, per: user, actions: ['{word}'], rate: 1/minute}}");

        Assert.Equal(["a"], Names(set, inside));
        Assert.Empty(Names(set, outside));
    }

    [Fact]
    public void Decides_by_the_action_what_happens_without_Redis_when_the_file_does_not_say()
    {
        var set = Some.Loaded("limits:\n  - {name: a, per: user, actions: ['*'], rate: 1/minute}");

        Assert.Equal(
            [WithoutRedis.Deny, WithoutRedis.Deny, WithoutRedis.Local, WithoutRedis.Local, WithoutRedis.Allow],
            new[] { "os-migrateLive", "forceDelete", "createBackup", "servers:create", "servers:list" }.Select(name => set.For(name, LimitCounts.Calls)[0].WithoutRedis));
    }

    [Fact]
    public void Weighs_calls_by_the_catalogue_when_asked_to()
    {
        var set = Some.Loaded("limits:\n  - {name: a, per: user, actions: ['*'], rate: 100/minute, cost: catalogue}");

        Assert.Equal([10, 20, 1], new[] { "createBackup", "migrate", "os-stop" }.Select(name => set.For(name, LimitCounts.Calls)[0].Weight));
    }

    [Theory]
    [InlineData("concurrent: 0", "`concurrent: 0` must be a number from 1 to 1000000")]
    [InlineData("concurrent: 2, rate: 1/minute", "`rate` and `concurrent` do not go together; write a limit for each")]
    [InlineData("concurrent: 2, burst: 3", "`burst` and `concurrent` do not go together; write a limit for each")]
    [InlineData("concurrent: 2, cost: 3", "`cost` is about rates; a call takes one place of `concurrent`")]
    [InlineData("concurrent: 2, counts: denials", "`counts: denials` needs a `rate`: a denied call is over at once")]
    [InlineData("concurrent: 2, lease: 100000", "`lease: 100000` must be a number from 1 to 86400")]
    [InlineData("rate: 1/minute, lease: 5", "`lease` is about `concurrent`; a rate has none")]
    [InlineData("rate: 1/minute, hold: 5", "`hold` is about `concurrent`; a rate has none")]
    [InlineData("rate: 1/minute, counts: refusals", "`counts: refusals` is unknown; known are calls, denials")]
    [InlineData("rate: 1/minute, without_redis: open", "`without_redis: open` is unknown; known are by_action, deny, local, allow")]
    [InlineData("rate: 1/minute, cost: dear", "`cost: dear` must be a number, `catalogue`, or `{fields: [server.max_count]}`")]
    [InlineData("rate: 1/minute, cost: {field: a}", "unknown key `field`; known are fields, least")]
    [InlineData("rate: 5/minute, cost: 6", "`a` could never let every call pass: it costs 6, and `burst` is 5; write `burst: 6` or more")]
    [InlineData("rate: 1/day, burst: 100000", "`burst` of `a` is 100000, which takes centuries to come back at 1/day; write `burst: 81018` or less")]
    [InlineData("rate: 15/minute, cost: catalogue", "`a` could never let `migrate` pass: it costs 20, and `burst` is 15; write `burst: 20` or more")]
    [InlineData("rate: 1/minute, exempt: {role: [admin]}", "unknown key `role`; known are roles, users, projects, networks")]
    [InlineData("rate: 1/minute, exempt: {roles: admin}", "`roles` must be a list with at least one entry, or be left out")]
    [InlineData("rate: 1/minute, exempt: []", "`exempt` must be a mapping with roles, users, projects, networks")]
    [InlineData("rate: 1/minute, exempt: {networks: [10.0.0.0/33]}", "`10.0.0.0/33` is no network; write one such as `10.0.0.0/8` or `2001:db8::/32`, its host bits zero")]
    [InlineData("rate: 1/minute, projects: {p: {rate: 2/minute}}", "`projects` needs `project` in `per`: calls of several projects count together here; write `per: [project, …]`")]
    [InlineData("rate: 1/minute, prefix: {ipv4: 24}", "`prefix` says which addresses are one network; it needs `network` in `per`")]
    public void Names_line_value_and_remedy_of_what_goes_beyond_a_rate(string numbers, string problem)
    {
        var problems = Some.Problems($"limits:\n  - {{name: a, per: user, actions: [migrate, os-stop], {numbers}}}");

        Assert.Equal($"limits.yaml:2: {problem}", problems[0]);
    }

    [Theory]
    [InlineData("{p: {rate: 2/fortnight}}", "`rate: 2/fortnight` must be a number from 1 to 1000000 per second, minute, hour, day, such as `10/minute`")]
    [InlineData("{p q: {rate: 2/minute}}", "`p q` is no project's id: names are not unique; write the id")]
    [InlineData("{p: 5}", "`p` needs numbers of its own, such as `{rate: 100/minute}`")]
    [InlineData("{p: {rate: 2/minute, mode: shadow}}", "unknown key `mode`; known are rate, burst, concurrent")]
    [InlineData("{p: {concurrent: 2}}", "`concurrent` needs a limit that has it; this one has a rate")]
    [InlineData("{p: {rate: 2/minute}}", "`a` could never let every call pass: it costs 3, and `burst` of project p is 2; write `burst: 3` or more")]
    public void Names_line_value_and_remedy_of_a_projects_own_numbers(string projects, string problem) =>
        Assert.Equal(
            $"limits.yaml:2: {problem}",
            Some.Problems($"limits:\n  - {{name: a, per: project, actions: ['*'], rate: 10/minute, cost: 3, projects: {projects}}}")[0]);

    [Theory]
    [InlineData("per: server, actions: ['servers:create']", "`per: server` of `a` would never match: none of its actions is about one server; leave `server` out")]
    [InlineData("per: user, actions: ['PURGE /servers']", "`PURGE` in `PURGE /servers` is no method; known are *, GET, POST, PUT, PATCH, DELETE")]
    [InlineData("per: user, actions: ['DELETE /serverz']", "no operation is `DELETE /serverz`, so that the limit would never match; a path is one of the catalogue's, `*` a segment, `**` the rest")]
    [InlineData("per: [user, project, domain, network, action], actions: ['*']", "`per` names user, project, domain, network, server, host, cluster and action, at most 4 of them, or global alone")]
    public void Refuses_limits_that_could_never_match(string limit, string problem) =>
        Assert.Equal($"limits.yaml:2: {problem}", Assert.Single(Some.Problems($"limits:\n  - {{name: a, {limit}, rate: 10/minute}}")));

    [Fact]
    public void Finds_the_limits_of_an_action()
    {
        var set = Some.Loaded("""
            limits:
              - { name: reads, per: user, actions: [reads], rate: 1/second }
              - { name: writes, per: user, actions: [writes], rate: 1/second }
              - { name: all, per: user, actions: ["*"], rate: 1/second }
            """);

        Assert.Equal(["reads", "all"], Names(set, "servers:list"));
        Assert.Equal(["writes", "all"], Names(set, "createBackup"));
        Assert.Equal(["writes", "all"], Names(set, "hosts:reboot"));
        Assert.Equal(["all"], Names(set, "an action of tomorrow"));
    }

    [Fact]
    public void No_limits_are_a_list_too() => Assert.Empty(Some.Loaded("limits: []").Limits);

    [Theory]
    [InlineData("", "limits.yaml:1: is not one mapping; begin with `limits:`")]
    [InlineData("[]", "limits.yaml:1: is not one mapping; begin with `limits:`")]
    [InlineData("groups: {}", "limits.yaml:1: `limits` must be a list; write `limits: []` for none")]
    [InlineData("limits: {}", "limits.yaml:1: `limits` must be a list; write `limits: []` for none")]
    [InlineData("limit: []\nlimits: []", "limits.yaml:1: unknown key `limit`; known are groups, limits")]
    [InlineData("limits:\n  - a", "limits.yaml:2: `a` is not a limit; a limit is a mapping with name, per, actions, rate, burst, concurrent, lease, hold, cost, counts, exempt, projects, prefix, mode, without_redis")]
    [InlineData("limits:\n  - {name: a, per: user, actions: ['*'], rate: 1/minute, brust: 5}", "limits.yaml:2: unknown key `brust`; known are name, per, actions, rate, burst, concurrent, lease, hold, cost, counts, exempt, projects, prefix, mode, without_redis")]
    [InlineData("limits:\n  - {per: user, actions: ['*'], rate: 1/minute}", "limits.yaml:2: `name` is missing; add it")]
    [InlineData("limits:\n  - {name: a, per: user, actions: ['*']}", "limits.yaml:2: `rate` is missing; add it")]
    [InlineData("limits:\n  - {name: a b, per: user, actions: ['*'], rate: 1/minute}", "limits.yaml:2: `name: a b` may have letters, digits, `-` and `_` only, at most 64")]
    [InlineData("limits:\n  - {name: a, per: users, actions: ['*'], rate: 1/minute}", "limits.yaml:2: `per: users` is unknown; known are user, project, domain, network, server, host, cluster, action, global")]
    [InlineData("limits:\n  - {name: a, per: [user, global], actions: ['*'], rate: 1/minute}", "limits.yaml:2: `per` names user, project, domain, network, server, host, cluster and action, at most 4 of them, or global alone")]
    [InlineData("limits:\n  - {name: a, per: user, actions: ['*'], rate: 10}", "limits.yaml:2: `rate: 10` must be a number from 1 to 1000000 per second, minute, hour, day, such as `10/minute`")]
    [InlineData("limits:\n  - {name: a, per: user, actions: ['*'], rate: 0/minute}", "limits.yaml:2: `rate: 0/minute` must be a number from 1 to 1000000 per second, minute, hour, day, such as `10/minute`")]
    [InlineData("limits:\n  - {name: a, per: user, actions: ['*'], rate: 1/fortnight}", "limits.yaml:2: `rate: 1/fortnight` must be a number from 1 to 1000000 per second, minute, hour, day, such as `10/minute`")]
    [InlineData("limits:\n  - {name: a, per: user, actions: ['*'], rate: 1/minute, burst: -1}", "limits.yaml:2: `burst: -1` must be a number from 1 to 1000000")]
    [InlineData("limits:\n  - {name: a, per: user, actions: ['*'], rate: 1/minute, mode: dry}", "limits.yaml:2: `mode: dry` is unknown; known are enforce, shadow")]
    [InlineData("limits:\n  - {name: a, per: user, actions: [], rate: 1/minute}", "limits.yaml:2: a list of actions is needed, such as `[createBackup, migrate]`; an empty one would never match")]
    [InlineData("limits:\n  - {name: a, per: user, actions: createBackup, rate: 1/minute}", "limits.yaml:2: a list of actions is needed, such as `[createBackup, migrate]`; an empty one would never match")]
    [InlineData("limits:\n  - {name: a, per: user, actions: [createBackups], rate: 1/minute}", "limits.yaml:2: the action `createBackups` does not exist, so that the limit would never match; did you mean `createBackup`?")]
    [InlineData("limits:\n  - {name: a, per: user, actions: [unheard-of], rate: 1/minute}", "limits.yaml:2: the action `unheard-of` does not exist, so that the limit would never match; config/api has them all")]
    [InlineData("groups: {createBackup: [migrate]}\nlimits: []", "limits.yaml:1: `createBackup` cannot name a group: it is an action's name, built in, or empty; choose another")]
    [InlineData("groups: {reads: [migrate]}\nlimits: []", "limits.yaml:1: `reads` cannot name a group: it is an action's name, built in, or empty; choose another")]
    [InlineData("groups: {a: [reads]}\nlimits: []", "limits.yaml:1: the action `reads` does not exist, so that the limit would never match; config/api has them all")]
    [InlineData("groups: []\nlimits: []", "limits.yaml:1: `groups` must be a mapping of names to lists of actions")]
    public void Names_line_value_and_remedy_of(string yaml, string problem) => Assert.Equal(problem, Assert.Single(Some.Problems(yaml)));

    [Fact]
    public void Refuses_a_key_given_twice() =>
        Assert.StartsWith("limits.yaml:2: is not YAML, or has a key twice: ", Assert.Single(Some.Problems("limits: []\nlimits: []")), StringComparison.Ordinal);

    [Fact]
    public void Refuses_what_is_not_YAML() =>
        Assert.StartsWith("limits.yaml:2: is not YAML, or has a key twice: ", Assert.Single(Some.Problems("limits:\n  - name: a: b")), StringComparison.Ordinal);

    [Fact]
    public void Reports_every_problem_at_once() =>
        Assert.Equal(
            [
                "limits.yaml:4: unknown key `burts`; known are name, per, actions, rate, burst, concurrent, lease, hold, cost, counts, exempt, projects, prefix, mode, without_redis",
                "limits.yaml:2: `per` is missing; add it",
                "limits.yaml:6: `name: a` is taken by a limit above; choose another",
            ],
            Some.Problems("""
                limits:
                  - name: a
                    actions: ["*"]
                    burts: 5
                    rate: 1/minute
                  - {name: a, per: user, actions: [migrate], rate: 1/day}
                """));

    [Fact]
    public void Reports_a_file_that_cannot_be_read()
    {
        var result = LimitSet.LoadFile("/nowhere/limits.yaml", Some.Catalogue);

        Assert.Null(result.Limits);
        Assert.StartsWith("/nowhere/limits.yaml: cannot be read: ", Assert.Single(result.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void The_shipped_file_leaves_a_newcomer_alone()
    {
        var set = Some.Loaded(Shipped("config/limits.yaml"));

        Assert.Equal(["heavy-actions", "project"], Names(set, "createBackup"));
        Assert.Equal(["heavy-actions", "project"], Names(set, "os-migrateLive"));
        Assert.Equal(["project"], Names(set, "servers:list"));
        Assert.All(set.Limits, limit => Assert.True(limit.Numbers.Burst >= 20));
    }

    [Fact]
    public void The_limits_of_the_documentation_load()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Gateway.sln"))) directory = directory.Parent!;
        var lines = File.ReadAllLines(Path.Combine(directory.FullName, "docs", "limits.md"));
        var example = lines.SkipWhile(line => line != "    limits:").TakeWhile(line => line.Length == 0 || line.StartsWith("    ", StringComparison.Ordinal));

        Assert.Equal(["backups", "live-migrations", "new-servers", "probing"], Some.Loaded(string.Join('\n', example)).Limits.Select(limit => limit.Name));
    }

    [Fact]
    public async Task The_shipped_file_fits_the_schema_that_editors_use()
    {
        var schema = await JsonSchema.FromJsonAsync(Shipped("config/schemas/limits.schema.json"));
        var yaml = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize<object>(Shipped("config/limits.yaml"));

        Assert.Empty(schema.Validate(JsonSerializer.Serialize(yaml)));
    }

    private static string[] Names(LimitSet set, string action) => [.. set.For(action, LimitCounts.Calls).Select(entry => entry.Limit.Name)];

    private static string Shipped(string name)
    {
        using var stream = typeof(LimitSet).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
