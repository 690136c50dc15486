namespace Gateway.Compute.Servers;

/// <summary>What a server settled into; the value of <c>OS-EXT-STS:vm_state</c>.</summary>
internal static class VmStates
{
    public const string Building = "building";
    public const string Active = "active";
    public const string Paused = "paused";
    public const string Suspended = "suspended";
    public const string Stopped = "stopped";
    public const string Resized = "resized";
    public const string Error = "error";
    public const string Deleted = "deleted";
}

/// <summary>What is being done to a server right now; null when nothing is.</summary>
internal static class TaskStates
{
    public const string Scheduling = "scheduling";
    public const string Spawning = "spawning";
    public const string Deleting = "deleting";
    public const string PoweringOff = "powering-off";
    public const string PoweringOn = "powering-on";
    public const string Rebooting = "rebooting";
    public const string RebootingHard = "rebooting_hard";
    public const string Pausing = "pausing";
    public const string Unpausing = "unpausing";
    public const string Suspending = "suspending";
    public const string Resuming = "resuming";
    public const string Migrating = "migrating";
    public const string ImageBackup = "image_backup";
    public const string ImagePendingUpload = "image_pending_upload";
    public const string ImageUploading = "image_uploading";
    public const string ResizePrep = "resize_prep";
    public const string ResizeMigrating = "resize_migrating";
    public const string ResizeMigrated = "resize_migrated";
    public const string ResizeFinish = "resize_finish";
    public const string ResizeReverting = "resize_reverting";
}

/// <summary>The numbers of <c>OS-EXT-STS:power_state</c>.</summary>
internal static class PowerStates
{
    public const int None = 0;
    public const int Running = 1;
    public const int Paused = 3;
    public const int Shutdown = 4;
}
