using System.Net;
using System.Text.Json;
using Gateway.Actions;
using Gateway.Audit;
using Gateway.FrontDoor;
using Gateway.Limits;

namespace Gateway.Admin;

/// <summary>
/// Reads the calls out of an audit store as limits see them. What left no record is not among them: allowed reads, and calls that were no call of the API.
/// </summary>
internal sealed class RecordedTraffic(ApiCatalogue catalogue)
{
    private static readonly string[] DeniedCodes = ["policy_denied", "no_rule", "target_not_found", "target_hidden", "target_of_another_project"];
    private static readonly string[] LimitedCodes = ["limited", "limits_unavailable"];

    /// <param name="events">In the order in which they were recorded.</param>
    public IEnumerable<RecordedCall> CallsIn(IEnumerable<AuditEvent> events)
    {
        // A call's end is told after it. Of one whose outcome is not in the record, nobody knows; it is taken to be short.
        var ends = new Dictionary<string, AuditEvent>(StringComparer.Ordinal);
        var kept = new List<AuditEvent>();
        foreach (var one in events)
        {
            if (one is { Kind: AuditKind.Outcome, IntentId: { } intent }) ends[intent] = one;
            else if (one.Kind is AuditKind.Intent or AuditKind.Refusal) kept.Add(one);
        }

        foreach (var one in kept)
        {
            if (CountsOf(one) is not { } counts || Request(one) is not { } request) continue;
            var end = ends.GetValueOrDefault(one.Id);
            yield return new RecordedCall(one.EventTime, request, counts, one.Initiator.Name ?? one.Initiator.Id)
            {
                End = end?.EventTime ?? one.EventTime,
                Succeeded = end?.Outcome == AuditOutcome.Success,
            };
        }
    }

    private static LimitCounts? CountsOf(AuditEvent one) =>
        one.Kind == AuditKind.Intent || LimitedCodes.Contains(one.Reason?.Code) ? LimitCounts.Calls
        : DeniedCodes.Contains(one.Reason?.Code) ? LimitCounts.Denials
        : null;

    private LimitRequest? Request(AuditEvent one)
    {
        if (one.Method is null || one.RequestPath is null || one.Initiator.Id == "anonymous") return null;
        if (RequestTarget.Parse(one.RequestPath).IsRefused(out var target, out _) || catalogue.Match(one.Method, target.Path) is not { } match) return null;
        var name = match.Operation.Name;
        if (match.Operation.Body == BodyUse.Action)
        {
            var key = one.Body is { ValueKind: JsonValueKind.Object } body ? body.EnumerateObject().Select(member => member.Name).FirstOrDefault() : null;
            if (key is null || !match.Operation.Actions.TryGetValue(key, out var action)) return null;
            name = action.Name;
        }

        var initiator = one.Initiator;
        var recorded = one.Body is { } written ? BodyDocument.Of(written) : default;
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
