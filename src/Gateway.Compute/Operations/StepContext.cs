using Gateway.Compute.Drivers;
using Gateway.Compute.Migrations;
using Gateway.Compute.Servers;
using Gateway.Compute.Storage;

namespace Gateway.Compute.Operations;

/// <summary>What a step works on. The server and the migration are written back when the step is over.</summary>
internal sealed class StepContext(ComputeSession session, Operation operation, Server server, Migration? migration)
{
    public ComputeSession Session { get; } = session;

    public Operation Operation { get; } = operation;

    public OperationParameters Parameters { get; } = operation.Parameters;

    public Server Server { get; set; } = server;

    public Migration? Migration { get; set; } = migration;

    /// <summary>The migration of a workflow that always has one.</summary>
    public Migration Move
    {
        get => Migration ?? throw new InvalidOperationException($"operation {Operation.Id} has no migration");
        set => Migration = value;
    }

    /// <summary>The task state this work holds at its present step; null when it holds none.</summary>
    public string? HeldTask { get; init; }

    /// <summary>Clears the task state, unless a reset took it away and other work set its own.</summary>
    public void ReleaseTask()
    {
        if (Server.TaskState == HeldTask)
            Server = Server with { TaskState = null };
    }

    public void StartEvent(string name, string? host)
    {
        if (Operation.ActionId is { } actionId)
            Session.Actions.StartEvent(actionId, name, host);
    }

    public void FinishEvent(string name)
    {
        if (Operation.ActionId is { } actionId)
            Session.Actions.FinishEvent(actionId, name);
    }

    public void RecordEvent(string name, string? host)
    {
        StartEvent(name, host);
        FinishEvent(name);
    }

    /// <summary>Remembers why the server failed; shown while its status is ERROR or DELETED.</summary>
    public void AddFault(string reason, int code) => Server = Server with
    {
        FaultCode = code,
        FaultMessage = reason,
        FaultDetails = reason,
        FaultCreatedAt = Session.Now,
    };

    /// <summary>The node of that name, if it can be worked with.</summary>
    public ComputeNode RequireHostUp(string host)
    {
        var node = Session.Hosts.Find(host) ?? throw new WorkFailedException(FailureReasons.HostNotFound(host));
        return node.IsUp ? node : throw new WorkFailedException(FailureReasons.ServiceDown(host));
    }
}
