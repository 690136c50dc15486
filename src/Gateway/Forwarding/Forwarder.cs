using Gateway.FrontDoor;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Forwarding;

/// <summary>Sends a decided call through YARP and answers for the backend when it does not.</summary>
/// <param name="proxy">YARP's pipeline, for the route that the request matched.</param>
internal sealed class Forwarder(RequestDelegate proxy)
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
            await proxy(context);
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
