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

    /// <summary>
    /// Verifies the tokens of a call of the compute API. Everything but who bears them is judged anew for every request, whatever is remembered.
    /// </summary>
    public async ValueTask<Passage<Subject>> AuthenticateAsync(HttpContext context)
    {
        if ((await BearerAsync(context)).IsRefused(out var subject, out var refusal)) return refusal;

        // A service may go on with what a user began: the user's restricted credential was judged where the user called.
        return subject.AccessRules is { } rules && subject.Service is null && !rules.Allow(context.Request.Method, PathOf(context))
            ? Refusal.Unauthorized("access_rule", "the application credential does not allow this call")
            : subject;
    }

    /// <summary>
    /// The same of a call of the operators' listener. It is no service of the catalogue, which is what access rules name: a credential that has some
    /// allows nothing here.
    /// </summary>
    public async ValueTask<Passage<Subject>> AuthenticateOperatorAsync(HttpContext context)
    {
        if ((await BearerAsync(context)).IsRefused(out var subject, out var refusal)) return refusal;
        return subject.AccessRules is not null
            ? Refusal.Unauthorized("access_rule", "access rules allow calls of the catalogue's services only: use a credential without them")
            : subject;
    }

    private async ValueTask<Passage<Subject>> BearerAsync(HttpContext context)
    {
        if (PresentedTokens.Find(context.Request, out var presented) is { } unclear) return unclear;
        if (presented.ServiceToken is not { } service) return await BearerAsync(context, presented.Token, Asked.Caller(presented.IsBearer));

        // The service first, as keystonemiddleware does: with it, a user's token of Keystone's may have expired meanwhile.
        if ((await BearerAsync(context, service, Asked.Service)).IsRefused(out var bearer, out var refusal)) return OfService(refusal);
        if (bearer.AccessRules is not null) return Refusal.Unauthorized("service_token_restricted");
        if (!bearer.Roles.Any(_serviceRoles.Contains))
            return Refusal.Unauthorized("service_token_role", $"the service token has none of the roles {string.Join(", ", _serviceRoles)}");
        return (await BearerAsync(context, presented.Token, Asked.Caller(presented.IsBearer) with { Age = TokenAge.Any })).IsRefused(out var subject, out refusal)
            ? refusal
            : subject with { Service = ServiceIdentity.Of(bearer) };
    }

    private ValueTask<Passage<Subject>> BearerAsync(HttpContext context, string token, Asked asked)
    {
        var key = TokenKey.Of(token);
        return Known(key, asked) is { } known ? ValueTask.FromResult<Passage<Subject>>(known) : new(VerifyAsync(context, key, token, asked));
    }

    /// <summary>As a bearer's, Keystone's tokens are not taken: not by their being known from another header either.</summary>
    private Subject? Known(in TokenKey key, Asked asked) => asked.IsBearer ? cache.FindJwt(key) : cache.Find(key, asked.Age);

    private async Task<Passage<Subject>> VerifyAsync(HttpContext context, TokenKey key, string token, Asked asked)
    {
        if ((await attempts.TakeAsync(PeerKey.Of(context.Connection.RemoteIpAddress), context.RequestAborted)).IsRefused(out var permit, out var tooMany)) return tooMany;
        // Until the outcome is known: who hangs up on the question has had it asked all the same.
        var isBad = true;
        try
        {
            // Others may have brought the same token meanwhile.
            if (Known(key, asked) is { } known)
            {
                isBad = false;
                return known;
            }

            var isRefused = (await AskAsync(context, key, token, asked)).IsRefused(out var verified, out var refusal);
            isBad = refusal is { Status: StatusCodes.Status401Unauthorized };
            if (isRefused) return refusal!;
            cache.Add(key, verified!);
            return verified!.Subject;
        }
        finally
        {
            attempts.Settle(permit, isBad);
        }
    }

    private async Task<Passage<VerifiedToken>> AskAsync(HttpContext context, TokenKey key, string token, Asked asked)
    {
        if (TokenHeader.IsJwt(token))
        {
            if (TokenHeader.Inspect(token).IsRefused(out var keyId, out var refusal)) return refusal;
            if (JwtTokens.IssuerOf(token) is not { } issuer) return Refusal.Unauthorized("token_malformed");
            // Keystone's own JWS tokens name no issuer.
            if (issuer.Length > 0 || keystone is null || asked.IsBearer) return await jwts.VerifyAsync(context, token, asked.Use, issuer, keyId);
        }

        return keystone is null || asked.IsBearer
            ? Refusal.Unauthorized("token_issuer_unknown")
            : await keystone.VerifyAsync(key, token, asked.Age, context.RequestAborted);
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

    /// <summary>As what a token is presented.</summary>
    private readonly record struct Asked(TokenUse Use, bool IsBearer, TokenAge Age)
    {
        public static Asked Service => new(TokenUse.Service, IsBearer: false, TokenAge.Current);

        public static Asked Caller(bool isBearer) => new(TokenUse.Caller, isBearer, TokenAge.Current);
    }
}
