using Gateway.FrontDoor;
using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Microsoft.Net.Http.Headers;

namespace Gateway.Identity;

/// <summary>
/// Says who asks, from <c>X-Auth-Token</c> or <c>Authorization: Bearer</c>. Tokens are verified by ASP.NET's JWT bearer handler, one scheme
/// for each issuer; a verified token is remembered. "I could not ask" is 503, "no" is 401; the two are never confused.
/// </summary>
internal sealed partial class Authenticator(
    IReadOnlyDictionary<string, IssuerScheme> issuers, TokenCache cache, ILogger<Authenticator> logger)
{
    /// <summary>Where the JWT bearer handlers find the token of the request.</summary>
    internal static readonly object TokenItem = new();

    private const int LongestToken = 16_384;

    /// <summary>Verifies the request's token.</summary>
    public async Task<Passage<Subject>> AuthenticateAsync(HttpContext context)
    {
        if (FindToken(context.Request.Headers).IsRefused(out var token, out var refusal)) return refusal;
        var key = TokenKey.Of(token.Text);
        if (cache.TryGet(key, out var known)) return known!;

        if (IssuerOf(token.Text) is not { } scheme) return Refusal.Unauthorized("token_issuer_unknown");
        try
        {
            // The handler would take an unreachable key set for a bad signature; so the keys are asked for first.
            await scheme.KeysReadAsync(context.RequestAborted);
        }
        catch (InvalidOperationException e)
        {
            Log.KeysUnavailable(logger, scheme.Issuer, e.InnerException?.Message ?? e.Message);
            return Refusal.Unavailable("identity_unavailable", "The identity service is unavailable.", e.Message);
        }

        context.Items[TokenItem] = token.Text;
        var result = await context.AuthenticateAsync(scheme.Name);
        if (!result.Succeeded || result.Properties?.GetParameter<Subject>(nameof(Subject)) is not { } subject)
            return Refusal.Unauthorized(CodeOf(result.Failure), result.Failure?.Message);
        cache.Add(key, subject);
        return subject;
    }

    private static Passage<Token> FindToken(IHeaderDictionary headers)
    {
        if (headers.ContainsKey(ProtectedHeaders.StorageToken))
            return Refusal.BadRequest("storage_token", $"The header '{ProtectedHeaders.StorageToken}' is not accepted; send '{ProtectedHeaders.AuthToken}'");
        var own = headers[ProtectedHeaders.AuthToken].ToString();
        var authorization = headers[HeaderNames.Authorization].ToString();
        if (own.Length > 0 && authorization.Length > 0)
            return Refusal.BadRequest("two_tokens", $"Send either '{ProtectedHeaders.AuthToken}' or 'Authorization', not both");
        if (own.Length == 0 && authorization.Length == 0) return Refusal.Unauthorized("token_missing");
        if (own.Length == 0 && !authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return Refusal.Unauthorized("token_scheme");

        var token = own.Length > 0 ? own : authorization["Bearer ".Length..].Trim();
        return token.Length is > 0 and <= LongestToken ? new Token(token) : Refusal.Unauthorized("token_malformed");
    }

    /// <summary>The issuer is read before anything is verified: only to choose the keys that must then fit.</summary>
    private IssuerScheme? IssuerOf(string token)
    {
        try
        {
            return issuers.GetValueOrDefault(new JsonWebToken(token).Issuer);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // FormatException: five parts, as an encrypted token has them, that are not base64url.
            return null;
        }
    }

    private static string CodeOf(Exception? failure) => failure switch
    {
        SecurityTokenExpiredException => "token_expired",
        SecurityTokenNotYetValidException => "token_not_yet_valid",
        SecurityTokenInvalidAudienceException => "token_audience",
        SecurityTokenInvalidAlgorithmException => "token_algorithm",
        SecurityTokenSignatureKeyNotFoundException => "token_key_unknown",
        SecurityTokenInvalidSignatureException => "token_signature",
        SubjectMissingException => "token_without_user",
        _ => "token_invalid",
    };

    private sealed record Token(string Text);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The keys of issuer {Issuer} cannot be read: {Problem}")]
        public static partial void KeysUnavailable(ILogger logger, string issuer, string problem);
    }
}

/// <summary>A verified token whose claims name no user.</summary>
internal sealed class SubjectMissingException() : Exception("the token names no user");
