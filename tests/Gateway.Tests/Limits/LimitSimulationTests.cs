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
        RecordedCall[] calls =
        [
            Call(0, "alice") with { End = Start.AddSeconds(10) }, Call(5, "bert") with { End = Start.AddSeconds(6) }, Call(10, "carl") with { End = Start.AddSeconds(11) }, Call(11, "dora"),
        ];

        var simulated = await new LimitSimulation(set).RunAsync(calls, CancellationToken.None);

        Assert.Equal((1, "bert"), (simulated.Refused, Assert.Single(simulated.Limits[0].Whose).Who));
    }

    private static RecordedCall Call(int second, string user) => new(Start.AddSeconds(second), Some.Call(user), LimitCounts.Calls, user);
}
