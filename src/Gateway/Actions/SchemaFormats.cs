using System.Buffers;
using System.Buffers.Text;
using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Actions;

/// <summary>The formats that schemas of the catalogue may name, as Nova understands them.</summary>
internal static class SchemaFormats
{
    private static readonly SearchValues<char> Ipv6Characters = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>Whether a text has a format.</summary>
    public delegate bool Test(ReadOnlySpan<char> text);

    /// <summary>Each format's name and test.</summary>
    public static FrozenDictionary<string, Test> All { get; } = new Dictionary<string, Test>(StringComparer.Ordinal)
    {
        ["name"] = IsName,
        ["printable"] = IsPrintableBmp,
        ["uuid"] = IsUuid,
        ["ipv4"] = IsIpv4,
        ["ipv6"] = text => text.Contains(':')
            && !text.ContainsAnyExcept(Ipv6Characters)
            && IPAddress.TryParse(text, out var address)
            && address.AddressFamily == AddressFamily.InterNetworkV6,
        ["base64"] = text => Base64.IsValid(text),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Not a control, format, private, unassigned or separator character; of the separators only blanks are printable.</summary>
    public static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    // Nova's own pattern stops at U+FFFF, so that an emoji in a name is refused.
    private static bool IsPrintableBmp(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!Rune.TryCreate(c, out var rune) || !IsPrintable(rune))
                return false;
        }

        return true;
    }

    private static bool IsName(ReadOnlySpan<char> text) =>
        text.Length > 0
        && IsPrintableBmp(text)
        && !IsBlank(text[0])
        && !IsBlank(text[^1]);

    private static bool IsBlank(char c) => char.GetUnicodeCategory(c) == UnicodeCategory.SpaceSeparator;

    // Nova takes a UUID in any spelling that Python's uuid module takes; here dashes may be missing and letters upper-case.
    private static bool IsUuid(ReadOnlySpan<char> text) => Guid.TryParseExact(text, "D", out _) || Guid.TryParseExact(text, "N", out _);

    private static bool IsIpv4(ReadOnlySpan<char> text)
    {
        var parts = 0;
        foreach (var range in text.Split('.'))
        {
            var part = text[range];
            if (++parts > 4
                || part.Length is 0 or > 3
                || part.ContainsAnyExceptInRange('0', '9')
                || (part.Length > 1 && part[0] == '0')
                || int.Parse(part, CultureInfo.InvariantCulture) > 255)
            {
                return false;
            }
        }

        return parts == 4;
    }
}
