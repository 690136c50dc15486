using System.Diagnostics.CodeAnalysis;
using System.Net;
using Gateway.Identity;
using Gateway.Targets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
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

    private static async Task<(int? Status, string? Code, ServerTarget? Target)> FindAsync(string body)
    {
        using var backend = new HttpMessageInvoker(new OneAnswer(body));
        var addresses = new BackendAddresses(new OneCluster(backend), new BackendIdentities(TimeProvider.System));
        using var directory = new TargetDirectory(addresses, new TargetOptions(), NullLogger<TargetDirectory>.Instance);
        (await directory.FindAsync("s1", Caller, new DefaultHttpContext(), "c1")).IsRefused(out var target, out var refusal);
        return (refusal?.Status, refusal?.Code, target);
    }

    private sealed class OneAnswer(string body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body) });
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
