using Gateway.Compute.Servers;

namespace Gateway.Compute.Operations;

/// <summary>Work of one step that leaves the server in another vm_state: start, stop, pause and their like.</summary>
internal sealed class PowerWorkflow : Workflow
{
    private PowerWorkflow(string kind, string taskState, string eventName, string vmState, int powerState)
    {
        Kind = kind;
        TaskState = taskState;
        Steps =
        [
            new(taskState, context =>
            {
                context.RecordEvent(eventName, context.Server.Host);
                context.Server = context.Server with { VmState = vmState, TaskState = null, PowerState = powerState };
            }),
        ];
    }

    public static PowerWorkflow Start { get; } =
        new("start", TaskStates.PoweringOn, "compute_start_instance", VmStates.Active, PowerStates.Running);

    public static PowerWorkflow Stop { get; } =
        new("stop", TaskStates.PoweringOff, "compute_stop_instance", VmStates.Stopped, PowerStates.Shutdown);

    public static PowerWorkflow SoftReboot { get; } =
        new("reboot", TaskStates.Rebooting, "compute_reboot_instance", VmStates.Active, PowerStates.Running);

    public static PowerWorkflow HardReboot { get; } =
        new("reboot-hard", TaskStates.RebootingHard, "compute_reboot_instance", VmStates.Active, PowerStates.Running);

    public static PowerWorkflow Pause { get; } =
        new("pause", TaskStates.Pausing, "compute_pause_instance", VmStates.Paused, PowerStates.Paused);

    public static PowerWorkflow Unpause { get; } =
        new("unpause", TaskStates.Unpausing, "compute_unpause_instance", VmStates.Active, PowerStates.Running);

    public static PowerWorkflow Suspend { get; } =
        new("suspend", TaskStates.Suspending, "compute_suspend_instance", VmStates.Suspended, PowerStates.Shutdown);

    public static PowerWorkflow Resume { get; } =
        new("resume", TaskStates.Resuming, "compute_resume_instance", VmStates.Active, PowerStates.Running);

    public static IReadOnlyList<PowerWorkflow> All { get; } =
        [Start, Stop, SoftReboot, HardReboot, Pause, Unpause, Suspend, Resume];

    public override string Kind { get; }

    /// <summary>The task state the request sets when it accepts the work.</summary>
    public string TaskState { get; }

    public override IReadOnlyList<WorkflowStep> Steps { get; }
}
