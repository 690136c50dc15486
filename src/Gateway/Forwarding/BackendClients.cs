using System.Text;
using Gateway.Identity;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Forwarding;

/// <summary>Makes the HTTP client of each cluster.</summary>
internal sealed class BackendClients(ILogger<ForwarderHttpClientFactory> logger) : ForwarderHttpClientFactory(logger)
{
    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);

        // A user's name need not be ASCII.
        handler.RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8;

        // The gateway begins no trace of its own, and passes a client's on by itself.
        handler.ActivityHeadersPropagator = null;
        BackendTls.Apply(context.NewMetadata, handler);
    }

    protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler) =>
        new WholeBodies(base.WrapHandler(context, handler));
}
