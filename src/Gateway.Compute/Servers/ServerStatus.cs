namespace Gateway.Compute.Servers;

/// <summary>Nova's map from vm_state and task_state to the one word users see.</summary>
internal static class ServerStatus
{
    private static readonly (string Vm, string Default, (string Task, string Status)[] Tasks)[] Map =
    [
        (VmStates.Active, "ACTIVE",
        [
            (TaskStates.Rebooting, "REBOOT"), (TaskStates.RebootingHard, "HARD_REBOOT"), (TaskStates.Migrating, "MIGRATING"),
            (TaskStates.ResizePrep, "RESIZE"), (TaskStates.ResizeMigrating, "RESIZE"),
            (TaskStates.ResizeMigrated, "RESIZE"), (TaskStates.ResizeFinish, "RESIZE"),
        ]),
        (VmStates.Building, "BUILD", []),
        (VmStates.Stopped, "SHUTOFF",
        [
            (TaskStates.ResizePrep, "RESIZE"), (TaskStates.ResizeMigrating, "RESIZE"),
            (TaskStates.ResizeMigrated, "RESIZE"), (TaskStates.ResizeFinish, "RESIZE"),
        ]),
        (VmStates.Resized, "VERIFY_RESIZE", [(TaskStates.ResizeReverting, "REVERT_RESIZE")]),
        (VmStates.Paused, "PAUSED", [(TaskStates.Migrating, "MIGRATING")]),
        (VmStates.Suspended, "SUSPENDED", []),
        (VmStates.Error, "ERROR", []),
        (VmStates.Deleted, "DELETED", []),
    ];

    // Statuses of Nova that this service never reaches: a filter for one finds nothing, an unknown word may be an error.
    private static readonly string[] NeverReached =
        ["PASSWORD", "REBUILD", "RESCUE", "SOFT_DELETED", "SHELVED", "SHELVED_OFFLOADED", "UNKNOWN"];

    public static string Of(string vmState, string? taskState)
    {
        foreach (var (vm, otherwise, tasks) in Map)
        {
            if (vm == vmState)
                return Array.Find(tasks, entry => entry.Task == taskState).Status ?? otherwise;
        }

        return "UNKNOWN";
    }

    public static bool IsKnown(string status) =>
        Map.Any(entry => Same(entry.Default, status) || entry.Tasks.Any(task => Same(task.Status, status)))
        || NeverReached.Any(known => Same(known, status));

    public static bool Same(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
}
