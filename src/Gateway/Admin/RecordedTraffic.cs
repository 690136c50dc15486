using System.Net;
using System.Text.Json;
using Gateway.Actions;
using Gateway.Audit;
using Gateway.FrontDoor;
using Gateway.Limits;

namespace Gateway.Admin;

/// <summary>
/// Reads the calls out of an audit store as limits see them. What left no record is not among them: allowed calls of a level `none`, and calls that were no call
/// of the API.
/// </summary>
internal sealed class RecordedTraffic(ApiCatalogue catalogue)
{
    private static readonly string[] DeniedCodes = ["policy_denied", "no_rule", "target_not_found", "target_hidden", "target_of_another_project"];
    private static readonly string[] LimitedCodes = ["limited", "limits_unavailable"];

    /// <param name="events">In the order in which they were recorded; read as they are needed, and not kept.</param>
    public IEnumerable<RecordedMoment> MomentsIn(IEnumerable<AuditEvent> events)
    {
        foreach (var one in events)
        {
            if (one is { Kind: AuditKind.Outcome or AuditKind.Recovery, IntentId: { } intent })
                yield return new RecordedEnd(one.EventTime, intent, one.Backend?.Status is { } status ? status < 300 : IsInDoubt(one));
            else if (CountsOf(one) is { } counts && Request(one) is { } request)
                yield return new RecordedCall(one.EventTime, request, counts, one.Initiator.Name ?? one.Initiator.Id, one.Kind == AuditKind.Intent ? one.Id : null);
        }
    }

    // A gateway that ended freed its places, and held none.
    private static bool IsInDoubt(AuditEvent end) => end is { Kind: AuditKind.Outcome, Outcome: AuditOutcome.Unknown } && end.Reason?.Code != "recovered";

    private static LimitCounts? CountsOf(AuditEvent one) =>
        one.Kind is AuditKind.Intent or AuditKind.Access || LimitedCodes.Contains(one.Reason?.Code) ? LimitCounts.Calls
        : DeniedCodes.Contains(one.Reason?.Code) ? LimitCounts.Denials
        : null;

    private LimitRequest? Request(AuditEvent one)
    {
        if (one.Method is null || one.RequestPath is null || one.Initiator.Id == "anonymous") return null;
        if (RequestTarget.Parse(one.RequestPath).IsRefused(out var target, out _) || catalogue.Match(one.Method, target.Path) is not { } match) return null;
        var name = match.Operation.Name;
        if (match.Operation.Body == BodyUse.Action)
        {
            var key = one.Body?.Element is { ValueKind: JsonValueKind.Object } body ? body.EnumerateObject().Select(member => member.Name).FirstOrDefault() : null;
            if (key is null || !match.Operation.Actions.TryGetValue(key, out var action)) return null;
            name = action.Name;
        }

        var initiator = one.Initiator;
        var recorded = one.Body is { } written ? BodyDocument.Of(written.Element) : default;
        return new LimitRequest(initiator.Id, initiator.ProjectId, name)
        {
            // The record keeps the user's domain, not the project's.
            DomainId = initiator.DomainId ?? initiator.Domain,
            Roles = [.. initiator.Roles],
            Peer = IPAddress.TryParse(initiator.HostAddress, out var peer) ? peer : null,
            ServerId = match.ServerId,
            Host = LimitRequest.HostIn(match, Parameters(match, recorded)),
            Cluster = one.Target.Cluster,
            Body = recorded,
        };
    }

    private static BodyValue Parameters(OperationMatch match, BodyValue body)
    {
        if (match.Operation.Body != BodyUse.Action || body.ValueKind != JsonValueKind.Object) return body;
        var members = body.EnumerateObject();
        return members.MoveNext() ? members.Current.Value : body;
    }
}
