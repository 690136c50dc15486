using Gateway.Audit;
using Gateway.FrontDoor;
using Gateway.Policies;

namespace Gateway.Auditing;

/// <summary>Keeps the record of every call: an intent, durable before anything is sent, and its outcome; or one record of a refusal.</summary>
internal sealed partial class Auditor(AuditLog log, AuditEventFactory events, PolicyStore policies, ILogger<Auditor> logger)
{
    private const string UnavailableCode = "audit_unavailable";

    /// <summary>The log's condition, for readiness and metrics.</summary>
    public AuditLogStatus Status => log.Status;

    /// <summary>The store's path.</summary>
    public static string StoreOf(AuditingOptions options, string dataDirectory) => options.Store ?? Path.Combine(dataDirectory, "audit.db");

    /// <summary>Makes the intent durable. A refusal means that it is not, and that nothing may be sent.</summary>
    public async Task<Passage<Intent>> IntendAsync(CallRecord call)
    {
        var record = events.Intent(call);
        return await TryAppendAsync(record) is { } problem ? Unrecorded(problem) : new Intent(record.Id);
    }

    /// <summary>
    /// Records what came of a call. The answer is on its way by then, so a store that does not take it changes nothing for the client:
    /// the log keeps the outcome until the store is back, or closes the intent as unknown at the next start.
    /// </summary>
    /// <returns>False when the outcome is not durable.</returns>
    public async Task<bool> ConcludeAsync(CallRecord call, Intent intent, CallEnd end) =>
        await TryAppendAsync(events.Outcome(call, intent.Id, end)) is null;

    /// <summary>Records a refusal; the refusal that stands instead when it cannot be recorded, otherwise the one given.</summary>
    public async Task<Refusal> RefuseAsync(CallRecord call, Refusal refusal) =>
        // The store that did not take the intent is not waited for a second time.
        refusal.Code != UnavailableCode && await TryAppendAsync(events.Refused(call, refusal)) is { } problem ? Unrecorded(problem) : refusal;

    /// <summary>Records a change of the rules: loaded, or refused.</summary>
    public async Task PolicyChangedAsync(PolicyChange change) =>
        await TryAppendAsync(events.PolicyChanged(change, policies.Current.Revision));

    private static Refusal Unrecorded(string problem) =>
        Refusal.Unavailable(UnavailableCode, "The request could not be recorded and was not carried out.", problem);

    /// <summary>Null when the record is durable, otherwise why it is not. A caller who goes away does not cut a record short.</summary>
    private async Task<string?> TryAppendAsync(AuditEvent record)
    {
        try
        {
            await log.AppendAsync(record, CancellationToken.None);
            return null;
        }
        catch (AuditUnavailableException e)
        {
            Log.Unavailable(logger, record.Kind, record.RequestId, e.Message);
            return e.Message;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The audit store did not take the {Kind} of {RequestId}: {Problem}")]
        public static partial void Unavailable(ILogger logger, AuditKind kind, string? requestId, string problem);
    }
}

/// <summary>A durable intent, by its id.</summary>
internal sealed record Intent(string Id);
