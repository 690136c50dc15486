using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Gateway.FrontDoor;

/// <summary>Accepts a request line and headers in the one spelling that every reader of them understands alike, or refuses.</summary>
internal static class RequestInspector
{
    /// <summary>oslo.middleware's default limit, in bytes. Nova refuses a longer body before it looks at the token.</summary>
    public const int LargestBody = 114_688;

    private static readonly HashSet<string> Methods = new(StringComparer.Ordinal) { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" };

    /// <summary>Refuses what could mean two things; otherwise hands on the line and the ids.</summary>
    public static Passage<Entry> Enter(HttpContext context, string requestId)
    {
        var request = context.Request;
        if (MayHideABody(request)) context.Response.Headers.Connection = "close";
        var parsed = RequestTarget.Parse(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        if (parsed.IsRefused(out var target, out var refusal)) return refusal;
        if (!Methods.Contains(request.Method)) return Refusal.NotRouted("method_unknown");
        if (InspectHeaders(request) is { } headerRefusal) return headerRefusal;
        if (request.ContentLength > LargestBody) return TooLarge();

        var globalId = request.Headers[ProtectedHeaders.GlobalRequestId].ToString();
        return new Entry(
            request.Method, target, requestId, RequestId.IsWellFormed(globalId) ? globalId : null, context.Connection.RemoteIpAddress);
    }

    public static Refusal TooLarge() =>
        new(StatusCodes.Status413PayloadTooLarge, "body_too_large", "Request is too large.") { Shape = RefusalShape.Router, ClosesConnection = true };

    /// <summary>Nothing says how long a body would be, so nothing behind this request may be taken for another.</summary>
    private static bool MayHideABody(HttpRequest request) =>
        request.ContentLength is null && request.Headers.TransferEncoding.Count == 0 && request.Method is "POST" or "PUT" or "PATCH"
        && HttpProtocol.IsHttp11(request.Protocol);

    private static Refusal? InspectHeaders(HttpRequest request)
    {
        var headers = request.Headers;
        foreach (var name in ProtectedHeaders.Singletons)
        {
            if (headers.TryGetValue(name, out var values) && values.Count > 1)
                return Framing("header_repeated", $"The header '{name}' may be sent once only");
        }

        foreach (var (name, values) in headers)
        {
            if (name.Contains('_', StringComparison.Ordinal))
                return Framing("header_underscore", "A header name with an underscore is not accepted: some servers read it as a dash");
            if (name.Equals("X-Content-Length", StringComparison.OrdinalIgnoreCase))
                return Framing("content_length_and_transfer_encoding", "Content-Length and Transfer-Encoding cannot be sent together");
            if (name.Equals(HeaderNames.Connection, StringComparison.OrdinalIgnoreCase) && NominatesProtected(values))
                return Framing("connection_nominates", "The Connection header names a header that must not be dropped");
            if (ProtectedHeaders.MethodOverrides.Contains(name))
                return Refusal.BadRequest("method_override", "A header that overrides the method is not accepted");
        }

        // HTTP/1.0 has no chunks: a server in front that knows it would take the body to end elsewhere (RFC 9112, section 6.1). HTTP/2 has none either
        // (RFC 9113, section 8.2.2).
        if (headers.TransferEncoding.Count > 0
            && (!headers.TransferEncoding.ToString().Equals("chunked", StringComparison.Ordinal) || !HttpProtocol.IsHttp11(request.Protocol)))
            return Framing("transfer_encoding", "The only Transfer-Encoding accepted is 'chunked'");
        if (headers.Host.ToString() is { Length: > 0 } host && !IsHost(host)) return Framing("host_malformed", "The Host header is not the name or address of a host");
        if (headers.ContainsKey(HeaderNames.Upgrade))
            return Refusal.BadRequest("upgrade", "This API does not change protocols");
        return null;
    }

    /// <summary>A name of labels, or an address, and perhaps a port: what backends build links from (RFC 3986, section 3.2, less what nobody's name needs).</summary>
    private static bool IsHost(string text)
    {
        var host = new HostString(text);
        var port = text.AsSpan()[(text.LastIndexOf(']') + 1)..];
        if (port.IndexOf(':') is >= 0 and var colon && !ushort.TryParse(port[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _)) return false;
        return Uri.CheckHostName(host.Host) is not UriHostNameType.Unknown && Ascii.IsValid(text);
    }

    private static bool NominatesProtected(StringValues values)
    {
        foreach (var value in values)
            foreach (var token in (value ?? string.Empty).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                if (!Ascii.IsValid(token) || !ProtectedHeaders.MayBeNominated(token)) return true;
        return false;
    }

    private static Refusal Framing(string code, string message) => Refusal.BadRequest(code, message) with { ClosesConnection = true };
}
