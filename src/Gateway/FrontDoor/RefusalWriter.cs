using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Gateway.FrontDoor;

/// <summary>The one place that turns a refusal into an HTTP answer, in the shapes that the clients of the API can read.</summary>
/// <param name="identityUrl">Where a client gets a token; named in <c>WWW-Authenticate</c>.</param>
internal sealed class RefusalWriter(string identityUrl)
{
    private readonly string _challenge = $"Keystone uri=\"{identityUrl}\"";

    /// <summary>Writes the answer. <paramref name="version"/> is null when the refusal came before a microversion was resolved.</summary>
    public async Task WriteAsync(HttpContext context, Refusal refusal, string requestId, Microversion? version)
    {
        var response = context.Response;
        response.StatusCode = refusal.Status;
        AnswerHeaders.SetRequestId(response.Headers, requestId);
        if (version is { } resolved) AnswerHeaders.SetVersion(response.Headers, resolved);
        if (refusal.RetryAfterSeconds is { } seconds) response.Headers.RetryAfter = seconds.ToString();
        if (refusal.Shape == RefusalShape.Keystone) response.Headers.WWWAuthenticate = _challenge;
        // HTTP/2 has no such header; a stream ends by itself. A client that asked before it sends its body may send it now or not: what comes next
        // cannot be told from it.
        if ((refusal.ClosesConnection || context.Request.Headers.Expect.Count > 0) && !HttpProtocol.IsHttp2(context.Request.Protocol))
            response.Headers.Connection = "close";

        var body = Body(refusal, AcceptsJson(context.Request), out var contentType);
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await response.Body.WriteAsync(body, context.RequestAborted);
    }

    internal static ReadOnlyMemory<byte> Body(Refusal refusal, bool acceptsJson, out string contentType)
    {
        if (refusal.Shape == RefusalShape.Router && !acceptsJson)
        {
            contentType = "text/plain; charset=UTF-8";
            return Encoding.UTF8.GetBytes($"{refusal.Status} {ReasonPhrases.GetReasonPhrase(refusal.Status)}\n\n{refusal.Message}\n");
        }

        contentType = "application/json; charset=UTF-8";
        return JsonBytes.Of(refusal, Write);
    }

    private static void Write(Utf8JsonWriter json, Refusal refusal)
    {
        json.WriteStartObject();
        switch (refusal.Shape)
        {
            case RefusalShape.Router:
                json.WriteString("message", refusal.Message);
                json.WriteString("code", $"{refusal.Status} {ReasonPhrases.GetReasonPhrase(refusal.Status)}");
                json.WriteString("title", ReasonPhrases.GetReasonPhrase(refusal.Status));
                break;
            case RefusalShape.Keystone:
                json.WriteStartObject("error");
                json.WriteNumber("code", refusal.Status);
                json.WriteString("title", ReasonPhrases.GetReasonPhrase(refusal.Status));
                json.WriteString("message", refusal.Message);
                json.WriteEndObject();
                break;
            default:
                json.WriteStartObject(FaultName(refusal.Status));
                json.WriteNumber("code", refusal.Status);
                json.WriteString("message", refusal.Message);
                if (refusal.Explanation is { } explanation) json.WriteString("details", explanation);
                if (refusal is { Status: 413 or 429, RetryAfterSeconds: { } seconds }) json.WriteString("retryAfter", seconds.ToString());
                json.WriteEndObject();
                break;
        }

        json.WriteEndObject();
    }

    /// <summary>Nova's names for its faults (nova.api.openstack.wsgi.Fault); every other status is a <c>computeFault</c>.</summary>
    private static string FaultName(int status) => status switch
    {
        400 => "badRequest",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "itemNotFound",
        405 => "badMethod",
        409 => "conflictingRequest",
        413 or 429 => "overLimit",
        415 => "badMediaType",
        501 => "notImplemented",
        503 => "serviceUnavailable",
        _ => "computeFault",
    };

    private static bool AcceptsJson(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains("application/json", StringComparison.OrdinalIgnoreCase);
}
