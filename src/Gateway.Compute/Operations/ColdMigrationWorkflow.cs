using Gateway.Compute.Drivers;
using Gateway.Compute.Servers;

namespace Gateway.Compute.Operations;

/// <summary>
/// A cold migration, up to VERIFY_RESIZE: the server is on its new host and waits for confirmResize or revertResize.
/// When it fails, the server is as it was and the migration says <c>error</c>.
/// </summary>
internal sealed class ColdMigrationWorkflow : Workflow
{
    public const string Name = "cold-migration";

    public override string Kind => Name;

    public override IReadOnlyList<WorkflowStep> Steps { get; } =
    [
        new(TaskStates.ResizePrep, Schedule),
        new(TaskStates.ResizePrep, context =>
        {
            context.RecordEvent("compute_prep_resize", context.Move.DestinationHost);
            context.StartEvent("compute_resize_instance", context.Move.SourceHost);
            context.Move = context.Move with { Status = "migrating" };
            context.Server = context.Server with { TaskState = TaskStates.ResizeMigrating };
        }),
        new(TaskStates.ResizeMigrating, context =>
        {
            context.FinishEvent("compute_resize_instance");
            context.Move = context.Move with { Status = "post-migrating" };
            context.Server = context.Server with
            {
                TaskState = TaskStates.ResizeMigrated,
                OldVmState = context.Server.VmState,
                Host = context.Move.DestinationHost,
                PowerState = PowerStates.Shutdown,
            };
        }),
        new(TaskStates.ResizeMigrated, context =>
        {
            context.StartEvent("compute_finish_resize", context.Move.DestinationHost);
            context.Server = context.Server with { TaskState = TaskStates.ResizeFinish };
        }),
        new(TaskStates.ResizeFinish, context =>
        {
            context.FinishEvent("compute_finish_resize");
            context.Move = context.Move with { Status = "finished" };
            context.Server = context.Server with
            {
                VmState = VmStates.Resized,
                TaskState = null,
                PowerState = context.Server.OldVmState == VmStates.Stopped ? PowerStates.Shutdown : PowerStates.Running,
                LaunchedAt = context.Session.Now,
            };
        }),
    ];

    public override void Abort(StepContext context, string reason)
    {
        context.AddFault(reason, 500);
        var server = context.Server;
        if (context.Migration is { } move)
        {
            context.Migration = move with { Status = "error" };
            // Past the copy the server had left; the guest on the old host is still whole.
            server = server with { Host = move.SourceHost };
        }

        context.Server = server with
        {
            OldVmState = null,
            PowerState = server.VmState == VmStates.Stopped ? PowerStates.Shutdown : PowerStates.Running,
        };
        context.ReleaseTask();
    }

    private static void Schedule(StepContext context)
    {
        context.StartEvent("conductor_migrate_server", host: null);
        context.StartEvent("cold_migrate", host: null);
        var wanted = context.Parameters.Host;
        var host = wanted is null
            ? SimulatedDriver.ChooseHost(context.Session, context.Server.Host)
            : context.Session.Hosts.Find(wanted) is { TakesServers: true } node ? node.Name : null;
        if (host is null)
            throw new WorkFailedException(FailureReasons.NoValidHost);

        context.FinishEvent("cold_migrate");
        context.FinishEvent("conductor_migrate_server");
        context.Move = context.Move with { DestinationHost = host };
    }
}

/// <summary>The old copy is dropped; the server stays where it is, running or stopped as it was before the move.</summary>
internal sealed class ConfirmResizeWorkflow : Workflow
{
    public const string Name = "confirm-resize";

    public override string Kind => Name;

    public override IReadOnlyList<WorkflowStep> Steps { get; } =
    [
        new(null, context =>
        {
            context.RecordEvent("compute_confirm_resize", context.Move.SourceHost);
            context.Move = context.Move with { Status = "confirmed" };
            context.Server = context.Server with
            {
                VmState = context.Server.OldVmState == VmStates.Stopped ? VmStates.Stopped : VmStates.Active,
                OldVmState = null,
            };
        }),
    ];

    public override void Abort(StepContext context, string reason)
    {
        context.AddFault(reason, 500);
        if (context.Migration is { } move)
            context.Migration = move with { Status = "error" };
        context.Server = context.Server with { VmState = VmStates.Error };
    }
}

/// <summary>The server goes back to where it came from.</summary>
internal sealed class RevertResizeWorkflow : Workflow
{
    public const string Name = "revert-resize";

    public override string Kind => Name;

    public override IReadOnlyList<WorkflowStep> Steps { get; } =
    [
        new(TaskStates.ResizeReverting, context =>
        {
            context.RecordEvent("compute_revert_resize", context.Move.DestinationHost);
            context.StartEvent("compute_finish_revert_resize", context.Move.SourceHost);
            context.Server = context.Server with { Host = context.Move.SourceHost, PowerState = PowerStates.Shutdown };
        }),
        new(TaskStates.ResizeReverting, context =>
        {
            context.FinishEvent("compute_finish_revert_resize");
            context.Move = context.Move with { Status = "reverted" };
            var stopped = context.Server.OldVmState == VmStates.Stopped;
            context.Server = context.Server with
            {
                VmState = stopped ? VmStates.Stopped : VmStates.Active,
                PowerState = stopped ? PowerStates.Shutdown : PowerStates.Running,
                TaskState = null,
                OldVmState = null,
                LaunchedAt = context.Session.Now,
            };
        }),
    ];

    public override void Abort(StepContext context, string reason)
    {
        context.AddFault(reason, 500);
        if (context.Migration is { } move)
            context.Migration = move with { Status = "error" };
        context.Server = context.Server with { VmState = VmStates.Error, TaskState = null };
    }
}
