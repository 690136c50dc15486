using System.Text.Json.Nodes;
using Gateway.Compute.Api;
using Gateway.Compute.Servers;
using Gateway.Compute.Storage;

namespace Gateway.Compute.Actions;

/// <summary><c>/servers/{id}/os-instance-actions</c>.</summary>
internal sealed class InstanceActionEndpoints(ComputeDatabase database)
{
    public void AddTo(RouteTable routes)
    {
        routes.Add("GET", "/servers/{server_id}/os-instance-actions", List);
        routes.Add("GET", "/servers/{server_id}/os-instance-actions/{id}", Show);
    }

    private ApiAnswer List(ApiRequest request)
    {
        var paged = request.Version.AtLeast(58);
        var paging = new Paging(int.MaxValue, null);
        if (paged && Paging.Read(request, out paging) is { } wrong)
            return ApiAnswer.BadRequest(wrong);
        if (ReadTime(request, "changes-since", paged, out var since) is { } badSince)
            return badSince;
        if (ReadTime(request, "changes-before", request.Version.AtLeast(66), out var before) is { } badBefore)
            return badBefore;
        if (since is not null && before is not null && string.CompareOrdinal(before, since) < 0)
            return ApiAnswer.BadRequest("The value of changes-since must be less than or equal to changes-before.");

        return database.Read(session =>
        {
            if (FindServer(request, session) is not { } server)
                return ApiAnswer.ServerNotFound(request.ServerId);
            var actions = session.Actions.List(server.Id)
                .Where(action => since is null || string.CompareOrdinal(action.UpdatedAt, since) >= 0)
                .Where(action => before is null || string.CompareOrdinal(action.UpdatedAt, before) <= 0)
                .ToList();
            if (!paging.TryCut(actions, action => action.RequestId, out var page))
                return ApiAnswer.BadRequest($"Marker {paging.Marker} could not be found.");
            var view = new JsonObject { ["instanceActions"] = new JsonArray([.. page.Select(action => View(request, action))]) };
            if (paged && paging.IsFull(page.Count))
                view["links"] = Links.Next(request, $"servers/{server.Id}/os-instance-actions", page[^1].RequestId);
            return ApiAnswer.Ok(view);
        });
    }

    private ApiAnswer Show(ApiRequest request) => database.Read(session =>
    {
        if (FindServer(request, session) is not { } server)
            return ApiAnswer.ServerNotFound(request.ServerId);
        if (session.Actions.Find(server.Id, request.Id) is not { } action)
            return ApiAnswer.NotFound($"Action {request.Id} not found");

        var view = View(request, action);
        if (request.Caller.IsAdmin || request.Version.AtLeast(51))
        {
            view["events"] = new JsonArray([.. session.Actions.Events(action.Id)
                .Select(happened => View(request, action, happened))]);
        }

        return ApiAnswer.Ok(new JsonObject { ["instanceAction"] = view });
    });

    /// <summary>From 2.21 on the actions of a deleted server can still be read.</summary>
    private static Server? FindServer(ApiRequest request, ComputeSession session) =>
        request.Version.AtLeast(21) ? ServerAccess.FindEvenDeleted(request, session) : ServerAccess.Find(request, session);

    private static JsonObject View(ApiRequest request, InstanceAction action)
    {
        var view = new JsonObject
        {
            ["action"] = action.Name,
            ["instance_uuid"] = action.ServerId,
            ["request_id"] = action.RequestId,
            ["user_id"] = action.UserId,
            ["project_id"] = action.ProjectId,
            ["start_time"] = action.StartTime,
            ["message"] = action.Message,
        };
        if (request.Version.AtLeast(58))
            view["updated_at"] = action.UpdatedAt;
        return view;
    }

    private static JsonObject View(ApiRequest request, InstanceAction action, InstanceEvent happened)
    {
        var admin = request.Caller.IsAdmin;
        var view = new JsonObject
        {
            ["event"] = happened.Name,
            ["start_time"] = happened.StartTime,
            ["finish_time"] = happened.FinishTime,
            ["result"] = happened.Result,
        };
        if (admin)
            view["traceback"] = happened.Traceback;
        if (request.Version.AtLeast(62))
        {
            if (admin)
                view["host"] = happened.Host;
            view["hostId"] = ServerView.HostId(action.ProjectId, happened.Host);
        }

        if (request.Version.AtLeast(84) && admin)
            view["details"] = happened.Details;
        return view;
    }

    private static ApiAnswer? ReadTime(ApiRequest request, string name, bool known, out string? time)
    {
        time = null;
        if (!known || request.Parameter(name) is not { } sent)
            return null;
        if (!IsoTime.TryParse(sent, out var text))
            return ApiAnswer.BadRequest($"Invalid input for query parameters {name}. Value: {sent}. '{sent}' is not a 'date-time'");
        time = text;
        return null;
    }
}
