using System.Text.Json;

namespace Gateway.Audit;

/// <summary>The records that the log writes about itself.</summary>
internal sealed class OwnRecords(AuditObserver observer, TimeProvider time)
{
    public AuditEvent Opened(string stream, string holder, int openIntents) => Lifecycle("start/log", stream) with
    {
        Attachments = [Log(new { stream, holder, open_intents = openIntents })],
    };

    public AuditEvent Closed(string stream, int openIntents) => Lifecycle("stop/log", stream) with
    {
        Attachments = [Log(new { stream, open_intents = openIntents })],
    };

    public AuditEvent Checkpoint(string stream, CheckpointRecord checkpoint, long size) => Lifecycle(LogActions.Checkpoint, stream) with
    {
        Reason = new AuditReason { Code = "checkpoint", Text = $"signed for {size} records" },
        Attachments = [checkpoint.ToAttachment()],
    };

    public AuditEvent Dropped(string stream, DroppedPart part, string file) => Lifecycle(LogActions.Dropped, stream) with
    {
        Reason = new AuditReason { Code = "retention", Text = $"records {part.First} to {part.Last} were dropped for their age" },
        Attachments = [part.ToAttachment(file)],
    };

    /// <summary>Some of what waited in the spool does not hold and could not be moved.</summary>
    public AuditEvent Damaged(string stream, int records, string spool, string kept) => Lifecycle(LogActions.SpoolDamaged, stream) with
    {
        Outcome = AuditOutcome.Failure,
        Reason = new AuditReason { Code = "spool_damaged", Text = $"{records} lines of {Path.GetFileName(spool)} do not hold and are not in the log; the file is kept as {Path.GetFileName(kept)}" },
    };

    /// <summary>The process that wrote the intent ended before it recorded what came of it.</summary>
    public AuditEvent Unknown(AuditEvent intent) => Closing(intent) with
    {
        Outcome = AuditOutcome.Unknown,
        Reason = new AuditReason { Code = "recovered", Text = "the gateway stopped before the outcome was recorded" },
    };

    /// <summary>As <see cref="Unknown"/>, for an intent that waited in a spool.</summary>
    public static AuditEvent Left(AuditEvent intent, TimeProvider time) => intent with
    {
        Id = NewId(),
        EventTime = time.GetUtcNow(),
        Kind = AuditKind.Outcome,
        Outcome = AuditOutcome.Unknown,
        IntentId = intent.Id,
        Body = null,
        Decision = Brief(intent.Decision),
        Reason = new AuditReason { Code = "recovered", Text = "the gateway stopped before the outcome was recorded" },
    };

    /// <summary>Of the decision, what a record that follows the intent repeats.</summary>
    private static AuditDecision? Brief(AuditDecision? decision) =>
        decision is null ? null : decision with { Asked = [], Caller = null, Target = null, Tree = null };

    /// <summary>The intent became durable after its caller had been told that it had not.</summary>
    public AuditEvent Late(AuditEvent intent) => Closing(intent) with
    {
        Outcome = AuditOutcome.Failure,
        Reason = new AuditReason { Code = "late", Text = "the intent was stored after its deadline; nothing was forwarded on its word" },
    };

    private AuditEvent Closing(AuditEvent intent) => intent with
    {
        Id = NewId(),
        EventTime = time.GetUtcNow(),
        Kind = AuditKind.Recovery,
        IntentId = intent.Id,
        Observer = observer,
        Body = null,
        Decision = Brief(intent.Decision),
    };

    private AuditEvent Lifecycle(string action, string stream) => new()
    {
        Id = NewId(),
        EventTime = time.GetUtcNow(),
        Kind = AuditKind.Lifecycle,
        Outcome = AuditOutcome.Success,
        Action = action,
        Initiator = new AuditInitiator { Id = observer.Id, Name = observer.Name, TypeUri = observer.TypeUri },
        Target = new AuditTarget { Id = stream, TypeUri = "data/audit/log" },
        Observer = observer,
    };

    private static AuditAttachment Log<T>(T content) => new("log", "gateway/audit/log", JsonSerializer.SerializeToElement(content));

    private static string NewId() => Guid.NewGuid().ToString();
}
