using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Compute.Actions;
using Gateway.Compute.Api;
using Gateway.Compute.Cloud;
using Gateway.Compute.Storage;

namespace Gateway.Compute.Servers;

/// <summary><c>/servers/{id}/metadata</c>.</summary>
internal sealed class MetadataEndpoints(ComputeDatabase database)
{
    public void AddTo(RouteTable routes)
    {
        routes.Add("GET", "/servers/{server_id}/metadata", request => Read(request, server =>
            ApiAnswer.Ok(new JsonObject { ["metadata"] = ServerView.TextObject(server.Metadata) })));
        routes.Add("POST", "/servers/{server_id}/metadata", request => UpdateAll(request, keepsOthers: true));
        routes.Add("PUT", "/servers/{server_id}/metadata", request => UpdateAll(request, keepsOthers: false));
        routes.Add("GET", "/servers/{server_id}/metadata/{id}", request => Read(request, server =>
            server.Metadata.TryGetValue(request.Id, out var value)
                ? ApiAnswer.Ok(new JsonObject { ["meta"] = new JsonObject { [request.Id] = value } })
                : ItemNotFound));
        routes.Add("PUT", "/servers/{server_id}/metadata/{id}", UpdateOne);
        routes.Add("DELETE", "/servers/{server_id}/metadata/{id}", DeleteOne);
    }

    private static ApiAnswer ItemNotFound => ApiAnswer.NotFound("Metadata item was not found");

    private ApiAnswer UpdateAll(ApiRequest request, bool keepsOthers)
    {
        if (CheckBody(request, "metadata", out var sent) is { } wrong)
            return wrong;
        return Change(request, "update metadata", server =>
        {
            var metadata = keepsOthers ? server.Metadata.SetItems(sent) : server.Metadata.Clear().SetItems(sent);
            return (server.WithMetadata(metadata), ApiAnswer.Ok(new JsonObject { ["metadata"] = ServerView.TextObject(metadata) }));
        });
    }

    private ApiAnswer UpdateOne(ApiRequest request)
    {
        if (CheckBody(request, "meta", out var sent) is { } wrong)
            return wrong;
        if (sent.Count != 1 || !sent.ContainsKey(request.Id))
            return ApiAnswer.BadRequest("Request body and URI mismatch");
        return Change(request, "update metadata", server =>
            (server.WithMetadata(server.Metadata.SetItems(sent)), ApiAnswer.Ok(new JsonObject { ["meta"] = ServerView.TextObject(sent) })));
    }

    private ApiAnswer DeleteOne(ApiRequest request) => Change(request, "delete metadata", server =>
        server.Metadata.ContainsKey(request.Id)
            ? (server.WithMetadata(server.Metadata.Remove(request.Id)), ApiAnswer.NoContent)
            : (server, ItemNotFound));

    private static ApiAnswer? CheckBody(ApiRequest request, string member, out Dictionary<string, string> sent)
    {
        sent = [];
        if (request.Body.ValueKind != JsonValueKind.Object || !Members.Of(request.Body).TryGetValue(member, out var metadata))
            return ApiAnswer.BadRequest($"'{member}' is a required property");
        if (BodySchema.Metadata(metadata) is { } reason)
            return ApiAnswer.BadRequest(BodySchema.Message(member, metadata, reason));
        sent = BodySchema.ReadMetadata(metadata);
        return null;
    }

    private ApiAnswer Read(ApiRequest request, Func<Server, ApiAnswer> answer) => database.Read(session =>
        ServerAccess.Find(request, session) is { } server ? answer(server) : ApiAnswer.ServerNotFound(request.ServerId));

    private ApiAnswer Change(ApiRequest request, string name, Func<Server, (Server Server, ApiAnswer Answer)> change) => database.Write(
        session =>
        {
            if (ServerAccess.Find(request, session) is not { } server)
                return ApiAnswer.ServerNotFound(request.ServerId);
            if (StateGuard.CheckLock(request.Caller, server) is { } locked)
                return locked;
            if (StateGuard.CheckState(name, server, [VmStates.Active, VmStates.Paused, VmStates.Suspended, VmStates.Stopped], anyTask: true) is { } conflict)
                return conflict;
            var (changed, answer) = change(server);
            if (changed.Metadata.Count > LimitEndpoints.MetadataItems)
                return ApiAnswer.Fault(403, $"Maximum number of metadata items exceeds {LimitEndpoints.MetadataItems}");
            session.Servers.Update(changed);
            return answer;
        },
        answer => answer.Commits);
}
