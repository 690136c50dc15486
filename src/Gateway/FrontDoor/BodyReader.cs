using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Gateway.FrontDoor;

/// <summary>Reads a body whole, up to the cap, after its labels were found to say nothing but JSON in UTF-8.</summary>
internal static class BodyReader
{
    /// <summary>Nova reads a body without Content-Type, and one called text/plain, as JSON; so these are inspected, not waved through.</summary>
    private static readonly string[] MediaTypes = ["application/json", "text/plain", "application/vnd.openstack.compute+json"];

    /// <summary>The body, an empty one when the request has none. Nothing is decided on a part of a body.</summary>
    /// <param name="context">The request.</param>
    /// <param name="bodyAllowed">False for operations whose method carries no body.</param>
    public static async Task<Passage<RequestBody>> ReadAsync(HttpContext context, bool bodyAllowed)
    {
        var request = context.Request;
        // In HTTP/2 a body needs no header that announces it.
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true } || request.ContentLength == 0) return RequestBody.Empty;
        if (!bodyAllowed) return Refusal.BadRequest("body_not_allowed", "A request body is not accepted here") with { ClosesConnection = true };
        if (RefuseLabels(request) is { } refusal) return refusal with { ClosesConnection = true };

        try
        {
            return await ReadWholeAsync(request, context.RequestAborted);
        }
        catch (BadHttpRequestException e)
        {
            return e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? RequestInspector.TooLarge()
                : Unreadable(e.StatusCode, e.Message);
        }
        catch (Exception e) when (e is IOException or OverflowException && !context.RequestAborted.IsCancellationRequested)
        {
            // Kestrel throws these, not its own, for a chunk's size that is no number of bytes.
            return Unreadable(StatusCodes.Status400BadRequest, e.Message);
        }
    }

    private static async Task<Passage<RequestBody>> ReadWholeAsync(HttpRequest request, CancellationToken aborted)
    {
        var body = new RequestBody((int?)request.ContentLength ?? 4096);
        request.HttpContext.Response.RegisterForDispose(body);
        while (body.Length != request.ContentLength)
        {
            if (body.Length > RequestInspector.LargestBody) return RequestInspector.TooLarge();
            var read = await request.Body.ReadAsync(body.Rest(), aborted);
            if (read == 0) break;
            body.Advance(read);
        }

        return body;
    }

    private static Refusal? RefuseLabels(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.Count > 0)
            return Unsupported("content_encoding", "A Content-Encoding is not accepted");
        var contentType = request.Headers.ContentType.ToString();
        // What nearly all clients send; the rest is read word by word.
        if (contentType is "" or "application/json") return null;

        if (!MediaTypeHeaderValue.TryParse(contentType, out var type)
            || !MediaTypes.Contains(type.MediaType.ToString(), StringComparer.Ordinal))
            return Unsupported("content_type", "Unsupported Content-Type");
        // All of them: which of two a reader takes is its own choice.
        var charsets = type.Parameters.Where(parameter => parameter.Name.Equals("charset", StringComparison.OrdinalIgnoreCase));
        return charsets.All(charset => HeaderUtilities.RemoveQuotes(charset.Value).Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            ? null
            : Unsupported("charset", "Unsupported Content-Type: the charset must be UTF-8");
    }

    private static Refusal Unreadable(int status, string detail) =>
        new(status, "body_unreadable", "The request body could not be read.") { ClosesConnection = true, Detail = detail };

    private static Refusal Unsupported(string code, string message) => new(StatusCodes.Status415UnsupportedMediaType, code, message);
}
