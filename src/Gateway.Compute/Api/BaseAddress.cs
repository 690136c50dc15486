namespace Gateway.Compute.Api;

internal static class BaseAddress
{
    /// <summary>
    /// Scheme and host as the client wrote them. The gateway keeps the Host header and says in <c>X-Forwarded-Proto</c> whether it
    /// was asked over TLS; the worst a made-up value can do is spoil the links of its own answer.
    /// </summary>
    public static string Of(HttpRequest request)
    {
        var scheme = request.Headers["X-Forwarded-Proto"].ToString() is "http" or "https" ? request.Headers["X-Forwarded-Proto"].ToString() : request.Scheme;
        return $"{scheme}://{request.Host.Value}";
    }
}
