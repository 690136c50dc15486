using System.Net;
using Gateway.Identity;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Tests.Identity;

public sealed class AttemptLimitTests
{
    private static readonly PeerKey Peer = PeerKey.Of(IPAddress.Parse("192.0.2.1"));
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Refuses_a_peer_that_has_failed_too_often_and_says_for_how_long()
    {
        var limit = new AttemptLimit(new FailedAttemptOptions { Burst = 3, PerSecond = 2 }, _time);
        for (var i = 0; i < 3; i++) Assert.Null(limit.Take(Peer));

        var refusal = limit.Take(Peer)!;

        Assert.Equal((429, "authentication_limited", 1L), (refusal.Status, refusal.Code, refusal.RetryAfterSeconds));
        Assert.Null(limit.Take(PeerKey.Of(IPAddress.Parse("192.0.2.2"))));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(limit.Take(Peer));
        Assert.Null(limit.Take(Peer));
        Assert.NotNull(limit.Take(Peer));
    }

    [Fact]
    public void Counts_only_what_failed()
    {
        var limit = new AttemptLimit(new FailedAttemptOptions { Burst = 1, PerSecond = 1 }, _time);
        for (var i = 0; i < 100; i++)
        {
            Assert.Null(limit.Take(Peer));
            limit.GiveBack(Peer);
        }

        Assert.Null(limit.Take(Peer));
        Assert.NotNull(limit.Take(Peer));
    }

    [Fact]
    public void Can_be_turned_off()
    {
        var limit = new AttemptLimit(new FailedAttemptOptions { Burst = 0 }, _time);
        for (var i = 0; i < 1000; i++) Assert.Null(limit.Take(Peer));
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("0.0.0.1", "::1", false)]
    public void Takes_a_network_of_IPv6_for_one_peer(string one, string other, bool same) =>
        Assert.Equal(same, PeerKey.Of(IPAddress.Parse(one)) == PeerKey.Of(IPAddress.Parse(other)));
}
