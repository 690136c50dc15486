namespace Gateway.DevIdentity.Http;

internal static class RequestBody
{
    /// <summary>The largest body taken, in bytes: Keystone's <c>max_request_body_size</c>.</summary>
    public const int MaxBytes = 114_688;

    /// <summary>The whole body.</summary>
    /// <exception cref="BadHttpRequestException">It is larger than <see cref="MaxBytes"/> or ends early.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        using var bytes = new MemoryStream();
        await request.Body.CopyToAsync(bytes, cancellation);
        return bytes.ToArray();
    }
}
