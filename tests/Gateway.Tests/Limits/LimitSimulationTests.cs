using Gateway.Limits;
using Xunit;

namespace Gateway.Tests.Limits;

public sealed class LimitSimulationTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Says_how_many_calls_would_have_been_refused_and_whose()
    {
        var set = Some.Loaded("""
            limits:
              - { name: backups, per: user, actions: [createBackup], rate: 2/minute }
              - { name: trial, per: user, actions: ["*"], rate: 1/hour, mode: shadow }
              - { name: probing, per: user, actions: ["*"], rate: 1/hour, counts: denials }
              - { name: dead, per: user, actions: [evacuate], rate: 1/hour }
            """);
        var calls = Enumerable.Range(0, 10).Select(i => Call(i, "alice")).Append(Call(11, "bert"))
            .Append(Call(12, "bert") with { Counts = LimitCounts.Denials }).Append(Call(13, "bert") with { Counts = LimitCounts.Denials });

        var simulated = await new LimitSimulation(set).RunAsync(calls, CancellationToken.None);

        Assert.Equal((13, 9, Start, Start.AddSeconds(13)), (simulated.Calls, simulated.Refused, simulated.From, simulated.To));
        Assert.Equal(
            ["backups 11 8 alice=8", "trial 11 9 alice=9", "probing 2 1 bert=1", "dead 0 0 "],
            simulated.Limits.Select(limit => $"{limit.Name} {limit.Met} {limit.Refused} {string.Join(',', limit.Whose.Select(one => $"{one.Who}={one.Calls}"))}"));
    }

    [Fact]
    public async Task Counts_calls_at_the_same_time_until_each_was_over()
    {
        var set = Some.Loaded("limits:\n  - { name: at-once, per: global, actions: ['*'], concurrent: 1, lease: 3600 }");
        RecordedMoment[] moments =
        [
            Call(0, "alice", "a"), Call(5, "bert", "b"), End(6, "b"), End(10, "a"), Call(10, "carl", "c"), End(11, "c"), Call(11, "dora", "d"),
        ];

        var simulated = await new LimitSimulation(set).RunAsync(moments, CancellationToken.None);

        Assert.Equal((1, "bert"), (simulated.Refused, Assert.Single(simulated.Limits[0].Whose).Who));
    }

    [Fact]
    public async Task Renews_the_place_of_a_call_that_is_at_work_for_longer_than_a_lease()
    {
        var set = Some.Loaded("limits:\n  - { name: at-once, per: global, actions: ['*'], concurrent: 1, lease: 2 }");
        RecordedMoment[] moments = [Call(0, "alice", "a"), Call(100, "bert", "b"), End(200, "a"), Call(200, "carl", "c"), Call(700, "dora", "d"), Call(801, "erik", "e")];

        var simulated = await new LimitSimulation(set).RunAsync(moments, CancellationToken.None);

        // Of Carl's call no end is recorded: ten minutes later it counts no more.
        Assert.Equal(["bert=1", "dora=1"], simulated.Limits[0].Whose.Select(one => $"{one.Who}={one.Calls}"));
    }

    [Fact]
    public async Task Holds_the_place_of_a_call_that_went_on()
    {
        var set = Some.Loaded("limits:\n  - { name: at-once, per: global, actions: ['*'], concurrent: 1, hold: 600 }");
        RecordedMoment[] moments = [Call(0, "alice", "a"), End(1, "a", goesOn: true), Call(600, "bert", "b"), Call(601, "carl", "c")];

        var simulated = await new LimitSimulation(set).RunAsync(moments, CancellationToken.None);

        Assert.Equal((1, "bert"), (simulated.Refused, Assert.Single(simulated.Limits[0].Whose).Who));
    }

    private static RecordedEnd End(int second, string id, bool goesOn = false) => new(Start.AddSeconds(second), id, goesOn);

    private static RecordedCall Call(int second, string user, string? id = null) => new(Start.AddSeconds(second), Some.Call(user), LimitCounts.Calls, user, id);
}
