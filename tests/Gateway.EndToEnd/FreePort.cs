using System.Net;
using System.Net.Sockets;

namespace Gateway.EndToEnd;

/// <summary>A port of the loopback interface on which nothing listens, for a server that cannot be asked which it took.</summary>
internal static class FreePort
{
    public static int Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
