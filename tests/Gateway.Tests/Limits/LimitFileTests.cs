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
        Assert.Equal((7, "second", 3, LimitMode.Shadow), (moves.Count, moves.Unit.Word, moves.Burst, moves.Mode));
        Assert.Equal(142_858, moves.Interval);
        Assert.Equal((LimitScope.Global, null, 600, LimitMode.Enforce), (all.Scope, all.Actions, all.Burst, all.Mode));
    }

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
    [InlineData("limits:\n  - a", "limits.yaml:2: `a` is not a limit; a limit is a mapping with name, per, actions, rate, burst, mode")]
    [InlineData("limits:\n  - {name: a, per: user, actions: ['*'], rate: 1/minute, brust: 5}", "limits.yaml:2: unknown key `brust`; known are name, per, actions, rate, burst, mode")]
    [InlineData("limits:\n  - {per: user, actions: ['*'], rate: 1/minute}", "limits.yaml:2: `name` is missing; add it")]
    [InlineData("limits:\n  - {name: a, per: user, actions: ['*']}", "limits.yaml:2: `rate` is missing; add it")]
    [InlineData("limits:\n  - {name: a b, per: user, actions: ['*'], rate: 1/minute}", "limits.yaml:2: `name: a b` may have letters, digits, `-` and `_` only, at most 64")]
    [InlineData("limits:\n  - {name: a, per: users, actions: ['*'], rate: 1/minute}", "limits.yaml:2: `per: users` is unknown; known are user, project, action, global")]
    [InlineData("limits:\n  - {name: a, per: [user, global], actions: ['*'], rate: 1/minute}", "limits.yaml:2: `per` names user, project and action in any combination, or global alone")]
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
                "limits.yaml:4: unknown key `burts`; known are name, per, actions, rate, burst, mode",
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
        Assert.All(set.Limits, limit => Assert.True(limit.Burst >= 20));
    }

    [Fact]
    public async Task The_shipped_file_fits_the_schema_that_editors_use()
    {
        var schema = await JsonSchema.FromJsonAsync(Shipped("config/schemas/limits.schema.json"));
        var yaml = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize<object>(Shipped("config/limits.yaml"));

        Assert.Empty(schema.Validate(JsonSerializer.Serialize(yaml)));
    }

    private static string[] Names(LimitSet set, string action) => [.. set.For(action).Select(entry => entry.Limit.Name)];

    private static string Shipped(string name)
    {
        using var stream = typeof(LimitSet).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
