using System.Text.Json.Nodes;
using Gateway.DevIdentity.Tokens;
using Gateway.DevIdentity.Users;

namespace Gateway.DevIdentity.Http;

/// <summary><c>/v3/auth/…</c>: tokens issued, shown and revoked, and what their holder may choose from.</summary>
internal static class TokenEndpoints
{
    private const string AuthToken = "X-Auth-Token";
    private const string SubjectToken = "X-Subject-Token";

    public static void MapTokens(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v3/auth/tokens", IssueAsync);
        routes.MapMethods("/v3/auth/tokens", [HttpMethods.Get, HttpMethods.Head], ShowAsync);
        routes.MapDelete("/v3/auth/tokens", RevokeAsync);
        routes.MapGet("/v3/auth/catalog", (HttpContext context, TokenIssuer issuer, ServiceCatalog catalog, IdentityUrl url) =>
        {
            if (issuer.Validate(context.Request.Headers[AuthToken]) is not { } caller)
                return context.Response.WriteAsync(KeystoneFault.Unauthorized(), url);
            if (caller.Token.Scope == Scope.None) return context.Response.WriteAsync(KeystoneFault.Forbidden("identity:get_auth_catalog"), url);
            return context.Response.WriteAsync(StatusCodes.Status200OK, new JsonObject
            {
                ["catalog"] = catalog.ToJson(),
                ["links"] = new JsonObject { ["next"] = null, ["self"] = $"{url.Value}/v3/auth/catalog", ["previous"] = null },
            });
        });
    }

    /// <summary>The caller of a request, by its <c>X-Auth-Token</c>; null when there is none or it does not hold.</summary>
    public static Session? Caller(HttpContext context) =>
        context.RequestServices.GetRequiredService<TokenIssuer>().Validate(context.Request.Headers[AuthToken]);

    private static async Task IssueAsync(HttpContext context, TokenIssuer issuer, TokenCodec codec, TokenDocument document, IdentityUrl url)
    {
        var body = await RequestBody.ReadAsync(context.Request, context.RequestAborted);
        if (!AuthRequestReader.TryRead(body, out var request, out var malformed))
        {
            await context.Response.WriteAsync(malformed, url);
            return;
        }

        if (!issuer.TryIssue(request, out var session, out var refusal))
        {
            await context.Response.WriteAsync(refusal, url);
            return;
        }

        context.Response.Headers[SubjectToken] = codec.Write(session.Token);
        await context.Response.WriteAsync(StatusCodes.Status201Created, document.Of(session, Choice(context.Request)));
    }

    private static async Task ShowAsync(HttpContext context, TokenIssuer issuer, TokenDocument document, IdentityUrl url)
    {
        if (!TryFindSubject(context, issuer, "identity:validate_token", out var subject, out var fault))
        {
            await context.Response.WriteAsync(fault, url);
            return;
        }

        context.Response.Headers[SubjectToken] = context.Request.Headers[SubjectToken];
        await context.Response.WriteAsync(StatusCodes.Status200OK, document.Of(subject, Choice(context.Request)));
    }

    private static async Task RevokeAsync(HttpContext context, TokenIssuer issuer, RevokedTokens revoked, IdentityUrl url)
    {
        if (!TryFindSubject(context, issuer, "identity:revoke_token", out var subject, out var fault))
        {
            await context.Response.WriteAsync(fault, url);
            return;
        }

        revoked.Add(subject.Token);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    // As Keystone's defaults: whoever holds a token may ask about and revoke tokens of the same user; administrators and services any.
    private static bool TryFindSubject(HttpContext context, TokenIssuer issuer, string action, out Session subject, out KeystoneFault fault)
    {
        (subject, fault) = (null!, null!);
        if (Caller(context) is not { } caller) fault = KeystoneFault.Unauthorized();
        else if (string.IsNullOrEmpty(context.Request.Headers[SubjectToken])) fault = KeystoneFault.BadRequest($"the request has no {SubjectToken} header");
        else if (issuer.Validate(context.Request.Headers[SubjectToken]) is not { } found) fault = KeystoneFault.NotFound("Could not find token.");
        else if (found.User != caller.User && !caller.HasRole("admin") && !caller.HasRole("service")) fault = KeystoneFault.Forbidden(action);
        else subject = found;
        return fault is null;
    }

    private static CatalogChoice Choice(HttpRequest request) =>
        request.Query.ContainsKey("nocatalog") ? CatalogChoice.LeaveOut : CatalogChoice.Include;
}
