using System.Text.Json;
using Gateway.Compute.Api;
using Gateway.Compute.Operations;
using Gateway.Compute.Servers;

namespace Gateway.Compute.Actions;

/// <summary>start, stop, reboot, pause, unpause, suspend and resume.</summary>
internal sealed class PowerActions(OperationRunner runner)
{
    // A hard reboot may break into these.
    private static readonly string[] RebootableTasks =
        [TaskStates.Rebooting, TaskStates.Resuming, TaskStates.Unpausing, TaskStates.Pausing, TaskStates.Suspending];

    public ActionPlan Start(ApiRequest request, JsonElement value) => Plan(request, "start", PowerWorkflow.Start, [VmStates.Stopped]);

    public ActionPlan Stop(ApiRequest request, JsonElement value) =>
        Plan(request, "stop", PowerWorkflow.Stop, [VmStates.Active, VmStates.Error]);

    public ActionPlan Pause(ApiRequest request, JsonElement value) => Plan(request, "pause", PowerWorkflow.Pause, [VmStates.Active]);

    public ActionPlan Unpause(ApiRequest request, JsonElement value) => Plan(request, "unpause", PowerWorkflow.Unpause, [VmStates.Paused]);

    public ActionPlan Suspend(ApiRequest request, JsonElement value) => Plan(request, "suspend", PowerWorkflow.Suspend, [VmStates.Active]);

    public ActionPlan Resume(ApiRequest request, JsonElement value) => Plan(request, "resume", PowerWorkflow.Resume, [VmStates.Suspended]);

    public ActionPlan Reboot(ApiRequest request, JsonElement value)
    {
        Field[] fields = [new("type", BodySchema.OneOf("HARD", "Hard", "hard", "SOFT", "Soft", "soft"), Required: true)];
        if (BodySchema.CheckObject("reboot", value, fields, request.IsLegacy, out var members) is { } wrong)
            return ActionPlan.Refuse(ApiAnswer.BadRequest(wrong));
        return members["type"].GetString()!.Equals("soft", StringComparison.OrdinalIgnoreCase)
            ? Plan(request, "reboot", PowerWorkflow.SoftReboot, [VmStates.Active])
            : Plan(
                request,
                "reboot",
                PowerWorkflow.HardReboot,
                [VmStates.Active, VmStates.Stopped, VmStates.Paused, VmStates.Suspended, VmStates.Error],
                RebootableTasks);
    }

    private ActionPlan Plan(ApiRequest request, string name, PowerWorkflow work, string[] vmStates, params string[] alsoTasks) =>
        ActionPlan.Do((session, server) =>
        {
            if (StateGuard.CheckLock(request.Caller, server) is { } locked)
                return locked;
            if (StateGuard.CheckState(name, server, vmStates, anyTask: false, alsoTasks) is { } conflict)
                return conflict;
            if (server.Host is null)
                return ApiAnswer.Conflict($"Instance {server.Id} is not ready");
            session.Servers.Update(server with { TaskState = work.TaskState });
            var action = session.Actions.Start(
                server.Id, name, request.RequestId, request.Caller.UserId, request.Caller.ProjectId ?? server.ProjectId);
            runner.Start(session, new Operation { Kind = work.Kind, ServerId = server.Id, ActionId = action });
            return ApiAnswer.Accepted;
        });
}
