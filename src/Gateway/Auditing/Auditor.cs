using Gateway.Audit;
using Gateway.FrontDoor;
using Gateway.Policies;

namespace Gateway.Auditing;

/// <summary>
/// Keeps the record of every call: an intent, durable before anything is sent, and its outcome; or one record of a refusal. What happens while records do
/// not become durable is each action's own setting, see <see cref="Durability"/>.
/// </summary>
internal sealed partial class Auditor(AuditRecord audit, AuditEventFactory events, AuditRulesStore rules, PolicyStore policies, ILogger<Auditor> logger)
{
    private const string UnavailableCode = "audit_unavailable";
    private const string SpooledWord = "audit_spooled";

    private readonly AuditLog _log = audit.Log;
    private long _lost;
    private int _segments;

    /// <summary>The log's condition, for readiness and metrics.</summary>
    public AuditLogStatus Status => _log.Status;

    /// <summary>Records that wait in the spool.</summary>
    public int Spooled => audit.Spool.Count;

    /// <summary>Records of best-effort calls that were not kept, and of the spool that the log refused for good.</summary>
    public long Lost => Interlocked.Read(ref _lost) + audit.Spool.Refused;

    /// <summary>Why the newest checkpoint was not published everywhere; null when it was.</summary>
    public string? CheckpointFault => audit.Checkpointer.Fault;

    /// <summary>The newest checkpoint.</summary>
    public Checkpoint? LastCheckpoint => audit.Checkpointer.Last;

    /// <summary>Makes the intent durable. A refusal means that it is not, and that nothing may be sent.</summary>
    public async Task<Passage<Intent>> IntendAsync(CallRecord call)
    {
        var rule = call.AuditRule = rules.Current.For(call.Action!.Name);
        if (rule.Level == RecordLevel.None || rule.Durability == Durability.BestEffort) return new Intent(null);
        var intent = events.Intent(call);
        if (await TryAppendAsync(intent) is not { } problem) return new Intent(intent.Id);
        if (rule.Durability != Durability.Bounded) return Unrecorded(problem);

        call.Degraded.Add(SpooledWord);
        var spooled = events.Intent(call);
        return await TrySpoolAsync(spooled) is { } second ? Unrecorded($"{problem}; {second}") : new Intent(spooled.Id) { IsSpooled = true };
    }

    /// <summary>
    /// Records what came of a call. The answer is on its way by then, so a store that does not take it changes nothing for the client:
    /// the log keeps the outcome until the store is back, or closes the intent as unknown at the next start.
    /// </summary>
    /// <returns>False when the outcome is not durable.</returns>
    public async Task<bool> ConcludeAsync(CallRecord call, Intent intent, CallEnd end)
    {
        if (intent.Id is { } id)
        {
            var outcome = events.Outcome(call, id, end);
            return (intent.IsSpooled ? await TrySpoolAsync(outcome) : await TryAppendAsync(outcome)) is null;
        }

        if (call.AuditRule!.Level != RecordLevel.None) _ = KeepAsync(events.Access(call, end));
        return true;
    }

    /// <summary>Records a refusal; the refusal that stands instead when it cannot be recorded, otherwise the one given.</summary>
    public async Task<Refusal> RefuseAsync(CallRecord call, Refusal refusal)
    {
        // The store that did not take the intent is not waited for a second time.
        if (refusal.Code == UnavailableCode) return refusal;
        var rule = call.AuditRule ??= RuleOf(call);
        var record = events.Refused(call, refusal);
        if (rule.Durability == Durability.BestEffort)
        {
            await KeepAsync(record);
            return refusal;
        }

        if (await TryAppendAsync(record) is not { } problem) return refusal;
        if (rule.Durability != Durability.Bounded) return Unrecorded(problem);
        call.Degraded.Add(SpooledWord);
        return await TrySpoolAsync(events.Refused(call, refusal)) is { } second ? Unrecorded($"{problem}; {second}") : refusal;
    }

    /// <summary>Records that somebody read the record. False when that did not become durable, and nothing may be shown.</summary>
    public async Task<bool> ReadAsync(AuditEvent reading) => await TryAppendAsync(reading) is null;

    /// <summary>Records the rules that decide from the start on.</summary>
    public async Task StartedAsync() => await TryAppendAsync(events.PolicyInForce("start/policy", policies.Current));

    /// <summary>
    /// Records the rules that decide again when the record has gone on in a new file, so that they are still there when the files before are dropped.
    /// </summary>
    public async Task SegmentBegunAsync()
    {
        var begun = _log.SegmentsBegun;
        if (Interlocked.Exchange(ref _segments, begun) != begun) await StartedAsync();
    }

    /// <summary>Records a change of the rules: loaded, or refused.</summary>
    public async Task PolicyChangedAsync(PolicyChange change) =>
        await TryAppendAsync(events.PolicyChanged(change, policies.Current.Revision));

    /// <summary>Records a change of the audit rules: loaded, or refused.</summary>
    public async Task AuditRulesChangedAsync(AuditRulesChange change) => await TryAppendAsync(events.AuditRulesChanged(change));

    private AuditRule RuleOf(CallRecord call) => (call.Action?.Name ?? call.Operation?.Operation.Name) is { } name ? rules.Current.For(name) : AuditRule.Default;

    private static Refusal Unrecorded(string problem) =>
        Refusal.Unavailable(UnavailableCode, "The request could not be recorded and was not carried out.", problem);

    /// <summary>Best effort: what is not kept is counted.</summary>
    private async Task KeepAsync(AuditEvent record)
    {
        if (await TryAppendAsync(record) is not null) Interlocked.Increment(ref _lost);
    }

    /// <summary>Null when the record is durable, otherwise why it is not. A caller who goes away does not cut a record short.</summary>
    private async Task<string?> TryAppendAsync(AuditEvent record)
    {
        try
        {
            await _log.AppendAsync(record, CancellationToken.None);
            return null;
        }
        catch (AuditUnavailableException e)
        {
            Log.Unavailable(logger, record.Kind, record.RequestId, e.Message);
            return e.Message;
        }
    }

    private async Task<string?> TrySpoolAsync(AuditEvent record)
    {
        try
        {
            await audit.Spool.AppendAsync(record);
            Log.Spooled(logger, record.Kind, record.RequestId);
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

        [LoggerMessage(2, LogLevel.Critical, "The {Kind} of {RequestId} went to the spool: the audit store does not take records")]
        public static partial void Spooled(ILogger logger, AuditKind kind, string? requestId);
    }
}

/// <summary>A durable intent, by its id; without one for a call that does not wait for its record.</summary>
internal sealed record Intent(string? Id)
{
    /// <summary>It is in the spool, and so will be its outcome.</summary>
    public bool IsSpooled { get; init; }
}
