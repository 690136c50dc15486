using System.Diagnostics.CodeAnalysis;
using System.Net;
using Gateway.Identity;
using Gateway.Targets;
using Gateway.Tests.Identity;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace Gateway.Tests.Targets;

public sealed class TargetDirectoryTests
{
    private static readonly Subject Caller = new() { UserId = "u1", ProjectId = "p1", Roles = ["member"] };

    [Theory]
    [InlineData("[]")]
    [InlineData("5")]
    [InlineData("null")]
    [InlineData("""{"server": 5}""")]
    [InlineData("""{"server": []}""")]
    [InlineData("""{"server": null}""")]
    [InlineData("""{"server": {"id": "another"}}""")]
    [InlineData("{}")]
    [InlineData("")]
    public async Task Says_unavailable_when_the_answer_makes_no_sense(string body)
    {
        var (status, code, _) = await FindAsync(body);
        Assert.Equal((503, "target_unavailable"), (status, code));
    }

    [Fact]
    public async Task Learns_whose_a_server_is()
    {
        var (_, _, target) = await FindAsync("""{"server": {"id": "s1", "tenant_id": "p1", "user_id": "u1"}}""");
        Assert.Equal(("s1", "p1", "u1"), (target!.Id, target.ProjectId, target.UserId));
    }

    [Fact]
    public void Remembers_no_more_servers_than_it_may_however_many_are_asked_about()
    {
        using var directory = new TargetDirectory(null!, new TargetOptions { CachedServers = 100 }, NullLogger<TargetDirectory>.Instance);

        for (var i = 0; i < 10_000; i++) directory.Remember(new ServerTarget($"s{i}", "p1", "u1"));

        Assert.InRange(directory.Count, 1, 100);
    }

    [Fact]
    public async Task Asks_as_the_service_user_what_the_callers_application_credential_does_not_allow()
    {
        var (time, asked) = (new FakeTimeProvider(), new List<string>());
        using var keystone = new FakeKeystone(time) { OwnRole = "admin" };
        using var client = keystone.Client(Service);

        var (_, _, target) = await FindAsync(Restricted, client, AsNova(asked, administrator: "own-1"));

        Assert.Equal("p1", target!.ProjectId);
        Assert.Equal(["own-1"], asked);
    }

    [Theory]
    [InlineData("s1")]
    [InlineData("s2")]
    public async Task Says_what_the_credential_lacks_and_the_same_of_every_server_when_nobody_may_ask(string server)
    {
        var (time, asked) = (new FakeTimeProvider(), new List<string>());
        using var keystone = new FakeKeystone(time);
        using var client = keystone.Client(Service);

        var (status, code, _) = await FindAsync(Restricted, client, AsNova(asked, administrator: "nobody's"), server);

        Assert.Equal((403, "lookup_not_allowed"), (status, code));
        Assert.Equal(["the caller's"], asked);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_not_there_for_the_service_user_either()
    {
        var (time, asked) = (new FakeTimeProvider(), new List<string>());
        using var keystone = new FakeKeystone(time) { OwnRole = "admin" };
        using var client = keystone.Client(Service);

        var (status, code, _) = await FindAsync(Restricted, client, AsNova(asked, administrator: "own-1"), "s2");

        Assert.Equal((404, "target_not_found"), (status, code));
    }

    [Fact]
    public async Task Asks_as_the_caller_whenever_the_caller_may()
    {
        var (time, asked) = (new FakeTimeProvider(), new List<string>());
        using var keystone = new FakeKeystone(time) { OwnRole = "admin" };
        using var client = keystone.Client(Service);
        var allowed = Caller with { AccessRules = new AccessRules([new AccessRule("compute", "GET", "/v2.1/servers/{id}")]) };
        // A service's token lifts what the user's credential does not allow, at the backend too.
        var ofService = Restricted with { Service = new ServiceIdentity() };

        foreach (var subject in new[] { Caller, allowed, ofService }) await FindAsync(subject, client, AsNova(asked, administrator: "own-1"));

        Assert.Equal(["the caller's", "the caller's", "the caller's"], asked);
        Assert.Equal(0, keystone.LogIns);
    }

    [Fact]
    public async Task Says_that_identity_is_down_when_the_service_user_cannot_log_in()
    {
        using var keystone = new FakeKeystone(new FakeTimeProvider()) { Instead = _ => new HttpResponseMessage(HttpStatusCode.BadGateway) };
        using var client = keystone.Client(Service);

        var (status, code, _) = await FindAsync(Restricted, client, AsNova([], administrator: "own-1"));

        Assert.Equal((503, "identity_unavailable"), (status, code));
    }

    private static Subject Restricted => Caller with { AccessRules = new AccessRules([new AccessRule("compute", "POST", "/v2.1/servers/{id}/action")]) };

    private static KeystoneOptions Service => new() { UserName = "gateway", Password = "secret", ProjectName = "service" };

    /// <summary>Knows the one server s1, takes the caller's token for nothing but actions, and shows everything to an administrator.</summary>
    private static Func<HttpRequestMessage, HttpResponseMessage> AsNova(List<string> asked, string administrator) => request =>
    {
        var token = request.Headers.GetValues("X-Auth-Token").Single();
        asked.Add(token);
        return token != administrator ? new HttpResponseMessage(HttpStatusCode.Unauthorized)
            : request.RequestUri!.AbsolutePath == "/v2.1/servers/s1" ? new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("""{"server": {"id": "s1", "tenant_id": "p1"}}""") }
            : new HttpResponseMessage(HttpStatusCode.NotFound);
    };

