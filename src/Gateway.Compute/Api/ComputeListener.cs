using System.Text.Json;
using Gateway.Compute.Callers;

namespace Gateway.Compute.Api;

/// <summary>
/// The compute API's listener. Checks come in Nova's order: size, identity, microversion, content type, route, body, project
/// in the path; everything after that is the handler's.
/// </summary>
internal sealed partial class ComputeListener(SignedCallers callers, RouteTable routes, string identityUrl, ILogger<ComputeListener> logger)
{
    private static readonly string[] JsonTypes = ["application/json", "application/vnd.openstack.compute+json", "text/plain"];

    public async Task HandleAsync(HttpContext context)
    {
        var requestId = "req-" + Guid.NewGuid();
        try
        {
            await AnswerWriter.WriteAsync(context, await AnswerAsync(context, requestId));
        }
        catch (BadHttpRequestException failure)
        {
            await AnswerWriter.WriteAsync(context, ApiAnswer.Fault(failure.StatusCode, failure.Message));
        }
        catch (Exception failure) when (!context.Response.HasStarted && failure is not OperationCanceledException)
        {
            // The edge: whatever went wrong, the caller gets an answer it can read, and the log what happened.
            Log.Failed(logger, failure, context.Request.Method, context.Request.Path);
            await AnswerWriter.WriteAsync(context, ApiAnswer.Fault(500, "The server has either erred or is incapable of performing the requested operation."));
        }
    }

    private async Task<ApiAnswer> AnswerAsync(HttpContext context, string requestId)
    {
        var request = context.Request;
        var body = await RequestBody.ReadAsync(request, context.RequestAborted);
        if (body is null)
            return ApiAnswer.Fault(413, "Request is too large.");

        var baseUrl = BaseAddress.Of(request);
        var path = request.Path.Value ?? "/";
        if (path == "/")
            return VersionDocuments.List(baseUrl);
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (segments is not ["v2.1" or "v2", ..])
            return VersionDocuments.Choices(baseUrl, path);

        var legacy = segments[0] == "v2";
        AnswerWriter.AddRequestId(context.Response, requestId);
        if (segments.Length == 1)
        {
            if (!legacy)
                AnswerWriter.AddVersion(context.Response, Microversion.Min);
            return VersionDocuments.Show(baseUrl, legacy);
        }

        if (callers.Read(context, body) is not { } caller)
        {
            context.Response.Headers.WWWAuthenticate = $"Keystone uri=\"{identityUrl}\"";
            return ApiAnswer.Unauthorized;
        }

        var version = Microversion.Min;
        if (!legacy)
        {
            if (!Microversion.TryResolve(request.Headers, out version, out var status, out var message))
                return ApiAnswer.Fault(status, message);
            AnswerWriter.AddVersion(context.Response, version);
        }

        return Route(request, body, new ApiRequest
        {
            Caller = caller,
            Version = version,
            IsLegacy = legacy,
            RequestId = requestId,
            BaseUrl = baseUrl,
            PathValues = new Dictionary<string, string>(),
            Query = request.Query,
        }, path, segments[1..]);
    }

    private ApiAnswer Route(HttpRequest request, byte[] body, ApiRequest checkedRequest, string path, string[] segments)
    {
        var hasBody = request.Method is "POST" or "PUT" && body.Length > 0;
        if (hasBody && !IsJsonType(request.ContentType))
            return ApiAnswer.Fault(415, "Unsupported Content-Type");

        string? project = null;
        var handler = routes.Find(request.Method, segments, out var values);
        if (handler is null && IsProjectId(segments[0]))
        {
            project = segments[0];
            if (segments.Length == 1 && path.EndsWith('/') && request.Method == "GET")
                return VersionDocuments.Show(checkedRequest.BaseUrl, checkedRequest.IsLegacy);
            handler = routes.Find(request.Method, segments[1..], out values);
        }

        if (handler is null || path.EndsWith('/'))
            return ApiAnswer.NotFound();

        JsonElement parsed = default;
        if (hasBody && !RequestBody.TryParse(body, out parsed))
            return ApiAnswer.BadRequest("Malformed request body");
        if (project is not null && project != checkedRequest.Caller.ProjectId)
        {
            return ApiAnswer.BadRequest(
                $"Malformed request URL: URL's project_id '{project}' doesn't match Context's project_id '{checkedRequest.Caller.ProjectId ?? "None"}'");
        }

        return handler(checkedRequest with { PathProject = project, PathValues = values, Body = parsed });
    }

    /// <summary>No type at all is JSON, too; parameters are ignored, case is not.</summary>
    private static bool IsJsonType(string? contentType)
    {
        var type = (contentType ?? "").Split(';')[0].Trim();
        return type.Length == 0 || JsonTypes.Contains(type);
    }

    private static bool IsProjectId(string segment) => segment.All(c => c is (>= '0' and <= '9') or (>= 'a' and <= 'f') or '-');

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
        public static partial void Failed(ILogger logger, Exception exception, string method, string path);
    }
}
