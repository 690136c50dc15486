using System.Net;
using Gateway.FrontDoor;
using Gateway.Identity;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Gateway.Forwarding;

/// <summary>
/// Makes the request to the backend from the judged one: same target, same bytes, only the headers on the list, identity last.
/// Nothing is copied from the client by default, so nothing has to be remembered to be removed.
/// </summary>
internal sealed class BackendRequest(BackendIdentities identities) : ITransformProvider
{
    /// <summary>The target is already canonical; System.Uri must not improve it.</summary>
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
        foreach (var (place, problem) in ClusterIdentity.Problems(context.Cluster)) context.Errors.Add(new InvalidOperationException($"{place}: {problem}"));
    }

    public void Apply(TransformBuilderContext context)
    {
        var identity = context.Cluster is { } cluster ? identities.Of(cluster) : null;
        context.CopyRequestHeaders = false;
        context.UseDefaultForwarders = false;
        // Backends build links and the Location of a backup from it.
        context.AddOriginalHost();
        context.AddRequestTransform(transform =>
        {
            Fill(transform, identity);
            return ValueTask.CompletedTask;
        });
        context.AddResponseTransform(transform =>
        {
            Complete(transform);
            return AddRatesAsync(transform);
        });
    }

    private static void Fill(RequestTransformContext transform, BackendIdentity? identity)
    {
        var context = transform.HttpContext;
        var call = context.Features.GetRequiredFeature<ForwardedCall>();
        var (entry, version, body) = call.Request;
        var target = entry.Target.ToString();
        var outgoing = transform.ProxyRequest;
        call.Destination = transform.DestinationPrefix;

        // A request of HTTP/1.0 may come without a Host, as a load balancer's probe does. As for WSGI, the server's own name stands in.
        if (!context.Request.Host.HasValue) outgoing.Headers.Host = new IPEndPoint(context.Connection.LocalIpAddress!, context.Connection.LocalPort).ToString();
        outgoing.RequestUri = new Uri(transform.DestinationPrefix.TrimEnd('/') + target, in AsWritten);
        foreach (var name in ProtectedHeaders.PassedOn)
        {
            if (!context.Request.Headers.TryGetValue(name, out var values)) continue;
            if (!outgoing.Headers.TryAddWithoutValidation(name, values.AsEnumerable())) outgoing.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        }

        if (TraceContext.TryRead(context.Request.Headers, out var parent, out var state))
        {
            outgoing.Headers.TryAddWithoutValidation(HeaderNames.TraceParent, parent);
            if (state is not null) outgoing.Headers.TryAddWithoutValidation(HeaderNames.TraceState, state);
        }

        if (outgoing.Content is { } content) content.Headers.ContentLength = body.Length;
        WholeBodies.Give(outgoing, body);
        if (context.Request.Headers.ContainsKey(ProtectedHeaders.ApiVersion))
            outgoing.Headers.TryAddWithoutValidation(ProtectedHeaders.ApiVersion, version.ServiceText);
        if (context.Request.Headers.ContainsKey(ProtectedHeaders.LegacyApiVersion))
            outgoing.Headers.TryAddWithoutValidation(ProtectedHeaders.LegacyApiVersion, version.ToString());
        outgoing.Headers.TryAddWithoutValidation(ProtectedHeaders.GlobalRequestId, entry.GlobalRequestId ?? entry.RequestId);
        outgoing.Headers.TryAddWithoutValidation("X-Forwarded-For", entry.Peer?.ToString());
        outgoing.Headers.TryAddWithoutValidation("X-Forwarded-Proto", context.Request.Scheme);
        identity?.Apply(outgoing, context.Request.Headers, call.Subject, entry.Method, target, body.Span);
    }

    /// <summary>Keeps the backend's request id as the answer's, and fills in what an answer of this API always carries.</summary>
    private static void Complete(ResponseTransformContext transform)
    {
        if (transform.ProxyResponse is not { } answer) return;
        var call = transform.HttpContext.Features.GetRequiredFeature<ForwardedCall>();
        var headers = transform.HttpContext.Response.Headers;
        call.Status = (int)answer.StatusCode;
        call.BackendRequestId = headers[ProtectedHeaders.ComputeRequestId].ToString() is { Length: > 0 } id ? id : null;
        if (call.BackendRequestId is null) AnswerHeaders.SetRequestId(headers, call.Request.Entry.RequestId);
        if (!headers.ContainsKey(ProtectedHeaders.ApiVersion) && call.Subject is not null) AnswerHeaders.SetVersion(headers, call.Request.Version);
    }

    /// <summary>The one answer that is not passed on as it came: the caller's limits, which are partly the backend's and partly the gateway's.</summary>
    internal static async ValueTask AddRatesAsync(ResponseTransformContext transform)
    {
        if (transform.HttpContext.Features.GetRequiredFeature<ForwardedCall>().Rates is not { } rates
            || transform.ProxyResponse is not { IsSuccessStatusCode: true, Content: { } content }
            || content.Headers.ContentLength > RatesIn.LargestAnswer)
        {
            return;
        }

        // Also cancelled when the backend takes longer than its cluster's ActivityTimeout: one that stalls holds nothing for ever.
        var cancel = transform.CancellationToken;
        var response = transform.HttpContext.Response;
        var body = await content.ReadAsStreamAsync(cancel);
        var start = await RatesIn.ReadAsync(body, cancel);
        transform.SuppressResponseBody = true;
        if (start.Length > RatesIn.LargestAnswer)
        {
            // It said no length and is too large: passed on as it is.
            await response.Body.WriteAsync(start, cancel);
            await body.CopyToAsync(response.Body, cancel);
            return;
        }

        var answer = RatesIn.Answer(start, rates.Span);
        response.ContentLength = answer.Length;
        await response.Body.WriteAsync(answer, cancel);
    }
}
