using Gateway.Compute.Api;
using Gateway.Compute.Storage;

namespace Gateway.Compute.Servers;

/// <summary>Looks a server up for its caller. Another project's server is not there.</summary>
internal static class ServerAccess
{
    public static Server? Find(ApiRequest request, ComputeSession session) =>
        session.Servers.Find(request.ServerId) is { } server && server.IsVisibleTo(request.Caller) ? server : null;

    public static Server? FindEvenDeleted(ApiRequest request, ComputeSession session) =>
        session.Servers.FindEvenDeleted(request.ServerId) is { } server && server.IsVisibleTo(request.Caller) ? server : null;
}
