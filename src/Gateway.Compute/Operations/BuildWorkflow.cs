using Gateway.Compute.Drivers;
using Gateway.Compute.Servers;

namespace Gateway.Compute.Operations;

/// <summary>A new server: scheduled, spawned, active.</summary>
internal sealed class BuildWorkflow : Workflow
{
    public const string Name = "build";
    private const string Event = "compute__do_build_and_run_instance";

    public override string Kind => Name;

    public override IReadOnlyList<WorkflowStep> Steps { get; } =
    [
        new(TaskStates.Scheduling, Schedule),
        new(TaskStates.Spawning, Spawn),
    ];

    public override void Abort(StepContext context, string reason)
    {
        context.AddFault(reason, 500);
        context.Server = context.Server with { VmState = VmStates.Error, TaskState = null };
    }

    private static void Schedule(StepContext context)
    {
        var host = context.Server.RequestedHost is { } requested
            ? context.Session.Hosts.Find(requested) is { TakesServers: true } node ? node.Name : null
            : SimulatedDriver.ChooseHost(context.Session, exceptHost: null);
        if (host is null)
            throw new WorkFailedException(FailureReasons.NoValidHost);
        context.StartEvent(Event, host);
        context.Server = context.Server with { Host = host, TaskState = TaskStates.Spawning };
    }

    private static void Spawn(StepContext context)
    {
        context.FinishEvent(Event);
        context.Server = context.Server with
        {
            VmState = VmStates.Active,
            TaskState = null,
            PowerState = PowerStates.Running,
            Progress = 100,
            LaunchedAt = context.Session.Now,
        };
    }
}
