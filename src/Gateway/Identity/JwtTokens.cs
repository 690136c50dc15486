using Gateway.FrontDoor;
using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Identity;

/// <summary>Verifies JSON Web Tokens of the configured issuers, each through its own scheme of ASP.NET's JWT bearer handler.</summary>
/// <param name="issuers">The issuers' keys, by <c>iss</c> claim.</param>
internal sealed class JwtTokens(IReadOnlyDictionary<string, IssuerKeys> issuers)
{
    /// <summary>The scheme of an issuer for tokens of one use. ASP.NET's handlers answer once in a request, so the caller's and a service's need two.</summary>
    public static string SchemeOf(string issuer, TokenUse use) => use == TokenUse.Caller ? $"jwt:{issuer}" : $"jwt-service:{issuer}";

    /// <summary>Where the handlers of one use find the token of the request.</summary>
    public static object ItemOf(TokenUse use) => use == TokenUse.Caller ? CallerItem : ServiceItem;

    private static readonly object CallerItem = new();
    private static readonly object ServiceItem = new();

    /// <summary>The <c>iss</c> claim, empty when there is none; null when the token is not well formed. Read only to choose the keys that must then fit.</summary>
    public static string? IssuerOf(string token)
    {
        try
        {
            return new JsonWebToken(token).Issuer;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            return null;
        }
    }

    /// <summary>The bearer of a token whose header was found in order.</summary>
    public async Task<Passage<VerifiedToken>> VerifyAsync(HttpContext context, string token, TokenUse use, string issuer, string keyId)
    {
        if (!issuers.TryGetValue(issuer, out var keys)) return Refusal.Unauthorized("token_issuer_unknown");
        var (key, unavailable) = await keys.FindAsync(keyId, context.RequestAborted);
        if (unavailable is not null) return unavailable;
        if (key is null) return Refusal.Unauthorized("token_key_unknown");

        context.Items[ItemOf(use)] = token;
        var handler = await context.RequestServices.GetRequiredService<IAuthenticationHandlerProvider>().GetHandlerAsync(context, SchemeOf(issuer, use))
            ?? throw new InvalidOperationException($"there is no scheme for issuer {issuer}");
        var result = await handler.AuthenticateAsync();
        return result.Succeeded && result.Properties?.GetParameter<Subject>(nameof(Subject)) is { } subject
            ? new VerifiedToken(subject) { Key = key }
            : Refusal.Unauthorized(CodeOf(result.Failure), result.Failure?.Message);
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
        SubjectMalformedException => "token_control_character",
        _ => "token_invalid",
    };
}

/// <summary>Whose token it is that a request carries.</summary>
internal enum TokenUse
{
    Caller,
    Service,
}

/// <summary>A verified token whose claims name no user.</summary>
internal sealed class SubjectMissingException() : Exception("the token names no user");