    private static Task<(int? Status, string? Code, ServerTarget? Target)> FindAsync(string body) =>
        FindAsync(Caller, keystone: null, _ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body) });

    [Fact]
    public async Task What_others_asked_about_is_not_told_to_whom_may_not_ask_unless_it_is_his_projects()
    {
        using var backend = new HttpMessageInvoker(new Answers(request => request.Headers.GetValues("X-Auth-Token").Single() == "the caller's"
            ? new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("""{"server": {"id": "s1", "tenant_id": "p1"}}""") }
            : new HttpResponseMessage(HttpStatusCode.Unauthorized)));
        using var directory = DirectoryOf(backend, keystone: null);
        await FindAsync(directory, Caller, "s1");

        Assert.Null((await FindAsync(directory, Restricted, "s1", "another's")).Status);
        Assert.Equal((403, "lookup_not_allowed", null), await FindAsync(directory, Restricted with { ProjectId = "p2" }, "s1", "another's"));
    }

    private static async Task<(int? Status, string? Code, ServerTarget? Target)> FindAsync(
        Subject caller, KeystoneClient? keystone, Func<HttpRequestMessage, HttpResponseMessage> answer, string server = "s1")
    {
        using var backend = new HttpMessageInvoker(new Answers(answer));
        using var directory = DirectoryOf(backend, keystone);
        return await FindAsync(directory, caller, server);
    }

    private static TargetDirectory DirectoryOf(HttpMessageInvoker backend, KeystoneClient? keystone) =>
        new(new BackendAddresses(new OneCluster(backend), new BackendIdentities(TimeProvider.System)), new TargetOptions(), NullLogger<TargetDirectory>.Instance, keystone);

    private static async Task<(int? Status, string? Code, ServerTarget? Target)> FindAsync(
        TargetDirectory directory, Subject caller, string server, string token = "the caller's")
    {
        var context = new DefaultHttpContext();
        context.Request.Headers["X-Auth-Token"] = token;
        (await directory.FindAsync(server, caller, context, "c1")).IsRefused(out var target, out var refusal);
        return (refusal?.Status, refusal?.Code, target);
    }

    private sealed class Answers(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer(request));
    }

    private sealed class OneCluster(HttpMessageInvoker http) : IProxyStateLookup
    {
        public bool TryGetCluster(string id, [NotNullWhen(true)] out ClusterState? cluster)
        {
            var destination = new DestinationState("d1", new DestinationModel(new DestinationConfig { Address = "http://backend.example/" }));
            cluster = new ClusterState(id, new ClusterModel(new ClusterConfig { ClusterId = id }, http))
            {
                DestinationsState = new ClusterDestinationsState([destination], [destination]),
            };
            return true;
        }

        public bool TryGetRoute(string id, [NotNullWhen(true)] out RouteModel? route)
        {
            route = null;
            return false;
        }

        public IEnumerable<RouteModel> GetRoutes() => [];

        public IEnumerable<ClusterState> GetClusters() => [];
    }
}
