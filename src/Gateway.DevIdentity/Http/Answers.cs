using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.DevIdentity.Http;

/// <summary>Writes answers as Keystone does.</summary>
internal static class Answers
{
    // Not for HTML: `+` and `'` stay readable.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task WriteAsync(this HttpResponse response, int status, JsonObject body)
    {
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.Headers.Vary = "X-Auth-Token";
        var bytes = JsonSerializer.SerializeToUtf8Bytes(body, Plain);
        response.ContentLength = bytes.Length;
        await response.Body.WriteAsync(bytes, response.HttpContext.RequestAborted);
    }

    public static Task WriteAsync(this HttpResponse response, KeystoneFault fault, IdentityUrl url)
    {
        if (fault.Code == StatusCodes.Status401Unauthorized) response.Headers.WWWAuthenticate = $"Keystone uri=\"{url.Value}/v3\"";
        return response.WriteAsync(fault.Code, fault.ToJson());
    }
}
