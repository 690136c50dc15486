namespace Gateway.DevIdentity.Http;

/// <summary>The outermost step: gives every answer a request id, and every refusal, also those of the web server, Keystone's envelope.</summary>
internal sealed partial class KeystoneManners(RequestDelegate next, IdentityUrl url, ILogger<KeystoneManners> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        context.Response.Headers["x-openstack-request-id"] = $"req-{Guid.NewGuid()}";
        var fault = await RunAsync(context);
        if (fault is not null && !context.Response.HasStarted) await context.Response.WriteAsync(fault, url);
    }

    private async Task<KeystoneFault?> RunAsync(HttpContext context)
    {
        try
        {
            await next(context);
            return context.Response is { HasStarted: false, ContentType: null } response ? OfEmptyAnswer(response.StatusCode) : null;
        }
        catch (BadHttpRequestException refused)
        {
            return refused.StatusCode == StatusCodes.Status413PayloadTooLarge ? KeystoneFault.TooLarge() : KeystoneFault.BadRequest(refused.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return null;
        }
#pragma warning disable CA1031 // The edge of the program: whatever went wrong becomes an answer, and is logged.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            Log.Failed(logger, bug, context.Request.Method, context.Request.Path);
            return KeystoneFault.Internal();
        }
    }

    private static KeystoneFault? OfEmptyAnswer(int status) => status switch
    {
        StatusCodes.Status404NotFound => KeystoneFault.NotFound(),
        StatusCodes.Status405MethodNotAllowed => KeystoneFault.MethodNotAllowed(),
        _ => null,
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed")]
        public static partial void Failed(ILogger logger, Exception bug, string method, PathString path);
    }
}
