using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Compute;

/// <summary>An address to listen on: <c>http://</c>, an IP address, <c>localhost</c> or <c>*</c>, and a port.</summary>
internal sealed record ListenAddress(string Host, int Port)
{
    public static bool TryParse(string url, out ListenAddress address)
    {
        address = null!;
        // A star is no host name to System.Uri.
        var readable = url.Replace("://*:", "://0.0.0.0:", StringComparison.Ordinal);
        if (!Uri.TryCreate(readable, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp || uri.PathAndQuery != "/" || uri.UserInfo.Length > 0)
            return false;
        var host = uri.Host.Trim('[', ']');
        address = new ListenAddress(url.Contains("://*:", StringComparison.Ordinal) ? "*" : host, uri.Port);
        return address.Host is "*" or "localhost" || IPAddress.TryParse(host, out _);
    }

    public void Bind(KestrelServerOptions kestrel, Action<ListenOptions> configure)
    {
        if (Host == "*")
            kestrel.ListenAnyIP(Port, configure);
        else
            kestrel.Listen(Host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(Host), Port, configure);
    }
}
