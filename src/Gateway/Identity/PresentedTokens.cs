using Gateway.FrontDoor;
using Microsoft.Net.Http.Headers;

namespace Gateway.Identity;

/// <summary>The tokens of a request: the caller's, and that of a service which calls for him.</summary>
/// <param name="Token">The caller's token.</param>
/// <param name="IsBearer">It came as <c>Authorization: Bearer</c>, where only JSON Web Tokens are taken.</param>
/// <param name="ServiceToken">The token in <c>X-Service-Token</c>; null when there is none.</param>
internal readonly record struct PresentedTokens(string Token, bool IsBearer, string? ServiceToken)
{
    /// <summary>Longest token taken, in characters.</summary>
    internal const int LongestToken = 16_384;

    private const string Bearer = "Bearer ";

    /// <summary>Finds them, where there is no doubt which is meant; a refusal where there is.</summary>
    public static Refusal? Find(HttpRequest request, out PresentedTokens presented)
    {
        presented = default;
        if (QueryTokens.Refuse(request.QueryString.Value) is { } inQuery) return inQuery;
        var headers = request.Headers;
        if (headers.ContainsKey(ProtectedHeaders.StorageToken))
            return Refusal.BadRequest("storage_token", $"The header '{ProtectedHeaders.StorageToken}' is not accepted; send '{ProtectedHeaders.AuthToken}'");
        var own = headers[ProtectedHeaders.AuthToken].ToString();
        var authorization = headers[HeaderNames.Authorization].ToString();
        if (own.Length > 0 && authorization.Length > 0)
            return Refusal.BadRequest("two_tokens", $"Send either '{ProtectedHeaders.AuthToken}' or 'Authorization', not both");
        if (own.Length == 0 && authorization.Length == 0) return Refusal.Unauthorized("token_missing");
        if (own.Length == 0 && !authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)) return Refusal.Unauthorized("token_scheme");

        var token = own.Length > 0 ? own : authorization[Bearer.Length..].Trim();
        if (!IsWellFormed(token)) return Refusal.Unauthorized("token_malformed");
        var service = headers[ProtectedHeaders.ServiceToken].ToString();
        if (service.Length > 0 && !IsWellFormed(service)) return Refusal.Unauthorized("service_token_malformed");
        presented = new PresentedTokens(token, own.Length == 0, service.Length > 0 ? service : null);
        return null;
    }

    /// <summary>Visible ASCII, no comma: what Keystone and every JWT issuer use, and what can be sent on in a header as it is.</summary>
    private static bool IsWellFormed(string token) =>
        token.Length is > 0 and <= LongestToken && !token.AsSpan().ContainsAnyExceptInRange('!', '~') && !token.Contains(',', StringComparison.Ordinal);
}
