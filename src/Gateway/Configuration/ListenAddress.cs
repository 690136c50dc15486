using System.Net;

namespace Gateway.Configuration;

/// <summary>Reads the address of a listener: <c>http://HOST:PORT</c>, or <c>https</c>.</summary>
internal static class ListenAddress
{
    /// <summary>What is wrong with an address; null when nothing is.</summary>
    public static string? Problem(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps) && uri.PathAndQuery == "/" && HostOf(uri) is not null
            ? null
            : "must be http://ADDRESS:PORT or https://ADDRESS:PORT with an IP address or `localhost`, such as `http://127.0.0.1:8774`";

    /// <summary>The address speaks TLS and needs a certificate.</summary>
    public static bool IsSecure(string address) => address.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    public static IPEndPoint Parse(string address)
    {
        var uri = new Uri(address);
        return new IPEndPoint(HostOf(uri)!, uri.Port);
    }

    private static IPAddress? HostOf(Uri uri) =>
        uri.Host == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) ? address : null;
}
