using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Compute.Api;

/// <summary>Puts an answer on the wire, with the headers every answer of the API carries.</summary>
internal static class AnswerWriter
{
    // Nova quotes names with apostrophes; they stay readable.
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void AddRequestId(HttpResponse response, string requestId)
    {
        response.Headers["x-compute-request-id"] = requestId;
        response.Headers["x-openstack-request-id"] = requestId;
    }

    public static void AddVersion(HttpResponse response, Microversion version)
    {
        response.Headers["OpenStack-API-Version"] = $"compute {version}";
        response.Headers["X-OpenStack-Nova-API-Version"] = version.ToString();
        response.Headers.Append("Vary", "OpenStack-API-Version");
        response.Headers.Append("Vary", "X-OpenStack-Nova-API-Version");
    }

    public static async Task WriteAsync(HttpContext context, ApiAnswer answer)
    {
        var response = context.Response;
        response.StatusCode = answer.Status;
        if (answer.Location is not null)
            response.Headers.Location = answer.Location;
        if (answer.Status == StatusCodes.Status204NoContent)
            return;

        var bytes = answer.Body is { } body ? JsonSerializer.SerializeToUtf8Bytes(body, Json) : [];
        response.ContentType = answer.Status >= 400 ? "application/json; charset=UTF-8" : answer.ContentType;
        response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await response.Body.WriteAsync(bytes, context.RequestAborted);
    }
}
