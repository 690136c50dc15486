using System.Text.Json;
using Gateway.Limits;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Tests.Limits;

public sealed class LimitViewTests
{
    private const string File = """
        limits:
          - { name: backups, per: [user, action], actions: [createBackup, migrate], rate: 2/hour }
          - { name: project, per: project, actions: ["*"], rate: 60/minute, burst: 100, mode: shadow }
          - { name: at-once, per: project, actions: ["*"], concurrent: 4 }
          - { name: server, per: server, actions: ["*"], rate: 60/minute }
        """;

    private readonly FakeTimeProvider _time = new();
    private readonly MemoryBuckets _buckets;
    private readonly LimitStore _limits;
    private readonly LimitTally _tally = new();
    private readonly LimitView _view;

    public LimitViewTests()
    {
        _buckets = new MemoryBuckets(_time);
        _limits = LimitStore.Open(null, File, Some.Catalogue, _buckets, new OpenLeases(_time), NullLogger<LimitStore>.Instance);
        _view = new LimitView(_limits, _buckets, _buckets, new Census(new RedisOptions(), _time), _tally);
    }

    [Fact]
    public async Task Shows_what_a_caller_has_used_and_has_left_and_counts_nothing()
    {
        await _limits.TakeAsync(Some.Call());

        for (var i = 0; i < 2; i++)
        {
            var seen = await _view.SeeAsync(new LimitRequest("alice", "demo", ""), LimitScope.User | LimitScope.Project, action: null);

            Assert.Equal(("memory", null, null), (seen.Store, seen.Degraded, seen.Gateways));
            Assert.Equal(
                [
                    new LimitSeen("backups", "createBackup", "calls", "2/hour", 2, 1, 1, 0, 1800, false, null),
                    new LimitSeen("backups", "migrate", "calls", "2/hour", 2, 0, 2, 0, 0, false, null),
                    new LimitSeen("project", null, "calls", "60/minute", 100, 1, 99, 0, 1, true, null),
                    new LimitSeen("at-once", null, "calls", null, 4, 1, 3, 0, 0, false, null),
                ],
                seen.Limits.OrderBy(limit => limit.Name == "backups" ? 0 : 1).ThenBy(limit => limit.Action, StringComparer.Ordinal).ThenBy(limit => limit.Name == "project" ? 0 : 1));
            Assert.Equal(new LimitUnseen("server", "server"), Assert.Single(seen.Unknown));
        }
    }

    [Fact]
    public async Task Shows_one_action_when_asked_for_it()
    {
        var seen = await _view.SeeAsync(new LimitRequest("alice", null, ""), LimitScope.User, "migrate");

        Assert.Equal(["backups/migrate"], seen.Limits.Select(limit => $"{limit.Name}/{limit.Action}"));
        Assert.Equal(["project", "at-once", "server"], seen.Unknown.Select(limit => limit.Name));
    }

    [Fact]
    public async Task Names_the_heaviest_consumers_and_the_limits_that_were_never_met()
    {
        for (var i = 0; i < 3; i++) _tally.Count(await _limits.TakeAsync(Some.Call("alice")));
        _tally.Count(await _limits.TakeAsync(Some.Call("bert", project: null)));

        var top = _view.Top();

        Assert.Equal(["backups 4 1", "project 4 0", "at-once 4 0", "server 0 0"], top.Select(limit => $"{limit.Name} {limit.Met} {limit.Refused}"));
        Assert.Equal([new LimitConsumer("user alice, action createBackup", 100), new LimitConsumer("user bert, action createBackup", 50)], top[0].Consumers);
        Assert.Equal([new LimitConsumer("project demo", 2), new LimitConsumer("project (none) user bert", 1)], top[1].Consumers);
        Assert.Equal([new LimitConsumer("project demo", 50), new LimitConsumer("project (none) user bert", 25)], top[2].Consumers);
    }

    [Fact]
    public async Task Shows_all_there_is_however_many_buckets_that_are_and_a_caller_no_more_than_one_step_of_them()
    {
        var many = $"limits:\n{string.Concat(Enumerable.Range(0, 40).Select(i => $"  - {{ name: l{i}, per: [user, action], actions: [createBackup, migrate, os-stop, os-start, pause, unpause, lock, unlock], rate: 2/hour }}\n"))}";
        var limits = LimitStore.Open(null, many, Some.Catalogue, _buckets, new OpenLeases(_time), NullLogger<LimitStore>.Instance);
        var view = new LimitView(limits, _buckets, _buckets, new Census(new RedisOptions(), _time), _tally);
        await limits.TakeAsync(Some.Call());

        var seen = await view.SeeAsync(new LimitRequest("alice", "demo", ""), LimitScope.User, action: null);
        var rates = JsonElement.Parse((await limits.RatesAsync(Some.Call(), _time.GetUtcNow())).Span);

        Assert.Equal(320, seen.Limits.Count);
        Assert.Equal(40, seen.Limits.Count(limit => limit.Used == 1));
        Assert.Equal(250, rates.GetArrayLength());
    }
}
