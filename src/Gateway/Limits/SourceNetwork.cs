using System.Net;
using System.Net.Sockets;

namespace Gateway.Limits;

/// <summary>How much of an address tells one caller from another: all of an IPv4 address, and the 64 bits of an IPv6 one that a site has.</summary>
internal sealed record SourceNetwork(int Ipv4Prefix, int Ipv6Prefix)
{
    public static SourceNetwork Customary { get; } = new(32, 64);

    /// <summary>The network that an address is in, as text.</summary>
    public string Of(IPAddress? peer)
    {
        if (peer is null) return "none";
        var address = peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer;
        var prefix = address.AddressFamily == AddressFamily.InterNetwork ? Ipv4Prefix : Ipv6Prefix;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        if (prefix >= length * 8) return address.ToString();

        for (var i = 0; i < length; i++)
        {
            var kept = Math.Clamp(prefix - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xFF << (8 - kept));
        }

        return $"{new IPAddress(bytes[..length])}/{prefix}";
    }
}
