using Gateway.Forwarding;
using Gateway.FrontDoor;
using Microsoft.AspNetCore.Http;
using Xunit;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Gateway.Tests.Forwarding;

/// <summary>YARP's pipeline is walked where it has something to choose or to watch, and only there.</summary>
public sealed class ForwarderTests : IDisposable
{
    private static readonly RouteConfig Plain = new() { RouteId = "r", ClusterId = "c" };

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler());

    [Fact]
    public async Task Goes_straight_to_the_only_destination() => Assert.Equal("http://one/", await WayAsync(Plain, new ClusterConfig(), "http://one/"));

    [Fact]
    public async Task Leaves_the_choice_among_several_to_the_pipeline() => Assert.Equal("pipeline", await WayAsync(Plain, new ClusterConfig(), "http://one/", "http://two/"));

    [Fact]
    public async Task Leaves_the_answer_for_none_to_the_pipeline() => Assert.Equal("pipeline", await WayAsync(Plain, new ClusterConfig()));

    [Fact]
    public async Task Leaves_what_ties_clients_to_a_destination_to_the_pipeline()
    {
        var affinity = new SessionAffinityConfig { Enabled = true, AffinityKeyName = "k" };

        Assert.Equal("pipeline", await WayAsync(Plain, new ClusterConfig { SessionAffinity = affinity }, "http://one/"));
        Assert.Equal("http://one/", await WayAsync(Plain, new ClusterConfig { SessionAffinity = affinity with { Enabled = false } }, "http://one/"));
    }

    [Fact]
    public async Task Leaves_what_watches_the_answers_to_the_pipeline()
    {
        var passive = new HealthCheckConfig { Passive = new PassiveHealthCheckConfig { Enabled = true } };

        Assert.Equal("pipeline", await WayAsync(Plain, new ClusterConfig { HealthCheck = passive }, "http://one/"));
        Assert.Equal("http://one/", await WayAsync(Plain, new ClusterConfig { HealthCheck = new HealthCheckConfig { Active = new ActiveHealthCheckConfig { Enabled = true } } }, "http://one/"));
    }

    [Fact]
    public async Task Leaves_what_a_route_asks_for_to_the_pipeline()
    {
        Assert.Equal("pipeline", await WayAsync(Plain with { MaxRequestBodySize = 10 }, new ClusterConfig(), "http://one/"));
        Assert.Equal("pipeline", await WayAsync(Plain with { Timeout = TimeSpan.FromSeconds(1) }, new ClusterConfig(), "http://one/"));
        Assert.Equal("pipeline", await WayAsync(Plain with { TimeoutPolicy = "short" }, new ClusterConfig(), "http://one/"));
    }

    [Fact]
    public async Task Forwards_as_the_cluster_says()
    {
        var request = new ForwarderRequestConfig { ActivityTimeout = TimeSpan.FromSeconds(7) };
        var direct = new Recorder();

        await SendAsync(direct, Plain, new ClusterConfig { HttpRequest = request }, "http://one/");

        Assert.Same(request, direct.Config);
        Assert.Same(_http, direct.Http);
        Assert.Same(HttpTransformer.Default, direct.Transformer);
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The address to which it went directly, or <c>pipeline</c>.</summary>
    private async Task<string?> WayAsync(RouteConfig route, ClusterConfig cluster, params string[] addresses)
    {
        var direct = new Recorder();
        var walked = await SendAsync(direct, route, cluster, addresses);
        return walked ? "pipeline" : direct.Address;
    }

    private async Task<bool> SendAsync(Recorder direct, RouteConfig route, ClusterConfig cluster, params string[] addresses)
    {
        var destinations = addresses.Select(address => new DestinationState(address, new DestinationModel(new DestinationConfig { Address = address }))).ToArray();
        var state = new ClusterState("c", new ClusterModel(cluster with { ClusterId = "c" }, _http)) { DestinationsState = new ClusterDestinationsState(destinations, destinations) };
        var context = new DefaultHttpContext();
        context.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(new RouteModel(route, state, HttpTransformer.Default)), "r"));
        var walked = false;
        var forwarder = new Forwarder(
            _ =>
            {
                walked = true;
                return Task.CompletedTask;
            },
            direct);

        Assert.Null(await forwarder.ForwardAsync(context, new ForwardedCall(new CanonicalRequest(null!, Microversion.Default, default), Subject: null)));
        Assert.NotEqual(walked, direct.Address is not null);
        return walked;
    }

    private sealed class Recorder : IHttpForwarder
    {
        public string? Address { get; private set; }

        public HttpMessageInvoker? Http { get; private set; }

        public ForwarderRequestConfig? Config { get; private set; }

        public HttpTransformer? Transformer { get; private set; }

        public ValueTask<ForwarderError> SendAsync(
            HttpContext context, string destinationPrefix, HttpMessageInvoker httpClient, ForwarderRequestConfig requestConfig, HttpTransformer transformer)
        {
            (Address, Http, Config, Transformer) = (destinationPrefix, httpClient, requestConfig, transformer);
            return new(ForwarderError.None);
        }
    }
}
