using Gateway.Limits;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Tests.Limits;

public sealed class RateLimitFieldsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Says_the_quota_its_window_what_is_left_and_when_more_is()
    {
        var limiter = Some.Limiter(_time, Some.Limit("backups", count: 20, burst: 3), Some.Places("moves", concurrent: 5), Some.Limit("fast", count: 7, unit: "second", burst: 3));

        var (policy, state) = Fields(limiter.Take(Some.Call()));

        Assert.Equal("\"backups\";q=3;w=9, \"moves\";q=5;qu=\"concurrent-requests\", \"fast\";q=3;w=1", policy);
        Assert.Equal("\"backups\";r=2;t=3, \"moves\";r=4, \"fast\";r=2;t=1", state);
    }

    [Fact]
    public void Promises_on_a_refusal_nothing_later_than_Retry_After()
    {
        var limiter = Some.Limiter(_time, Some.Limit("slow", LimitScope.Project, count: 2, unit: "hour", burst: 5), Some.Limit("narrow", count: 20, burst: 1), Some.Limit("wide", count: 10, burst: 1));
        limiter.Take(Some.Call());
        _time.Advance(TimeSpan.FromMilliseconds(500));

        var decision = limiter.Take(Some.Call());
        var (_, state) = Fields(decision);

        Assert.Equal("\"slow\";r=4, \"narrow\";r=0;t=3, \"wide\";r=0;t=6", state);
        Assert.Equal(6, decision.Refusal!.RetryAfterSeconds);
    }

    [Fact]
    public void Does_not_tell_of_shadow_limits_or_of_none()
    {
        Assert.Equal(("", ""), Fields(Some.Limiter(_time, Some.Limit(mode: LimitMode.Shadow)).Take(Some.Call())));
        Assert.Equal(("", ""), Fields(LimitDecision.Unlimited));
    }

    [Fact]
    public void Says_when_Redis_was_not_asked()
    {
        var report = LimitReport.Of(
            Some.Step("l", Some.Call(), Some.Limit("a", count: 5)).Asks[0], new BucketAnswer(true, 4, 0, 0, 0, BucketState.Local));

        Assert.Equal("\"a\";r=4;degraded", Fields(new LimitDecision(null, [report])).State);
    }

    private static (string Policy, string State) Fields(LimitDecision decision)
    {
        var headers = new HeaderDictionary();
        RateLimitFields.Set(headers, decision);
        return (headers["RateLimit-Policy"].ToString(), headers["RateLimit"].ToString());
    }
}
