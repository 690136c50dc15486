using System.Globalization;
using System.Text.Unicode;

namespace Gateway.FrontDoor;

/// <summary>
/// The path and query of a request, accepted only in the one spelling that has one meaning: origin form, no empty or dot segment,
/// no backslash or semicolon, and percent-encoding only where it is needed, in upper case, never of a character that could change the path.
/// </summary>
/// <param name="Path">The path exactly as sent.</param>
/// <param name="Query">The query exactly as sent, with its question mark, or empty.</param>
internal sealed record RequestTarget(string Path, string Query)
{
    /// <summary>Longest target accepted, in bytes; Kestrel's own request line limit is the same.</summary>
    private const int LongestTarget = 8192;

    /// <summary>The path and query as they stand on the request line.</summary>
    public override string ToString() => Path + Query;

    /// <summary>Reads the raw target of the request line (RFC 9112, section 3.2).</summary>
    public static Passage<RequestTarget> Parse(string raw)
    {
        if (raw.Length > LongestTarget)
            return new Refusal(StatusCodes.Status414UriTooLong, "target_too_long", "The request URI is too long.") { ClosesConnection = true };
        if (raw.Length == 0 || raw[0] != '/')
            return Refusal.BadRequest("target_form", "Malformed request URL: only a path is accepted as the request target");

        var question = raw.IndexOf('?', StringComparison.Ordinal);
        var path = question < 0 ? raw : raw[..question];
        var query = question < 0 ? string.Empty : raw[question..];

        if (!IsCanonicalPath(path) || !IsText(path)) return Refusal.NotRouted("path_not_canonical");
        if (OverridesMethod(query))
            return Refusal.BadRequest("method_override", "Malformed request URL: the query parameter '_method' is not accepted");
        if (!IsCleanQuery(query)) return Refusal.BadRequest("query_malformed", "Malformed request URL: the query holds a character that is not allowed");
        if (!IsText(query)) return Refusal.BadRequest("query_malformed", "Malformed request URL: the query's percent-encoding is not that of a text in UTF-8");
        return new RequestTarget(path, query);
    }

    private static bool IsCanonicalPath(ReadOnlySpan<char> path)
    {
        var segmentStart = 1;
        for (var i = 1; i < path.Length; i++)
        {
            var c = path[i];
            if (c == '/')
            {
                if (!IsSegment(path[segmentStart..i])) return false;
                segmentStart = i + 1;
            }
            else if (c == '%')
            {
                if (i + 2 >= path.Length || !IsNeededEncoding(path[i + 1], path[i + 2])) return false;
                i += 2;
            }
            else if (!char.IsAsciiLetterOrDigit(c) && !"-._~:@!$&'()*+,=".Contains(c, StringComparison.Ordinal))
            {
                return false;
            }
        }

        // A path may end in one slash: the version documents do. Which paths may is the catalogue's to say.
        return segmentStart == path.Length || IsSegment(path[segmentStart..]);
    }

    private static bool IsSegment(ReadOnlySpan<char> segment) => segment.Length > 0 && segment is not ("." or "..");

    /// <summary>An encoding is accepted when the bare character could not stand in a path, and cannot be taken for one that changes it.</summary>
    private static bool IsNeededEncoding(char high, char low)
    {
        if (HexValue(high) is not { } h || HexValue(low) is not { } l) return false;
        var value = (h * 16) + l;
        if (value >= 0x80) return true;
        var c = (char)value;
        return c is ' ' or '"' or '#' or '<' or '>' or '?' or '[' or ']' or '^' or '`' or '{' or '|' or '}' or ':' or '@' or '+' or ',' or '=' or '&' or '$'
            or '!' or '\'' or '(' or ')' or '*';
    }

    private static int? HexValue(char c) => c switch
    {
        >= '0' and <= '9' => c - '0',
        >= 'A' and <= 'F' => c - 'A' + 10,
        _ => null,
    };

    private static bool IsCleanQuery(ReadOnlySpan<char> query)
    {
        foreach (var c in query)
            // A semicolon parts two parameters for some backends, and belongs to a value for others.
            if (c is <= ' ' or >= (char)0x7f or '#' or '\\' or ';') return false;
        return true;
    }

    /// <summary>Percent-encoding that is cut short, or of bytes that are no UTF-8, is read in as many ways as there are readers.</summary>
    private static bool IsText(ReadOnlySpan<char> query)
    {
        if (!query.Contains('%')) return true;
        Span<byte> bytes = query.Length <= 512 ? stackalloc byte[512] : new byte[query.Length];
        var length = 0;
        for (var i = 0; i < query.Length; i++)
        {
            if (query[i] != '%')
            {
                bytes[length++] = (byte)query[i];
                continue;
            }

            if (i + 2 >= query.Length || !char.IsAsciiHexDigit(query[i + 1]) || !char.IsAsciiHexDigit(query[i + 2])) return false;
            bytes[length++] = byte.Parse(query.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            i += 2;
        }

        return Utf8.IsValid(bytes[..length]);
    }

    /// <summary>webob, under Nova, lets a query parameter replace the method: <c>PUT …/action?_method=POST</c> runs the action.</summary>
    private static bool OverridesMethod(string query)
    {
        if (query.Length < 2) return false;
        foreach (var pair in query[1..].Split('&', ';'))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var name = Uri.UnescapeDataString((equals < 0 ? pair : pair[..equals]).Replace('+', ' '));
            if (name.Trim().Equals("_method", StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }
}
