using System.Text.Json;
using Gateway.Compute.Api;
using Gateway.Compute.Migrations;
using Gateway.Compute.Operations;
using Gateway.Compute.Servers;
using Gateway.Compute.Storage;

namespace Gateway.Compute.Actions;

/// <summary>migrate, os-migrateLive, confirmResize and revertResize.</summary>
internal sealed class MigrationActions(OperationRunner runner)
{
    /// <summary>Below 2.56 the value is not even looked at; clients send null, {} or a host that is ignored.</summary>
    public ActionPlan Migrate(ApiRequest request, JsonElement value)
    {
        string? host = null;
        if (request.Version.AtLeast(56) && value.ValueKind != JsonValueKind.Null)
        {
            Field[] fields = [new("host", BodySchema.HostOrNull)];
            if (BodySchema.CheckObject("migrate", value, fields, request.IsLegacy, out var members) is { } wrong)
                return ActionPlan.Refuse(ApiAnswer.BadRequest(wrong));
            host = members.TryGetValue("host", out var named) ? named.GetString() : null;
        }

        return ActionPlan.Do((session, server) => Migrate(request, session, server, host));
    }

    public ActionPlan MigrateLive(ApiRequest request, JsonElement value)
    {
        var version = request.Version;
        List<Field> fields =
        [
            new("host", BodySchema.HostOrNull, Required: true),
            new("block_migration", version.AtLeast(25) ? BooleanOrAuto : BodySchema.Boolean, Required: true),
        ];
        if (!version.AtLeast(25))
            fields.Add(new("disk_over_commit", BodySchema.Boolean, Required: true));
        if (version.AtLeast(30) && !version.AtLeast(68))
            fields.Add(new("force", BodySchema.Boolean));
        if (BodySchema.CheckObject("os-migrateLive", value, fields, request.IsLegacy, out var members) is { } wrong)
            return ActionPlan.Refuse(ApiAnswer.BadRequest(wrong));

        var host = members["host"].GetString();
        var force = members.TryGetValue("force", out var sent) && BodySchema.ReadBoolean(sent);
        // Nova finds this after the look-up; both are answers to who may see the server, so the order is kept.
        return ActionPlan.Do((session, server) => force && host is null
            ? ApiAnswer.BadRequest("Can't force to a non-provided destination")
            : MigrateLive(request, session, server, new OperationParameters { Host = host, BypassScheduler = force || !version.AtLeast(30) }));
    }

    public ActionPlan ConfirmResize(ApiRequest request, JsonElement value) => ActionPlan.Do((session, server) =>
    {
        if (FindFinished(request, session, server, "confirmResize", out var migration) is { } refused)
            return refused;
        if (migration.SourceHost is { } source && session.Hosts.Find(source) is { IsUp: false })
            return ApiAnswer.Conflict("Service is unavailable at this time.");
        session.Migrations.Update(migration with { Status = "confirming" });
        Begin(request, session, server, InstanceActionNames.ConfirmResize, ConfirmResizeWorkflow.Name, migration.Id);
        return ApiAnswer.NoContent;
    });

    public ActionPlan RevertResize(ApiRequest request, JsonElement value) => ActionPlan.Do((session, server) =>
    {
        if (FindFinished(request, session, server, "revertResize", out var migration) is { } refused)
            return refused;
        session.Migrations.Update(migration with { Status = "reverting" });
        session.Servers.Update(server with { TaskState = TaskStates.ResizeReverting });
        Begin(request, session, server, InstanceActionNames.RevertResize, RevertResizeWorkflow.Name, migration.Id);
        return ApiAnswer.Accepted;
    });

    private ApiAnswer Migrate(ApiRequest request, ComputeSession session, Server server, string? host)
    {
        if (StateGuard.CheckLock(request.Caller, server) is { } locked)
            return locked;
        if (StateGuard.CheckState("migrate", server, [VmStates.Active, VmStates.Stopped]) is { } conflict)
            return conflict;
        if (server.Host is null)
            return ApiAnswer.Conflict($"Instance {server.Id} is not ready");
        if (session.Hosts.Find(server.Host) is { IsUp: false })
            return ApiAnswer.Conflict("Service is unavailable at this time.");
        if (host == server.Host)
            return ApiAnswer.BadRequest("Cannot migrate to the host where the server exists.");
        if (host is not null && session.Hosts.Find(host) is null)
            return ApiAnswer.BadRequest(FailureReasons.HostNotFound(host));

        session.Servers.Update(server with { TaskState = TaskStates.ResizePrep, Progress = 0 });
        var migration = session.Migrations.Insert(NewMigration(request, server, Migration.Cold, "pre-migrating"));
        Begin(request, session, server, InstanceActionNames.Migrate, ColdMigrationWorkflow.Name, migration.Id, new OperationParameters { Host = host });
        return ApiAnswer.Accepted;
    }

