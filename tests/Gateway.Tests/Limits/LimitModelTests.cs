using System.Net;
using System.Text.Json;
using Gateway.Actions;
using Gateway.Limits;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Tests.Limits;

/// <summary>Whom a limit meets, whose calls count together, and for how much.</summary>
public sealed class LimitModelTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Exempts_by_role_user_project_and_network()
    {
        var limiter = Loaded("exempt: {roles: [operator], users: [root], projects: [infra], networks: [10.1.0.0/16]}");
        var usual = Some.Call() with { Roles = ["member"], Peer = IPAddress.Parse("10.2.0.1") };

        Assert.Single(limiter.Take(usual).Reports);
        Assert.Empty(limiter.Take(usual with { Roles = ["member", "operator"] }).Reports);
        Assert.Empty(limiter.Take(usual with { UserId = "root" }).Reports);
        Assert.Empty(limiter.Take(usual with { ProjectId = "infra" }).Reports);
        Assert.Empty(limiter.Take(usual with { Peer = IPAddress.Parse("::ffff:10.1.2.3") }).Reports);
    }

    [Fact]
    public void Gives_a_project_its_own_numbers_and_bucket()
    {
        var limiter = Loaded("projects: {big: {rate: 100/minute}, small: {rate: 1/minute}}", per: "project");

        Assert.Equal(9, limiter.Take(Some.Call(project: "other")).Reports[0].Remaining);
        Assert.Equal(99, limiter.Take(Some.Call(project: "big")).Reports[0].Remaining);
        Assert.True(limiter.Take(Some.Call(project: "small")).Allowed);
        Assert.Equal("Only 1 request(s) can be made every minute.", limiter.Take(Some.Call(project: "small")).Refusal!.Details);
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.200", true)]
    [InlineData("192.0.2.1", "192.0.3.1", false)]
    [InlineData("::ffff:192.0.2.1", "192.0.2.200", true)]
    [InlineData("2001:db8:1:100::1", "2001:db8:1:1ff::2", true)]
    [InlineData("2001:db8:1:100::1", "2001:db8:1:200::1", false)]
    public void Counts_the_addresses_of_a_network_together(string one, string other, bool together)
    {
        var network = new SourceNetwork(24, 56);

        Assert.Equal(together, network.Of(IPAddress.Parse(one)) == network.Of(IPAddress.Parse(other)));
    }

    [Theory]
    [InlineData(LimitScope.Domain)]
    [InlineData(LimitScope.Server)]
    [InlineData(LimitScope.Host)]
    [InlineData(LimitScope.Cluster)]
    [InlineData(LimitScope.Network)]
    internal void Keeps_apart_what_the_scope_names_and_nothing_else(LimitScope scope)
    {
        var limiter = Some.Limiter(_time, Some.Limit(scope: scope, count: 1));
        var one = Some.Call("alice", "demo") with { DomainId = "d1", ServerId = "s1", Host = "h1", Cluster = "c1", Peer = IPAddress.Loopback };
        var other = Some.Call("bert", "other") with { DomainId = "d2", ServerId = "s2", Host = "h2", Cluster = "c2", Peer = IPAddress.IPv6Loopback };

        Assert.True(limiter.Take(one).Allowed);
        Assert.True(limiter.Take(other).Allowed);
        Assert.False(limiter.Take(one with { UserId = "carl", ProjectId = "third", ActionName = "migrate" }).Allowed);
    }

    [Fact]
    public void Does_not_meet_a_call_without_a_server_by_server() =>
        Assert.Empty(Some.Limiter(_time, Some.Limit(scope: LimitScope.Server)).Take(Some.Call()).Reports);

    [Theory]
    [InlineData("""{"server": {"max_count": 5, "min_count": 2}}""", 5)]
    [InlineData("""{"server": {"min_count": "7"}}""", 7)]
    [InlineData("""{"server": {}}""", 1)]
    [InlineData("""{"server": {"max_count": 0}}""", 1)]
    [InlineData("""{"server": {"max_count": -3}}""", 1)]
    [InlineData("""{"server": {"max_count": 2.5}}""", 3)]
    [InlineData("""{"server": {"max_count": "many"}}""", 1)]
    [InlineData("""{"server": {"max_count": 1e99}}""", 1_000_000)]
    [InlineData("""{"server": {"max_count": [5]}}""", 1)]
    public void Costs_what_a_field_of_the_body_says(string body, int cost) =>
        Assert.Equal(cost, new LimitCost(1, ["server.max_count", "server.min_count"]).Of(1, BodyDocument.Of(JsonElement.Parse(body))));

    [Fact]
    public void Refuses_what_costs_more_than_the_burst_without_a_promise()
    {
        var limiter = Loaded("cost: {fields: [createBackup.rotation]}");

        var decision = limiter.Take(Some.Call() with { Body = BodyDocument.Of(JsonElement.Parse("""{"createBackup": {"rotation": 11}}""")) });

        Assert.Equal(new LimitRefusal("a", null, "This request was rate-limited.", "This request counts for 11, and no more than 10 can be made at once."), decision.Refusal);
        Assert.Null(decision.Reports[0].RetryAfter);
        Assert.Equal(10, decision.Reports[0].Remaining);
    }

    [Fact]
    public async Task Holds_a_place_until_the_call_is_over_and_renews_it_meanwhile()
    {
        var (store, leases) = (new MemoryBuckets(_time), new OpenLeases(_time));
        var limiter = new Limiter(new LimitSet([Some.Places(concurrent: 1, leaseSeconds: 30)], []), store, leases);
        var first = (await limiter.TakeAsync(Some.Call())).Lease!;
        Assert.Equal("Only 1 request(s) can be made at the same time.", (await limiter.TakeAsync(Some.Call())).Refusal!.Details);

        for (var i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(11));
            await leases.RenewAsync();
            Assert.False((await limiter.TakeAsync(Some.Call())).Allowed);
        }

        first.Release(goesOn: true);
        first.Release(goesOn: true);
        Assert.Equal((0, 0), (leases.Count, store.LeaseCount));
        Assert.True((await limiter.TakeAsync(Some.Call())).Allowed);
    }

    [Theory]
    [InlineData("""{"server": {"availability_zone": "nova:node-7"}}""", "node-7")]
    [InlineData("""{"server": {"availability_zone": "nova:node-7:hypervisor-1"}}""", "node-7")]
    [InlineData("""{"server": {"availability_zone": "nova:node-7", "host": "node-8"}}""", "node-8")]
    [InlineData("""{"server": {"availability_zone": "nova"}}""", null)]
    [InlineData("""{"server": {"availability_zone": "nova::hypervisor-1"}}""", null)]
    [InlineData("""{"server": {"availability_zone": 7}}""", null)]
    public void Finds_the_host_that_a_new_server_is_forced_to(string body, string? host) =>
        Assert.Equal(host, LimitRequest.HostIn(Some.Catalogue.Match("POST", "/v2.1/servers")!, BodyDocument.Of(JsonElement.Parse(body))));

    private Limiter Loaded(string keys, string per = "user") => new(
        Some.Loaded($"limits:\n  - {{name: a, per: {per}, actions: ['*'], rate: 10/minute, {keys}}}"), new MemoryBuckets(_time), new OpenLeases(_time));
}
