using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Compute.Actions;
using Gateway.Compute.Api;
using Gateway.Compute.Operations;
using Gateway.Compute.Storage;

namespace Gateway.Compute.Servers;

internal sealed class ServerEndpoints(ComputeDatabase database, OperationRunner runner)
{
    public void AddTo(RouteTable routes)
    {
        routes.Add("GET", "/servers", request => List(request, detailed: false));
        routes.Add("GET", "/servers/detail", request => List(request, detailed: true));
        routes.Add("POST", "/servers", new ServerCreation(database, runner).Create);
        routes.Add("GET", "/servers/{server_id}", Show);
        routes.Add("PUT", "/servers/{server_id}", Update);
        routes.Add("DELETE", "/servers/{server_id}", Delete);
        routes.Add("GET", "/servers/{server_id}/ips", request => Empty(request, "addresses", new JsonObject()));
        routes.Add("GET", "/servers/{server_id}/os-interface", request => Empty(request, "interfaceAttachments", new JsonArray()));
        routes.Add("GET", "/servers/{server_id}/os-security-groups", request => Empty(request, "security_groups", new JsonArray()));
        routes.Add("GET", "/servers/{server_id}/os-volume_attachments", request => Empty(request, "volumeAttachments", new JsonArray()));
        routes.Add("GET", "/servers/{server_id}/tags", ListTags);
    }

    private ApiAnswer List(ApiRequest request, bool detailed)
    {
        if (Paging.Read(request, out var paging) is { } wrong)
            return ApiAnswer.BadRequest(wrong);
        return database.Read(session =>
        {
            var rule = "os_compute_api:servers:" + (detailed ? "detail" : "index");
            if (ServerQuery.Run(request, session, rule, out var servers) is { } refused)
                return refused;
            if (!paging.TryCut(servers, server => server.Id, out var page))
                return ApiAnswer.BadRequest($"marker [{paging.Marker}] not found");
            var nodes = session.Hosts.List();
            var entries = page.Select(server => detailed ? ServerView.Detail(request, server, nodes) : ServerView.Brief(request, server));
            var view = new JsonObject { ["servers"] = new JsonArray([.. entries]) };
            if (paging.IsFull(page.Count))
                view["servers_links"] = Links.Next(request, detailed ? "servers/detail" : "servers", page[^1].Id);
            return ApiAnswer.Ok(view);
        });
    }

    private ApiAnswer Show(ApiRequest request) => database.Read(session =>
        ServerAccess.Find(request, session) is { } server
            ? ApiAnswer.Ok(new JsonObject { ["server"] = Shown(request, session, server) })
            : ApiAnswer.ServerNotFound(request.ServerId));

    private ApiAnswer Update(ApiRequest request)
    {
        if (request.Body.ValueKind != JsonValueKind.Object || !Members.Of(request.Body).TryGetValue("server", out var body))
            return ApiAnswer.BadRequest("'server' is a required property");
        List<Field> fields =
        [
            new("name", BodySchema.Name(trims: request.IsLegacy)),
            new("OS-DCF:diskConfig", BodySchema.OneOf("AUTO", "MANUAL")),
            new("accessIPv4", BodySchema.Text(0, 64)),
            new("accessIPv6", BodySchema.Text(0, 64)),
        ];
        if (request.Version.AtLeast(19))
            fields.Add(new("description", BodySchema.OrNull(BodySchema.Text(0, 255))));
        if (request.Version.AtLeast(90))
            fields.Add(new("hostname", BodySchema.Text(2, 63)));
        if (BodySchema.CheckObject("server", body, fields, request.IsLegacy, out var asked) is { } wrong)
            return ApiAnswer.BadRequest(wrong);

        return database.Write(session =>
        {
            if (ServerAccess.Find(request, session) is not { } server)
                return ApiAnswer.ServerNotFound(request.ServerId);
            server = session.Servers.Update(server with
            {
                Name = asked.TryGetValue("name", out var name) ? name.GetString()!.Trim() : server.Name,
                Description = asked.TryGetValue("description", out var description) ? description.GetString() : server.Description,
                Hostname = asked.TryGetValue("hostname", out var hostname) ? hostname.GetString()! : server.Hostname,
                DiskConfig = asked.TryGetValue("OS-DCF:diskConfig", out var disk) ? disk.GetString()! : server.DiskConfig,
                AccessIPv4 = asked.TryGetValue("accessIPv4", out var v4) ? v4.GetString()! : server.AccessIPv4,
                AccessIPv6 = asked.TryGetValue("accessIPv6", out var v6) ? v6.GetString()! : server.AccessIPv6,
            });
            return ApiAnswer.Ok(new JsonObject { ["server"] = Shown(request, session, server) });
        });
    }

    private ApiAnswer Delete(ApiRequest request)
    {
        var answer = database.Write(
            session =>
            {
                if (ServerAccess.Find(request, session) is not { } server)
                    return ApiAnswer.ServerNotFound(request.ServerId);
                if (StateGuard.CheckLock(request.Caller, server) is { } locked)
                    return locked;
                // A second request for the same: the first is still being done.
                if (session.Operations.OfServer(server.Id).Any(operation => operation.Kind == DeleteWorkflow.Name))
                    return ApiAnswer.NoContent;

                OperationRunner.Cancel(session, server.Id, $"Instance {server.Id} is being deleted.");
                var where = session.Servers.Find(server.Id)!.Host;
                session.Servers.Update(server with { Host = where, TaskState = TaskStates.Deleting, Progress = 0 });
                var action = session.Actions.Start(
                    server.Id, InstanceActionNames.Delete, request.RequestId, request.Caller.UserId, request.Caller.ProjectId ?? server.ProjectId);
                runner.Start(session, new Operation { Kind = DeleteWorkflow.Name, ServerId = server.Id, ActionId = action });
                return ApiAnswer.NoContent;
            },
            answer => answer.Commits);
        runner.Wake();
        return answer;
    }

    private ApiAnswer ListTags(ApiRequest request) =>
        !request.Version.AtLeast(26)
            ? ApiAnswer.NotFound()
            : database.Read(session => ServerAccess.Find(request, session) is { } server
                ? ApiAnswer.Ok(new JsonObject { ["tags"] = new JsonArray([.. server.Tags.Select(tag => JsonValue.Create(tag))]) })
                : ApiAnswer.ServerNotFound(request.ServerId));

    private ApiAnswer Empty(ApiRequest request, string name, JsonNode nothing) => database.Read(session =>
        ServerAccess.Find(request, session) is null
            ? ApiAnswer.ServerNotFound(request.ServerId)
            : ApiAnswer.Ok(new JsonObject { [name] = nothing }));

    private static JsonObject Shown(ApiRequest request, ComputeSession session, Server server)
    {
        var view = ServerView.Detail(request, server, session.Hosts.List());
        if (request.Version.AtLeast(71))
            view["server_groups"] = new JsonArray();
        return view;
    }
}
