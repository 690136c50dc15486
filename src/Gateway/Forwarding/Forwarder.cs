using Gateway.FrontDoor;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Gateway.Forwarding;

/// <summary>Sends a decided call through YARP and answers for the backend when it does not.</summary>
/// <param name="proxy">YARP's pipeline, for the route that the request matched.</param>
/// <param name="direct">YARP's forwarder, the last step of that pipeline.</param>
internal sealed class Forwarder(RequestDelegate proxy, IHttpForwarder direct)
{
    /// <summary>
    /// Sends the very bytes that were judged. Null when the backend's answer is on its way to the client; otherwise the refusal that stands for it.
    /// </summary>
    public async Task<Refusal?> ForwardAsync(HttpContext context, ForwardedCall call)
    {
        var body = call.Request.Body;
        context.Features.Set(call);
        var judged = new JudgedBody(body);
        context.Request.Body = judged;
        context.Request.Headers.TransferEncoding = default;
        context.Request.ContentLength = body.Length;

        try
        {
            if (OnlyPlace(context) is var (route, cluster, address))
                await direct.SendAsync(context, address, cluster.HttpClient, cluster.Config.HttpRequest ?? ForwarderRequestConfig.Empty, route.Transformer);
            else await proxy(context);
        }
        finally
        {
            judged.Withdraw();
        }

        if (context.Features.Get<IForwarderErrorFeature>() is not { } error) return null;
        call.Fault = error.Exception?.GetBaseException().Message ?? error.Error.ToString();
        call.WasSent = !NeverConnected(error);
        return context.Response.HasStarted ? null : Describe(context, error.Error, call.Fault);
    }

    /// <summary>
    /// Where the call goes when its cluster leaves no choice: one destination in service, nothing that ties a client to it, and nothing that watches how it
    /// answers; and its route asks for nothing but the way there. All that YARP's pipeline would do then is to come to its last step.
    /// </summary>
    private static (RouteModel Route, ClusterModel Cluster, string Address)? OnlyPlace(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<RouteModel>() is
        {
            Config: { MaxRequestBodySize: null, Timeout: null, TimeoutPolicy: null },
            Cluster: { Model: var model, DestinationsState.AvailableDestinations: [var only] },
        } route
        && model.Config is { SessionAffinity: null or { Enabled: not true }, HealthCheck: null or { Passive: null or { Enabled: not true } } }
            ? (route, model, only.Model.Config.Address)
            : null;

    private static bool NeverConnected(IForwarderErrorFeature error) =>
        error.Error == ForwarderError.NoAvailableDestinations
        || error.Exception is HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
        };

    private static Refusal Describe(HttpContext context, ForwarderError error, string detail)
    {
        context.Response.Clear();
        return error switch
        {
            ForwarderError.NoAvailableDestinations => Refusal.Unavailable("backend_unavailable", "Service is unavailable at this time.", detail),
            ForwarderError.RequestTimedOut => new Refusal(StatusCodes.Status504GatewayTimeout, "backend_timeout", "The compute service did not answer in time.")
            {
                Detail = detail,
            },
            _ => new Refusal(StatusCodes.Status502BadGateway, "backend_failed", "The compute service could not be reached.") { Detail = detail },
        };
    }
}
