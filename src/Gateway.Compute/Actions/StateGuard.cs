using Gateway.Compute.Api;
using Gateway.Compute.Callers;
using Gateway.Compute.Servers;

namespace Gateway.Compute.Actions;

/// <summary>The conflicts: what a server is doing, and who locked it, decide whether an action can start.</summary>
internal static class StateGuard
{
    /// <summary>A lock holds for everybody but administrators.</summary>
    public static ApiAnswer? CheckLock(Caller caller, Server server) =>
        server.Locked && !caller.IsAdmin ? ApiAnswer.Conflict($"Instance {server.Id} is locked") : null;

    /// <summary>First the vm_state, then the task state, then whether the server ever ran, as Nova does.</summary>
    public static ApiAnswer? CheckState(string action, Server server, string[] vmStates, bool anyTask = false, params string[] alsoTasks)
    {
        if (!vmStates.Contains(server.VmState))
            return Conflict(action, server, "vm_state", server.VmState);
        if (!anyTask && server.TaskState is { } task && !alsoTasks.Contains(task))
            return Conflict(action, server, "task_state", task);
        return server.LaunchedAt is null && !anyTask
            ? ApiAnswer.Conflict($"Instance {server.Id} is in an invalid state for '{action}'")
            : null;
    }

    private static ApiAnswer Conflict(string action, Server server, string attribute, string state) =>
        ApiAnswer.Conflict($"Cannot '{action}' instance {server.Id} while it is in {attribute} {state}");
}
