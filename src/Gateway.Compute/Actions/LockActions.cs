using System.Text.Json;
using Gateway.Compute.Api;
using Gateway.Compute.Servers;

namespace Gateway.Compute.Actions;

/// <summary>lock and unlock, done within the request.</summary>
internal static class LockActions
{
    private const string ByOwner = "owner";
    private const string ByAdmin = "admin";

    public static ActionPlan Lock(ApiRequest request, JsonElement value)
    {
        string? reason = null;
        if (request.Version.AtLeast(73) && value.ValueKind != JsonValueKind.Null)
        {
            Field[] fields = [new("locked_reason", BodySchema.Text(1, 255))];
            if (BodySchema.CheckObject("lock", value, fields, request.IsLegacy, out var members) is { } wrong)
                return ActionPlan.Refuse(ApiAnswer.BadRequest(wrong));
            reason = members.TryGetValue("locked_reason", out var text) ? text.GetString() : null;
        }

        return ActionPlan.Do((session, server) =>
        {
            // The owner's second lock changes nothing, least of all an administrator's.
            if (server.Locked && IsOwner(request, server))
                return ApiAnswer.Accepted;
            var action = Start(request, session, server, InstanceActionNames.Lock);
            session.Actions.StartEvent(action, "api_lock", host: null);
            session.Actions.FinishEvent(action, "api_lock");
            session.Servers.Update(server with
            {
                LockedBy = IsOwner(request, server) ? ByOwner : ByAdmin,
                LockedReason = reason ?? server.LockedReason,
            });
            return ApiAnswer.Accepted;
        });
    }

    public static ActionPlan Unlock(ApiRequest request, JsonElement value) => ActionPlan.Do((session, server) =>
    {
        // Only here is it known who locked, so this one rule cannot be left to the gateway.
        var expected = IsOwner(request, server) ? ByOwner : ByAdmin;
        if (server.LockedBy is { } locker && locker != expected && !request.Caller.IsAdmin)
            return ApiAnswer.Forbidden("os_compute_api:os-lock-server:unlock:unlock_override");
        var action = Start(request, session, server, InstanceActionNames.Unlock);
        session.Actions.StartEvent(action, "api_unlock", host: null);
        session.Actions.FinishEvent(action, "api_unlock");
        session.Servers.Update(server with { LockedBy = null, LockedReason = null });
        return ApiAnswer.Accepted;
    });

    private static bool IsOwner(ApiRequest request, Server server) => request.Caller.ProjectId == server.ProjectId;

    private static long Start(ApiRequest request, Storage.ComputeSession session, Server server, string name) =>
        session.Actions.Start(server.Id, name, request.RequestId, request.Caller.UserId, request.Caller.ProjectId ?? server.ProjectId);
}
