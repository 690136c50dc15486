using System.Text.Json.Nodes;
using Gateway.Compute.Api;
using Gateway.Compute.Servers;
using Gateway.Compute.Storage;

namespace Gateway.Compute.Migrations;

/// <summary><c>/os-migrations</c> and <c>/servers/{id}/migrations</c>.</summary>
internal sealed class MigrationEndpoints(ComputeDatabase database)
{
    private static readonly (string Parameter, int FirstMinor, Func<Migration, string, bool> Matches)[] Filters =
    [
        ("host", 1, (migration, value) => migration.SourceHost == value || migration.DestinationHost == value),
        ("source_compute", 1, (migration, value) => migration.SourceHost == value),
        ("instance_uuid", 1, (migration, value) => migration.ServerId == value),
        ("status", 1, (migration, value) => migration.Status == value),
        ("migration_type", 1, (migration, value) => migration.Type == value),
        ("user_id", 80, (migration, value) => migration.UserId == value),
        ("project_id", 80, (migration, value) => migration.ProjectId == value),
    ];

    public void AddTo(RouteTable routes)
    {
        routes.Add("GET", "/os-migrations", List);
        routes.Add("GET", "/servers/{server_id}/migrations", ListOfServer);
        routes.Add("GET", "/servers/{server_id}/migrations/{id}", Show);
    }

    private ApiAnswer List(ApiRequest request)
    {
        var newestFirst = request.Version.AtLeast(59);
        var paging = new Paging(int.MaxValue, null);
        if (newestFirst && Paging.Read(request, out paging) is { } wrong)
            return ApiAnswer.BadRequest(wrong);

        var migrations = database.Read(session => session.Migrations.List().Where(migration => IsVisible(request, session, migration)).ToList());
        foreach (var (parameter, firstMinor, matches) in Filters)
        {
            if (request.Version.AtLeast(firstMinor) && request.Parameter(parameter) is { } value)
                migrations = [.. migrations.Where(migration => matches(migration, value))];
        }

        if (newestFirst)
            migrations.Reverse();
        if (!paging.TryCut(migrations, migration => migration.Uuid, out var page))
            return ApiAnswer.BadRequest($"Marker {paging.Marker} could not be found.");
        var view = new JsonObject { ["migrations"] = new JsonArray([.. page.Select(migration => View(request, migration))]) };
        if (newestFirst && paging.IsFull(page.Count))
            view["migrations_links"] = Links.Next(request, "os-migrations", page[^1].Uuid);
        return ApiAnswer.Ok(view);
    }

    /// <summary>Only live migrations under way, from 2.23 on.</summary>
    private ApiAnswer ListOfServer(ApiRequest request)
    {
        if (!request.Version.AtLeast(23))
            return ApiAnswer.NotFound();
        return database.Read(session =>
        {
            if (ServerAccess.Find(request, session) is not { } server)
                return ApiAnswer.ServerNotFound(request.ServerId);
            var running = session.Migrations.OfServer(server.Id).Where(migration => migration.IsLiveInProgress);
            return ApiAnswer.Ok(new JsonObject { ["migrations"] = new JsonArray([.. running.Select(migration => LiveView(request, migration))]) });
        });
    }

    private ApiAnswer Show(ApiRequest request)
    {
        if (!request.Version.AtLeast(23))
            return ApiAnswer.NotFound();
        return database.Read(session =>
        {
            if (ServerAccess.Find(request, session) is not { } server)
                return ApiAnswer.ServerNotFound(request.ServerId);
            var migration = session.Migrations.OfServer(server.Id).FirstOrDefault(migration => migration.Id.ToString() == request.Id);
            if (migration is null)
                return ApiAnswer.NotFound($"In-progress live migration {request.Id} is not found for server {server.Id}.");
            if (migration.Type != Migration.Live)
                return ApiAnswer.NotFound($"Migration {request.Id} for server {server.Id} is not live-migration.");
            return migration.IsLiveInProgress
                ? ApiAnswer.Ok(new JsonObject { ["migration"] = LiveView(request, migration) })
                : ApiAnswer.NotFound($"Live migration {request.Id} for server {server.Id} is not in progress.");
        });
    }

    /// <summary>A project sees the moves of its own servers, whoever asked for them.</summary>
    private static bool IsVisible(ApiRequest request, ComputeSession session, Migration migration) =>
        request.Caller.IsAdmin || session.Servers.FindEvenDeleted(migration.ServerId) is { } server && server.IsVisibleTo(request.Caller);

    private static JsonObject View(ApiRequest request, Migration migration)
    {
        var version = request.Version;
        var view = new JsonObject { ["id"] = migration.Id };
        if (version.AtLeast(59))
            view["uuid"] = migration.Uuid;
        // Where hosts are is for administrators, as Nova has it since project managers may list migrations.
        var admin = request.Caller.IsAdmin;
        view["source_compute"] = admin ? migration.SourceHost : null;
        view["source_node"] = admin ? migration.SourceHost : null;
        view["dest_compute"] = admin ? migration.DestinationHost : null;
        view["dest_node"] = admin ? migration.DestinationHost : null;
        view["dest_host"] = admin && migration.Type == Migration.Cold ? migration.DestinationHost : null;
        view["old_instance_type_id"] = int.Parse(migration.FlavorId);
        view["new_instance_type_id"] = int.Parse(migration.FlavorId);
        view["instance_uuid"] = migration.ServerId;
        view["status"] = migration.Status;
        view["created_at"] = migration.CreatedAt;
        view["updated_at"] = migration.UpdatedAt;
        if (version.AtLeast(23))
        {
            view["migration_type"] = migration.Type;
            if (migration.IsLiveInProgress)
                view["links"] = Links.Of(request, $"servers/{migration.ServerId}/migrations", migration.Id.ToString());
        }

        if (version.AtLeast(80))
        {
            view["user_id"] = migration.UserId;
            view["project_id"] = migration.ProjectId;
        }

        return view;
    }

    private static JsonObject LiveView(ApiRequest request, Migration migration)
    {
        var version = request.Version;
        var admin = request.Caller.IsAdmin;
        var view = new JsonObject
        {
            ["created_at"] = migration.CreatedAt,
            ["dest_compute"] = admin ? migration.DestinationHost : null,
            ["dest_host"] = null,
            ["dest_node"] = admin ? migration.DestinationHost : null,
            ["disk_processed_bytes"] = migration.DiskProcessed,
            ["disk_remaining_bytes"] = migration.DiskRemaining,
            ["disk_total_bytes"] = migration.DiskTotal,
            ["id"] = migration.Id,
            ["memory_processed_bytes"] = migration.MemoryProcessed,
            ["memory_remaining_bytes"] = migration.MemoryRemaining,
            ["memory_total_bytes"] = migration.MemoryTotal,
            ["server_uuid"] = migration.ServerId,
            ["source_compute"] = admin ? migration.SourceHost : null,
            ["source_node"] = admin ? migration.SourceHost : null,
            ["status"] = migration.Status,
            ["updated_at"] = migration.UpdatedAt,
        };
        if (version.AtLeast(59))
            view["uuid"] = migration.Uuid;
        if (version.AtLeast(80))
        {
            view["user_id"] = migration.UserId;
            view["project_id"] = migration.ProjectId;
        }

        return view;
    }
}
