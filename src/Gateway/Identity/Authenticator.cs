using System.Collections.Frozen;
using Gateway.FrontDoor;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Identity;

/// <summary>
/// Says who asks, from <c>X-Auth-Token</c> or <c>Authorization: Bearer</c>: JSON Web Tokens are verified here, others by Keystone, and what was found
/// is remembered. "I could not ask" is 503, "no" is 401; the two are never confused.
/// </summary>
internal sealed class Authenticator(IdentityOptions options, JwtTokens jwts, KeystoneTokens? keystone, TokenCache cache, AttemptLimit attempts)
{
    private readonly FrozenSet<string> _serviceRoles =
        (options.ServiceRoles.Count > 0 ? options.ServiceRoles : ["service"]).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Verifies the request's tokens. Everything but who bears them is judged anew for every request, whatever is remembered.</summary>
    public async ValueTask<Passage<Subject>> AuthenticateAsync(HttpContext context)
    {
        if (PresentedTokens.Find(context.Request).IsRefused(out var presented, out var refusal)) return refusal;
        if ((await BearerAsync(context, presented.Token, TokenUse.Caller, presented.IsBearer)).IsRefused(out var subject, out refusal)) return refusal;
        if (presented.ServiceToken is { } service)
        {
            if ((await BearerAsync(context, service, TokenUse.Service, isBearer: false)).IsRefused(out var bearer, out refusal)) return OfService(refusal);
            if (bearer.AccessRules is not null) return Refusal.Unauthorized("service_token_restricted");
            if (!bearer.Roles.Any(_serviceRoles.Contains))
                return Refusal.Unauthorized("service_token_role", $"the service token has none of the roles {string.Join(", ", _serviceRoles)}");
            subject = subject with { Service = ServiceIdentity.Of(bearer) };
        }

        // A service may go on with what a user began: the user's restricted credential was judged where the user called.
        return subject.AccessRules is { } rules && subject.Service is null && !rules.Allow(context.Request.Method, PathOf(context))
            ? Refusal.Unauthorized("access_rule", "the application credential does not allow this call")
            : subject;
    }

    private ValueTask<Passage<Subject>> BearerAsync(HttpContext context, string token, TokenUse use, bool isBearer)
    {
        var key = TokenKey.Of(token);
        // As a bearer's, Keystone's tokens are not taken: not by their being known from another header either.
        return (isBearer ? cache.FindJwt(key) : cache.Find(key)) is { } known ? ValueTask.FromResult<Passage<Subject>>(known) : new(VerifyAsync(context, key, token, use, isBearer));
    }

    private async Task<Passage<Subject>> VerifyAsync(HttpContext context, TokenKey key, string token, TokenUse use, bool isBearer)
    {
        var peer = PeerKey.Of(context.Connection.RemoteIpAddress);
        if (attempts.Take(peer) is { } tooMany) return tooMany;
        // Given back only for an outcome that is known: who hangs up on the question has had it asked all the same.
        var isRefused = (await AskAsync(context, key, token, use, isBearer)).IsRefused(out var verified, out var refusal);
        if (refusal is not { Status: StatusCodes.Status401Unauthorized }) attempts.GiveBack(peer);
        if (isRefused) return refusal!;
        cache.Add(key, verified!);
        return verified!.Subject;
    }

    private async Task<Passage<VerifiedToken>> AskAsync(HttpContext context, TokenKey key, string token, TokenUse use, bool isBearer)
    {
        if (TokenHeader.IsJwt(token))
        {
            if (TokenHeader.Inspect(token).IsRefused(out var keyId, out var refusal)) return refusal;
            if (JwtTokens.IssuerOf(token) is not { } issuer) return Refusal.Unauthorized("token_malformed");
            // Keystone's own JWS tokens name no issuer.
            if (issuer.Length > 0 || keystone is null || isBearer) return await jwts.VerifyAsync(context, token, use, issuer, keyId);
        }

        return keystone is null || isBearer
            ? Refusal.Unauthorized("token_issuer_unknown")
            : await keystone.VerifyAsync(key, token, context.RequestAborted);
    }

    /// <summary>The refusal of a service token: the record tells it from one of the caller's.</summary>
    private static Refusal OfService(Refusal refusal) =>
        refusal.Status == StatusCodes.Status401Unauthorized ? refusal with { Code = $"service_{refusal.Code}" } : refusal;

    private static string PathOf(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? target : target[..query];
    }
}
