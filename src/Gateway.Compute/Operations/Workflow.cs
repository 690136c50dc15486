using Gateway.Compute.Servers;

namespace Gateway.Compute.Operations;

/// <summary>
/// One kind of work as a list of steps. A step runs in one transaction with the row that says which step is next, so a
/// crash loses or repeats none. Steps change the database through <see cref="StepContext"/> only; they never wait.
/// </summary>
internal abstract class Workflow
{
    public abstract string Kind { get; }

    public abstract IReadOnlyList<WorkflowStep> Steps { get; }

    /// <summary>Puts the server and the records right after a failure; the action and its open events are marked by the caller.</summary>
    public virtual void Abort(StepContext context, string reason) => context.ReleaseTask();
}

/// <summary>
/// A step and the task state it must find. Another one means that somebody reset the state meanwhile: the work fails,
/// as Nova's compare-and-set of the task state does.
/// </summary>
internal sealed record WorkflowStep(string? ExpectedTask, Action<StepContext> Apply)
{
    /// <summary>False for work on the hosts that goes on whatever the records say meanwhile.</summary>
    public bool ChecksTask { get; init; } = true;
}

/// <summary>A step met something it cannot work with; the reason is what the fault and the event say.</summary>
internal sealed class WorkFailedException(string reason) : Exception(reason);

/// <summary>Words for the failures that Nova has names for.</summary>
internal static class FailureReasons
{
    public const string NoValidHost = "No valid host was found. There are not enough hosts available.";

    public static string UnexpectedTask(Server server, string? expected) =>
        $"Conflict updating instance {server.Id}. Expected: {{'task_state': [{Quoted(expected)}]}}. Actual: {{'task_state': {Quoted(server.TaskState)}}}";

    public static string SameHost(string serverId, string host) => $"Unable to migrate instance ({serverId}) to current host ({host}).";

    public static string ServiceDown(string host) => $"Compute service of {host} is unavailable at this time.";

    public static string HostNotFound(string host) => $"Compute host {host} could not be found.";

    private static string Quoted(string? state) => state is null ? "None" : $"'{state}'";
}
