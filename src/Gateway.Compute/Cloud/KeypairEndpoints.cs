using System.Text.Json.Nodes;
using Gateway.Compute.Api;

namespace Gateway.Compute.Cloud;

/// <summary>There are no key pairs; clients that list them find none.</summary>
internal static class KeypairEndpoints
{
    public static void AddTo(RouteTable routes)
    {
        routes.Add("GET", "/os-keypairs", _ => ApiAnswer.Ok(new JsonObject { ["keypairs"] = new JsonArray() }));
        routes.Add("GET", "/os-keypairs/{id}", request => ApiAnswer.NotFound($"Keypair {request.Id} not found for user {request.Caller.UserId}"));
        routes.Add("GET", "/os-server-groups", _ => ApiAnswer.Ok(new JsonObject { ["server_groups"] = new JsonArray() }));
    }
}
