using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Gateway.FrontDoor;

/// <summary>A request that Kestrel could not read as HTTP.</summary>
/// <param name="RequestId">The id it was answered with.</param>
/// <param name="Method">The method, as far as the request line was read.</param>
/// <param name="RawTarget">The target, likewise.</param>
/// <param name="Peer">The address the connection came from.</param>
/// <param name="Refusal">What it was answered.</param>
internal sealed record UnreadableRequest(string RequestId, string Method, string RawTarget, IPAddress? Peer, Refusal Refusal)
{
    /// <summary>Something on the connection looked like the line of a request.</summary>
    public bool HasRequestLine => Method.Length > 0 && RawTarget.Length > 0;
}

/// <summary>
/// Answers and reports the requests that Kestrel gives up by itself (two lengths, a bare line feed, a NUL, headers without end): they never become a
/// request that the pipeline could refuse, but their senders get a fault of the API, and the record learns of them.
/// </summary>
/// <param name="report">Told of each of them, after it was answered.</param>
/// <param name="time">Clock of the answers' <c>Date</c>.</param>
internal sealed class UnreadableRequests(Action<UnreadableRequest> report, TimeProvider time) : IObserver<KeyValuePair<string, object?>>
{
    private const string EventName = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    /// <summary>Begins to listen to a server.</summary>
    public IDisposable Watch(DiagnosticListener server) => server.Subscribe(this, name => name == EventName);

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    /// <summary>Called on the thread that serves the connection, before Kestrel answers.</summary>
    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Value is not IFeatureCollection features || features.Get<IHttpRequestFeature>() is not { } request) return;
        // The rest of a body that nobody will read, after the answer to what came before it.
        if (features.Get<IHttpResponseFeature>() is not { HasStarted: false }) return;
        // HTTP/2 resets the stream or the connection, and has no place for an answer.
        if (!request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal) && request.Protocol.Length > 0) return;

        var refusal = Describe(features.Get<IBadRequestExceptionFeature>()?.Error as BadHttpRequestException);
        var unreadable = new UnreadableRequest(
            RequestId.New(), request.Method ?? string.Empty, request.RawTarget ?? string.Empty, features.Get<IHttpConnectionFeature>()?.RemoteIpAddress, refusal);
        features.Get<AnswerOutput>()?.ReplaceRest(Answer(unreadable));
        report(unreadable);
    }

    private static Refusal Describe(BadHttpRequestException? fault)
    {
        var (code, message) = fault?.StatusCode switch
        {
            StatusCodes.Status408RequestTimeout => ("request_timeout", "The request was not sent in time."),
            StatusCodes.Status411LengthRequired => ("length_required", "A Content-Length is required."),
            StatusCodes.Status413PayloadTooLarge => ("body_too_large", "Request is too large."),
            StatusCodes.Status414UriTooLong => ("target_too_long", "The request URI is too long."),
            StatusCodes.Status431RequestHeaderFieldsTooLarge => ("headers_too_large", "The request headers are too many or too long."),
            StatusCodes.Status505HttpVersionNotsupported => ("http_version", "The HTTP version is not supported."),
            _ => ("http_malformed", "The request is not well-formed HTTP."),
        };
        return new Refusal(fault?.StatusCode ?? StatusCodes.Status400BadRequest, code, message) { ClosesConnection = true, Detail = WithoutQuotes(fault?.Message) };
    }

    /// <summary>Kestrel's words without what it quotes from the request, which may be a token.</summary>
    private static string? WithoutQuotes(string? message) => message?.Split('\'')[0].TrimEnd(' ', ':');

    private byte[] Answer(UnreadableRequest request)
    {
        var body = RefusalWriter.Body(request.Refusal, acceptsJson: true, out var contentType);
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"""
             HTTP/1.1 {request.Refusal.Status} {ReasonPhrases.GetReasonPhrase(request.Refusal.Status)}
             Content-Type: {contentType}
             Content-Length: {body.Length}
             Connection: close
             Date: {time.GetUtcNow():R}
             {ProtectedHeaders.ComputeRequestId}: {request.RequestId}
             {ProtectedHeaders.GlobalRequestId.ToLowerInvariant()}: {request.RequestId}


             """).ReplaceLineEndings("\r\n");
        return [.. Encoding.ASCII.GetBytes(head), .. body.Span];
    }
}
