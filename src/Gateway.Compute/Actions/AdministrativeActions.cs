using System.Text.Json;
using Gateway.Compute.Api;
using Gateway.Compute.Servers;

namespace Gateway.Compute.Actions;

/// <summary>injectNetworkInfo, resetNetwork and os-resetState.</summary>
internal static class AdministrativeActions
{
    /// <summary>
    /// Whatever state the server is in; the lock alone can refuse. There is no guest to inject into, and Nova keeps no record
    /// of this action.
    /// </summary>
    public static ActionPlan InjectNetworkInfo(ApiRequest request, JsonElement value) =>
        ActionPlan.Do((_, server) => StateGuard.CheckLock(request.Caller, server) ?? ApiAnswer.Accepted);

    /// <summary>As Nova did until Victoria: like injectNetworkInfo.</summary>
    public static ActionPlan ResetNetwork(ApiRequest request, JsonElement value) => InjectNetworkInfo(request, value);

    /// <summary>As Nova does since Wallaby: gone, for everybody and every server.</summary>
    public static ActionPlan ResetNetworkGone(ApiRequest request, JsonElement value) =>
        ActionPlan.Refuse(ApiAnswer.Fault(410, "This resource is no longer available. No forwarding address is given."));

    /// <summary>
    /// Writes the state, and nothing but the state, at once: no lock, no state and no work under way is asked about. Work under
    /// way finds out by itself.
    /// </summary>
    public static ActionPlan ResetState(ApiRequest request, JsonElement value)
    {
        Field[] fields = [new("state", BodySchema.OneOf("active", "error"), Required: true)];
        if (BodySchema.CheckObject("os-resetState", value, fields, request.IsLegacy, out var members) is { } wrong)
            return ActionPlan.Refuse(ApiAnswer.BadRequest(wrong));
        var state = members["state"].GetString()!;
        return ActionPlan.Do((session, server) =>
        {
            session.Actions.Start(
                server.Id, InstanceActionNames.ResetState, request.RequestId, request.Caller.UserId, request.Caller.ProjectId ?? server.ProjectId);
            session.Servers.Update(server with { VmState = state == "active" ? VmStates.Active : VmStates.Error, TaskState = null });
            return ApiAnswer.Accepted;
        });
    }
}
