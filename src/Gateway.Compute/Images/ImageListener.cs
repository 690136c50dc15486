using System.Text.Json.Nodes;
using Gateway.Compute.Api;
using Gateway.Compute.Callers;

namespace Gateway.Compute.Images;

/// <summary>
/// The image API's listener. Clients reach it directly, so it asks the identity service about their tokens itself.
/// </summary>
internal sealed partial class ImageListener(KeystoneCallers callers, RouteTable routes, string identityUrl, ILogger<ImageListener> logger)
{
    private static readonly string[] Versions = ["v2.9", "v2.7", "v2.6", "v2.5", "v2.4", "v2.3", "v2.2", "v2.1", "v2.0"];

    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            context.Response.Headers["x-openstack-request-id"] = "req-" + Guid.NewGuid();
            await AnswerWriter.WriteAsync(context, await AnswerAsync(context));
        }
        catch (Exception failure) when (!context.Response.HasStarted && failure is not OperationCanceledException)
        {
            Log.Failed(logger, failure, context.Request.Method, context.Request.Path);
            await AnswerWriter.WriteAsync(context, ApiAnswer.Fault(500, "The server has either erred or is incapable of performing the requested operation."));
        }
    }

    private async Task<ApiAnswer> AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        var path = request.Path.Value ?? "/";
        var baseUrl = BaseAddress.Of(request);
        if (path is "/" or "/versions" or "/versions/")
            return new ApiAnswer(path == "/" ? 300 : 200, new JsonObject { ["versions"] = VersionList(baseUrl) });

        if (request.Headers["X-Auth-Token"] is not [{ Length: > 0 } token])
            return Unauthorized(context);
        var answer = await callers.ReadAsync(token, context.RequestAborted);
        if (!answer.IdentityAnswered)
            return ApiAnswer.Fault(503, "The identity service cannot be asked about the token; try again later.");
        if (answer.Caller is not { } caller)
            return Unauthorized(context);

        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (routes.Find(request.Method, segments, out var values) is not { } handler)
            return ApiAnswer.NotFound();
        return handler(new ApiRequest
        {
            Caller = caller,
            Version = Microversion.Min,
            IsLegacy = false,
            RequestId = context.Response.Headers["x-openstack-request-id"].ToString(),
            BaseUrl = baseUrl,
            PathValues = values,
            Query = request.Query,
        });
    }

    private ApiAnswer Unauthorized(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = $"Keystone uri=\"{identityUrl}\"";
        return ApiAnswer.Unauthorized;
    }

    private static JsonArray VersionList(string baseUrl) =>
    [
        .. Versions.Select(version => new JsonObject
        {
            ["id"] = version,
            ["status"] = version == Versions[0] ? "CURRENT" : "SUPPORTED",
            ["links"] = new JsonArray(Links.Link("self", $"{baseUrl}/v2/")),
        }),
    ];

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
        public static partial void Failed(ILogger logger, Exception exception, string method, string path);
    }
}
