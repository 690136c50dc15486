using System.Text.Json.Nodes;
using Gateway.DevIdentity.Tokens;

namespace Gateway.DevIdentity.Http;

/// <summary>The version documents clients discover the API by, and the published key.</summary>
internal static class VersionEndpoints
{
    public static void MapVersions(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", (HttpContext context, IdentityUrl url) =>
        {
            context.Response.Headers.Location = $"{url.Value}/v3/";
            return context.Response.WriteAsync(
                StatusCodes.Status300MultipleChoices,
                new JsonObject { ["versions"] = new JsonObject { ["values"] = new JsonArray(Version(url)) } });
        });
        routes.MapGet("/v3", (HttpContext context, IdentityUrl url) =>
            context.Response.WriteAsync(StatusCodes.Status200OK, new JsonObject { ["version"] = Version(url) }));
        routes.MapGet("/.well-known/jwks.json", (HttpContext context, SigningKey key) =>
            context.Response.WriteAsync(StatusCodes.Status200OK, new JsonObject { ["keys"] = new JsonArray(PublicKey(key)) }));
    }

    // 3.14 is the version of Keystone since Ussuri.
    private static JsonObject Version(IdentityUrl url) => new()
    {
        ["id"] = "v3.14",
        ["status"] = "stable",
        ["updated"] = "2020-04-07T00:00:00Z",
        ["links"] = new JsonArray(new JsonObject { ["rel"] = "self", ["href"] = $"{url.Value}/v3/" }),
        ["media-types"] = new JsonArray(new JsonObject
        {
            ["base"] = "application/json",
            ["type"] = "application/vnd.openstack.identity-v3+json",
        }),
    };

    private static JsonObject PublicKey(SigningKey key) => new()
    {
        ["kty"] = "EC",
        ["crv"] = "P-256",
        ["use"] = "sig",
        ["alg"] = "ES256",
        ["kid"] = key.KeyId,
        ["x"] = key.X,
        ["y"] = key.Y,
    };
}
