using System.Net;
using Gateway.FrontDoor;
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
        for (var i = 0; i < 3; i++) Assert.Null(Refused(limit, Peer));

        var refusal = Refused(limit, Peer)!;

        Assert.Equal((429, "authentication_limited", 1L), (refusal.Status, refusal.Code, refusal.RetryAfterSeconds));
        Assert.Null(Refused(limit, PeerKey.Of(IPAddress.Parse("192.0.2.2"))));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(Refused(limit, Peer));
        Assert.Null(Refused(limit, Peer));
        Assert.NotNull(Refused(limit, Peer));
    }

    [Fact]
    public async Task Counts_only_what_failed()
    {
        var limit = new AttemptLimit(new FailedAttemptOptions { Burst = 1, PerSecond = 1 }, _time);
        for (var i = 0; i < 100; i++)
        {
            Assert.False((await limit.TakeAsync(Peer, CancellationToken.None)).IsRefused(out var permit, out _));
            limit.Settle(permit!, isBad: false);
        }

        Assert.Null(Refused(limit, Peer));
        Assert.NotNull(Refused(limit, Peer));
    }

    [Fact]
    public void Can_be_turned_off()
    {
        var limit = new AttemptLimit(new FailedAttemptOptions { Burst = 0 }, _time);
        for (var i = 0; i < 1000; i++) Assert.Null(Refused(limit, Peer));
    }

    [Fact]
    public void Forgets_no_peer_that_is_limited_however_many_others_come()
    {
        var limit = new AttemptLimit(new FailedAttemptOptions { Burst = 2, PerSecond = 1, Peers = 100 }, _time);
        for (var i = 0; i < 3; i++) Refused(limit, Peer);

        for (var i = 0; i < 100_000; i++) Refused(limit, new PeerKey((ulong)i));

        Assert.NotNull(Refused(limit, Peer));
        Assert.InRange(limit.Count, 1, 100);
    }

    [Fact]
    public void When_all_places_are_taken_by_those_who_failed_the_others_share_one_bucket()
    {
        var limit = new AttemptLimit(new FailedAttemptOptions { Burst = 2, PerSecond = 1, Peers = 10 }, _time);
        for (var i = 0; i < 10; i++) Refused(limit, new PeerKey((ulong)i));

        Assert.Equal([null, null, 429, 429], Enumerable.Range(10, 4).Select(i => Refused(limit, new PeerKey((ulong)i))?.Status));

    }

    [Fact]
    public void Peers_whose_buckets_are_full_again_make_room()
    {
        var limit = new AttemptLimit(new FailedAttemptOptions { Burst = 1, PerSecond = 1, Peers = 10 }, _time);
        for (var i = 0; i < 11; i++) Refused(limit, new PeerKey((ulong)i));
        Assert.NotNull(Refused(limit, new PeerKey(11)));

        _time.Advance(TimeSpan.FromSeconds(1));

        for (var i = 100; i < 110; i++) Assert.Null(Refused(limit, new PeerKey((ulong)i)));
        Assert.Equal(10, limit.Count);
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("0.0.0.1", "::1", false)]
    public void Takes_a_network_of_IPv6_for_one_peer(string one, string other, bool same) =>
        Assert.Equal(same, PeerKey.Of(IPAddress.Parse(one)) == PeerKey.Of(IPAddress.Parse(other)));

    [Fact]
    public async Task Whoever_finds_no_permit_waits_for_what_becomes_of_those_that_are_out()
    {
        var limit = new AttemptLimit(new FailedAttemptOptions { Burst = 2, PerSecond = 1 }, _time);
        var (first, second) = (await TakenAsync(limit), await TakenAsync(limit));
        var waiting = Enumerable.Range(0, 3).Select(_ => limit.TakeAsync(Peer, TestContext.Current.CancellationToken).AsTask()).ToList();
        Assert.All(waiting, one => Assert.False(one.IsCompleted));

        // A good token makes room for one, a bad one for none; when nothing is being verified any more, the rest are told.
        limit.Settle(first, isBad: false);
        Assert.False((await waiting[0]).IsRefused(out var third, out _));
        limit.Settle(second, isBad: true);
        Assert.All(waiting[1..], one => Assert.False(one.IsCompleted));
        limit.Settle(third, isBad: true);

        Assert.All(await Task.WhenAll(waiting[1..]), one => Assert.True(one.IsRefused(out _, out var refusal) && refusal.Status == 429));
    }

    [Fact]
    public async Task Whoever_leaves_while_he_waits_holds_up_nobody()
    {
        var limit = new AttemptLimit(new FailedAttemptOptions { Burst = 1, PerSecond = 1 }, _time);
        var first = await TakenAsync(limit);
        using var left = new CancellationTokenSource();
        var (leaves, stays) = (limit.TakeAsync(Peer, left.Token).AsTask(), limit.TakeAsync(Peer, TestContext.Current.CancellationToken).AsTask());

        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaves);
        limit.Settle(first, isBad: false);

        Assert.False((await stays).IsRefused(out _, out _));
    }

    private static async Task<AttemptPermit> TakenAsync(AttemptLimit limit)
    {
        Assert.False((await limit.TakeAsync(Peer, TestContext.Current.CancellationToken)).IsRefused(out var permit, out _));
        return permit;
    }

    /// <summary>A token that turns out bad; the refusal when it is not even looked at.</summary>
    private static Refusal? Refused(AttemptLimit limit, PeerKey peer)
    {
        var taken = limit.TakeAsync(peer, CancellationToken.None);
        if (taken.IsCompletedSuccessfully)
        {
            if (taken.Result.IsRefused(out var permit, out var refusal)) return refusal;
            limit.Settle(permit, isBad: true);
            return null;
        }

        throw new InvalidOperationException("it waits, although no token is being verified");
    }
}
