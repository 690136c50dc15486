using Gateway.Compute.Servers;

namespace Gateway.Compute.Operations;

internal sealed class DeleteWorkflow : Workflow
{
    public const string Name = "delete";

    public override string Kind => Name;

    public override IReadOnlyList<WorkflowStep> Steps { get; } =
    [
        new(TaskStates.Deleting, context =>
        {
            context.RecordEvent("compute_terminate_instance", context.Server.Host);
            context.Server = context.Server with
            {
                Deleted = true,
                VmState = VmStates.Deleted,
                TaskState = null,
                PowerState = PowerStates.None,
                TerminatedAt = context.Session.Now,
            };
        }),
    ];
}
