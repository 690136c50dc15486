using System.Net;
using System.Net.Http.Headers;

namespace Gateway.Forwarding;

/// <summary>
/// Sends a small body in one piece with its headers. YARP copies a body as a stream, and sends the headers before it reads the first byte, because there may be
/// no end of waiting for it; a body that was judged lies there whole.
/// </summary>
/// <remarks>
/// A call that changes something and has no body gets an empty one. Without any, the HTTP client would send it again by itself when a kept connection ends before the
/// answer, and a backend that fell over it would get it twice, under one intent.
/// </remarks>
internal sealed class WholeBodies(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>About what fits beside the headers into what the HTTP client sends at once, and is cheaper copied than streamed.</summary>
    private const int Largest = 2048;

    private static readonly HttpRequestOptionsKey<byte[]> Key = new("gateway.body");

    /// <summary>Gives a request its body, if that is small. A copy: nobody asks when the client is done with it.</summary>
    public static void Give(HttpRequestMessage request, ReadOnlyMemory<byte> body)
    {
        if (body.Length <= Largest && (request.Content is not null || !IsSafe(request.Method))) request.Options.Set(Key, body.ToArray());
    }

    /// <summary>RFC 9110, section 9.2.1: asked twice, it is as if asked once.</summary>
    private static bool IsSafe(HttpMethod method) => method == HttpMethod.Get || method == HttpMethod.Head || method == HttpMethod.Options;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Options.TryGetValue(Key, out var body))
        {
            var whole = new Once(body);
            if (request.Content is { } streamed) Copy(streamed.Headers, whole.Headers);
            request.Content = whole;
        }

        return base.SendAsync(request, cancellationToken);
    }

    private static void Copy(HttpContentHeaders from, HttpContentHeaders to)
    {
        foreach (var (name, values) in from.NonValidated)
        {
            foreach (var value in values) to.TryAddWithoutValidation(name, value);
        }
    }

    /// <summary>INVARIANT: a body is sent once, whatever the backend says became of it. Over HTTP/2 the client would otherwise send a refused one again.</summary>
    private sealed class Once(byte[] body) : HttpContent
    {
        private int _isSent;

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
            Interlocked.Exchange(ref _isSent, 1) == 0
                ? stream.WriteAsync(body, cancellationToken).AsTask()
                : throw new InvalidOperationException("The body was sent before; a call is not made twice.");

        protected override bool TryComputeLength(out long length)
        {
            length = body.Length;
            return true;
        }
    }
}