    private ApiAnswer MigrateLive(ApiRequest request, ComputeSession session, Server server, OperationParameters parameters)
    {
        if (StateGuard.CheckLock(request.Caller, server) is { } locked)
            return locked;
        if (StateGuard.CheckState("os-migrateLive", server, [VmStates.Active, VmStates.Paused]) is { } conflict)
            return conflict;
        if (server.Host is null)
            return ApiAnswer.Conflict($"Instance {server.Id} is not ready");
        if (parameters.Host is { } named && session.Hosts.Find(named) is null)
            return ApiAnswer.BadRequest(FailureReasons.HostNotFound(named));

        var migration = session.Migrations.Insert(NewMigration(request, server, Migration.Live, "accepted"));
        if (request.Version.AtLeast(34))
        {
            session.Servers.Update(server with { TaskState = TaskStates.Migrating, Progress = 0 });
            Begin(request, session, server, InstanceActionNames.LiveMigration, LiveMigrationWorkflow.Name, migration.Id, parameters);
            return ApiAnswer.Accepted;
        }

        return MigrateLiveChecked(request, session, server, migration, parameters);
    }

    /// <summary>Below 2.34 the caller waits for the checks and hears of their failure; the records tell of it as well.</summary>
    private ApiAnswer MigrateLiveChecked(
        ApiRequest request, ComputeSession session, Server server, Migration migration, OperationParameters parameters)
    {
        string destination;
        try
        {
            destination = LiveMigrationWorkflow.ChooseDestination(session, server, parameters);
        }
        catch (WorkFailedException failure)
        {
            var failed = StartAction(request, session, server, InstanceActionNames.LiveMigration);
            session.Actions.StartEvent(failed, LiveMigrationWorkflow.AnsweringConductorEvent, host: null);
            session.Actions.FailOpenEvents(failed, failure.Message);
            session.Actions.Fail(failed);
            session.Migrations.Update(migration with { Status = "error" });
            session.Servers.Update(server with
            {
                FaultCode = 400,
                FaultMessage = failure.Message,
                FaultDetails = failure.Message,
                FaultCreatedAt = session.Now,
            });
            return ApiAnswer.BadRequest(failure.Message) with { KeepsRecords = true };
        }

        session.Migrations.Update(migration with { DestinationHost = destination });
        session.Servers.Update(server with { TaskState = TaskStates.Migrating, Progress = 0 });
        var action = Begin(request, session, server, InstanceActionNames.LiveMigration, LiveMigrationWorkflow.Name, migration.Id, parameters);
        session.Actions.StartEvent(action, LiveMigrationWorkflow.AnsweringConductorEvent, host: null);
        session.Actions.FinishEvent(action, LiveMigrationWorkflow.AnsweringConductorEvent);
        return ApiAnswer.Accepted;
    }

    private static ApiAnswer? FindFinished(ApiRequest request, ComputeSession session, Server server, string name, out Migration migration)
    {
        migration = null!;
        if (StateGuard.CheckLock(request.Caller, server) is { } locked)
            return locked;
        if (StateGuard.CheckState(name, server, [VmStates.Resized]) is { } conflict)
            return conflict;
        if (session.Migrations.Finished(server.Id) is not { } finished)
            return ApiAnswer.BadRequest("Instance has not been resized.");
        migration = finished;
        return null;
    }

    private long Begin(
        ApiRequest request, ComputeSession session, Server server, string name, string kind, long migrationId, OperationParameters? parameters = null)
    {
        var action = StartAction(request, session, server, name);
        runner.Start(session, new Operation
        {
            Kind = kind,
            ServerId = server.Id,
            ActionId = action,
            MigrationId = migrationId,
            ParametersJson = JsonSerializer.Serialize(parameters ?? new OperationParameters()),
        });
        return action;
    }

    private static long StartAction(ApiRequest request, ComputeSession session, Server server, string name) =>
        session.Actions.Start(server.Id, name, request.RequestId, request.Caller.UserId, request.Caller.ProjectId ?? server.ProjectId);

    private static Migration NewMigration(ApiRequest request, Server server, string type, string status) => new()
    {
        Uuid = Guid.NewGuid().ToString(),
        ServerId = server.Id,
        Type = type,
        Status = status,
        SourceHost = server.Host,
        FlavorId = server.FlavorId,
        UserId = request.Caller.UserId,
        ProjectId = request.Caller.ProjectId ?? server.ProjectId,
    };

    private static string? BooleanOrAuto(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString() == "auto" ? null : BodySchema.Boolean(value);
}
