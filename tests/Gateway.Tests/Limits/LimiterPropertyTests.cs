using CsCheck;
using Gateway.Limits;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Tests.Limits;

/// <summary>The limiter against a token bucket written as plainly as possible.</summary>
public sealed class LimiterPropertyTests
{
    private static readonly Gen<Limit> Limits =
        from count in Gen.Int[1, 50]
        from burst in Gen.Int[1, 8]
        from unit in Gen.OneOf("second", "minute", "hour")
        from scope in Gen.OneOf(LimitScope.Global, LimitScope.User, LimitScope.Project | LimitScope.Action)
        from shadow in Gen.Bool
        select Some.Limit("", scope, count, unit, burst, shadow ? LimitMode.Shadow : LimitMode.Enforce);

    private static readonly Gen<(long Wait, LimitRequest Call)> Calls =
        from wait in Gen.OneOf<long>(Gen.Const(0L), Gen.Long[0, 2_000_000], Gen.Long[0, 200_000_000])
        from user in Gen.OneOf("alice", "bert")
        from project in Gen.OneOf("demo", "other")
        from action in Gen.OneOf("createBackup", "migrate")
        select (wait, Some.Call(user, project, action));

    [Fact]
    public void Agrees_with_a_plain_simulation() =>
        Gen.Select(Limits.Array[1, 4], Calls.Array[1, 80]).Sample((limits, calls) =>
        {
            limits = [.. limits.Select((limit, index) => limit with { Name = $"l{index}" })];
            var time = new FakeTimeProvider();
            var limiter = Some.Limiter(time, limits);
            var simulation = new Simulation(limits);
            foreach (var (wait, call) in calls)
            {
                time.Advance(TimeSpan.FromMicroseconds(wait));
                simulation.Advance(wait);
                var expected = simulation.Take(call);
                var decision = limiter.Take(call);

                Assert.Equal(expected.Allowed, decision.Allowed);
                Assert.Equal(expected.Passed, decision.Reports.Select(report => report.Passed));
                Assert.Equal(expected.Remaining, decision.Reports.Select(report => report.Remaining));
            }
        });

    [Fact]
    public void Never_admits_more_than_burst_and_rate_in_any_span() =>
        Gen.Select(Limits.Select(limit => limit with { Mode = LimitMode.Enforce, Scope = LimitScope.Global }), Gen.Long[0, 3_000_000].Array[1, 200]).Sample((limit, waits) =>
        {
            var time = new FakeTimeProvider();
            var limiter = Some.Limiter(time, limit);
            var now = 0L;
            var admitted = new List<long>();
            foreach (var wait in waits)
            {
                time.Advance(TimeSpan.FromMicroseconds(wait));
                now += wait;
                if (limiter.Take(Some.Call()).Allowed)
                    admitted.Add(now);
            }

            for (var i = 0; i < admitted.Count; i++)
            {
                for (var j = i; j < admitted.Count; j++)
                {
                    // burst + rate · t, in whole numbers.
                    var allowed = limit.Numbers.Burst + ((Int128)(admitted[j] - admitted[i]) * limit.Numbers.Count / limit.Numbers.Unit.Microseconds);
                    Assert.True(j - i + 1 <= allowed, $"{j - i + 1} calls in {admitted[j] - admitted[i]} µs, {allowed} allowed");
                }
            }
        });

    [Fact]
    public void A_refused_call_passes_when_it_was_told_to_come_back_and_not_a_microsecond_before() =>
        Gen.Select(Limits.Select(limit => limit with { Mode = LimitMode.Enforce }), Gen.Int[0, 20], Gen.Long[0, 1_000_000]).Sample((limit, extra, wait) =>
        {
            var time = new FakeTimeProvider();
            var limiter = Some.Limiter(time, limit);
            for (var i = 0; i < limit.Numbers.Burst; i++)
                limiter.Take(Some.Call());

            time.Advance(TimeSpan.FromMicroseconds(Math.Min(wait, limit.Numbers.Interval - 1)));
            for (var i = 0; i < extra; i++)
                limiter.Take(Some.Call());

            var retry = Assert.Single(limiter.Take(Some.Call()).Reports).RetryAfter!.Value;
            time.Advance(retry - TimeSpan.FromMicroseconds(1));
            Assert.False(limiter.Peek(Some.Call()).Allowed);
            time.Advance(TimeSpan.FromMicroseconds(1));
            Assert.True(limiter.Take(Some.Call()).Allowed);
        });

    /// <summary>A jar of tokens per limit and key. A token weighs one interval; a jar fills by one for every microsecond.</summary>
    private sealed class Simulation(Limit[] limits)
    {
        private readonly Dictionary<(string, string), long> _jars = [];

        public void Advance(long microseconds)
        {
            foreach (var (key, level) in _jars.ToArray())
                _jars[key] = Math.Min(level + microseconds, limits.Single(limit => limit.Name == key.Item1).Numbers.Tolerance);
        }

        public (bool Allowed, bool[] Passed, long[] Remaining) Take(LimitRequest call)
        {
            var jars = limits.Select(limit => (limit.Name, limit.Scope switch
            {
                LimitScope.Global => "",
                LimitScope.User => call.UserId,
                _ => $"{call.ProjectId}/{call.ActionName}",
            })).ToArray();
            var levels = jars.Select((jar, i) => _jars.GetValueOrDefault(jar, limits[i].Numbers.Tolerance)).ToArray();
            var passed = limits.Select((limit, i) => levels[i] >= limit.Numbers.Interval).ToArray();
            var allowed = !limits.Where((limit, i) => limit.Mode == LimitMode.Enforce && !passed[i]).Any();
            for (var i = 0; i < limits.Length; i++)
            {
                if (allowed && passed[i])
                    levels[i] = _jars[jars[i]] = levels[i] - limits[i].Numbers.Interval;
            }

            return (allowed, passed, [.. limits.Select((limit, i) => levels[i] / limit.Numbers.Interval)]);
        }
    }
}
