using Gateway.Compute.Drivers;
using Gateway.Compute.Servers;

namespace Gateway.Compute.Operations;

/// <summary>
/// A backup: the image, created queued with the request, is uploaded, and then the oldest backups of the same server and
/// type go until as many are left as the rotation says; the new one counts, so rotation 0 leaves none.
/// </summary>
internal sealed class BackupWorkflow : Workflow
{
    public const string Name = "backup";
    private const string Event = "compute_backup_instance";

    public override string Kind => Name;

    public override IReadOnlyList<WorkflowStep> Steps { get; } =
    [
        new(TaskStates.ImageBackup, context =>
        {
            context.StartEvent(Event, context.Server.Host);
            context.Server = context.Server with { TaskState = TaskStates.ImagePendingUpload };
        }),
        new(TaskStates.ImagePendingUpload, context =>
        {
            context.Session.Images.SetStatus(ImageOf(context), "saving", size: null);
            context.Server = context.Server with { TaskState = TaskStates.ImageUploading };
        }),
        new(TaskStates.ImageUploading, context =>
        {
            context.Session.Images.SetStatus(ImageOf(context), "active", SimulatedDriver.BackupSize(context.Server));
            context.Server = context.Server with { TaskState = null };
            Rotate(context);
            context.FinishEvent(Event);
        }),
    ];

    /// <summary>A half-made image is of no use to anyone.</summary>
    public override void Abort(StepContext context, string reason)
    {
        context.Session.Images.Delete(ImageOf(context));
        base.Abort(context, reason);
    }

    private static void Rotate(StepContext context)
    {
        var backups = context.Session.Images.Backups(context.Server.Id, context.Parameters.BackupType!);
        foreach (var superfluous in backups.Skip(context.Parameters.Rotation))
            context.Session.Images.Delete(superfluous);
    }

    private static string ImageOf(StepContext context) =>
        context.Operation.ImageId ?? throw new InvalidOperationException($"operation {context.Operation.Id} has no image");
}
