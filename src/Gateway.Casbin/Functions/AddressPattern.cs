using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Casbin;

/// <summary>
/// ipMatch: an address, or a range `address/prefix`. IPv4 addresses written as IPv6 (`::ffff:10.0.0.1`) count as IPv4. A key that is no
/// address matches nothing; a pattern that is none is refused when the policy loads.
/// </summary>
internal sealed class AddressPattern : KeyPattern
{
    private static readonly SearchValues<char> AddressCharacters = SearchValues.Create("0123456789abcdefABCDEF:.");

    private readonly UInt128 _network;
    private readonly UInt128 _mask;
    private readonly AddressFamily _family;

    private AddressPattern(UInt128 network, UInt128 mask, AddressFamily family)
    {
        _network = network & mask;
        _mask = mask;
        _family = family;
    }

    public static AddressPattern Create(string pattern) => TryCreate(pattern)
        ?? throw new CasbinException($"`{pattern}` is neither an address nor a range; write `192.0.2.1`, `192.0.2.0/24` or `2001:db8::/32`");

    public static AddressPattern? TryCreate(string pattern)
    {
        var slash = pattern.IndexOf('/', StringComparison.Ordinal);
        if (!TryRead(slash < 0 ? pattern : pattern.AsSpan(0, slash), out var address, out var family, out var mapped))
            return null;
        var bits = family == AddressFamily.InterNetwork ? 32 : 128;
        var prefix = bits;
        if (slash >= 0)
        {
            if (!int.TryParse(pattern.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefix))
                return null;
            prefix -= mapped ? 96 : 0;
            if (prefix < 0 || prefix > bits)
                return null;
        }

        // A shift by the full width would be no shift at all.
        var mask = prefix == 0 ? UInt128.Zero : UInt128.MaxValue << (bits - prefix);
        return new AddressPattern(address, mask, family);
    }

    public override bool IsMatch(string key) =>
        TryRead(key, out var address, out var family, out _) && family == _family && (address & _mask) == _network;

    private static bool TryRead(ReadOnlySpan<char> text, out UInt128 value, out AddressFamily family, out bool mapped)
    {
        value = 0;
        mapped = false;
        family = AddressFamily.InterNetwork;
        if (!text.Contains(':'))
            return TryReadFour(text, out value);

        // IPAddress also reads scopes and brackets, which are no part of an address here.
        if (text.ContainsAnyExcept(AddressCharacters) || !IPAddress.TryParse(text, out var address))
            return false;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        family = AddressFamily.InterNetworkV6;
        if (address.IsIPv4MappedToIPv6)
        {
            mapped = true;
            value &= uint.MaxValue;
            family = AddressFamily.InterNetwork;
        }

        return true;
    }

    /// <summary>Four decimal numbers without leading zeros: IPAddress would also take `10.1`, `0x0a.0.0.1` and octal.</summary>
    private static bool TryReadFour(ReadOnlySpan<char> text, out UInt128 value)
    {
        value = 0;
        uint address = 0;
        for (var part = 0; part < 4; part++)
        {
            var dot = text.IndexOf('.');
            var digits = dot < 0 ? text : text[..dot];
            if (digits.Length is 0 or > 3 || (digits.Length > 1 && digits[0] == '0') || (dot < 0) != (part == 3))
                return false;
            if (!byte.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return false;
            address = (address << 8) | number;
            text = dot < 0 ? [] : text[(dot + 1)..];
        }

        value = address;
        return true;
    }
}
