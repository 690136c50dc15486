using Gateway.Compute.Drivers;
using Gateway.Compute.Servers;
using Gateway.Compute.Storage;

namespace Gateway.Compute.Operations;

/// <summary>
/// A live migration. When it fails the server goes on as it was: vm_state is kept, the task state cleared, the migration
/// says <c>error</c> and the action says Error. A state reset in between does not stop it: only its last step, which writes
/// the new host, finds out and fails.
/// </summary>
internal sealed class LiveMigrationWorkflow : Workflow
{
    public const string Name = "live-migration";
    public const string AnsweringConductorEvent = "conductor_migrate_server";
    public const string ConductorEvent = "conductor_live_migrate_instance";
    private const string MainEvent = "compute_live_migration";

    public override string Kind => Name;

    public override IReadOnlyList<WorkflowStep> Steps { get; } =
    [
        new(TaskStates.Migrating, context =>
        {
            // Below 2.34 the request itself chose the host, and its event is already over.
            if (context.Move.DestinationHost is null)
            {
                context.StartEvent(ConductorEvent, host: null);
                var host = ChooseDestination(context.Session, context.Server, context.Parameters);
                context.Move = context.Move with { DestinationHost = host };
                RecordChecks(context);
                context.FinishEvent(ConductorEvent);
            }
            else
            {
                RecordChecks(context);
            }

            context.Move = context.Move with { Status = "queued" };
        }),
        new(TaskStates.Migrating, context =>
        {
            context.RequireHostUp(context.Move.DestinationHost!);
            context.StartEvent(MainEvent, context.Move.SourceHost);
            context.Move = context.Move with { Status = "preparing" };
        }) { ChecksTask = false },
        new(TaskStates.Migrating, context =>
        {
            context.RecordEvent("compute_pre_live_migration", context.Move.DestinationHost);
            context.Move = context.Move.WithProgress(SimulatedDriver.MemoryBytes(context.Server), 0.5) with { Status = "running" };
            context.Server = context.Server with { Progress = 50 };
        }) { ChecksTask = false },
        new(TaskStates.Migrating, context =>
        {
            context.Move = context.Move.WithProgress(SimulatedDriver.MemoryBytes(context.Server), 1) with { Status = "post-migrating" };
            context.Server = context.Server with { Progress = 100 };
        }) { ChecksTask = false },
        new(TaskStates.Migrating, context =>
        {
            context.RecordEvent("compute_post_live_migration_at_destination", context.Move.DestinationHost);
            context.FinishEvent(MainEvent);
            context.Move = context.Move with { Status = "completed" };
            context.Server = context.Server with { Host = context.Move.DestinationHost, TaskState = null };
        }),
    ];

    public override void Abort(StepContext context, string reason)
    {
        context.AddFault(reason, 400);
        if (context.Migration is { } move)
            context.Migration = move with { Status = "error" };
        base.Abort(context, reason);
    }

    /// <summary>
    /// The conductor's choice and checks. A host that the caller forced only has to be another one and up; else the
    /// scheduler decides, and knows the source only as a host to avoid.
    /// </summary>
    /// <exception cref="WorkFailedException">No host, or not this one.</exception>
    public static string ChooseDestination(ComputeSession session, Server server, OperationParameters parameters)
    {
        if (session.Hosts.Find(server.Host!) is { IsUp: false })
            throw new WorkFailedException(FailureReasons.ServiceDown(server.Host!));

        if (parameters is { Host: { } forced, BypassScheduler: true })
        {
            if (forced == server.Host)
                throw new WorkFailedException(FailureReasons.SameHost(server.Id, forced));
            var node = session.Hosts.Find(forced) ?? throw new WorkFailedException(FailureReasons.HostNotFound(forced));
            return node.IsUp ? node.Name : throw new WorkFailedException(FailureReasons.ServiceDown(forced));
        }

        var chosen = parameters.Host is { } wanted
            ? wanted != server.Host && session.Hosts.Find(wanted) is { TakesServers: true } ? wanted : null
            : SimulatedDriver.ChooseHost(session, server.Host);
        return chosen ?? throw new WorkFailedException(FailureReasons.NoValidHost);
    }

    private static void RecordChecks(StepContext context)
    {
        context.StartEvent("compute_check_can_live_migrate_destination", context.Move.DestinationHost);
        context.RecordEvent("compute_check_can_live_migrate_source", context.Move.SourceHost);
        context.FinishEvent("compute_check_can_live_migrate_destination");
    }
}
