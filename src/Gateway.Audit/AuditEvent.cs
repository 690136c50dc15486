namespace Gateway.Audit;

/// <summary>One audit event in CADF's vocabulary (DSP0262, section 6.6.1), with Hermes's extensions and ours as attachments.</summary>
/// <remarks>
/// The log stores what it is given: secrets must have been removed before. Times are kept to the microsecond, in UTC.
/// </remarks>
public sealed record AuditEvent
{
    /// <summary>The event's own id, a UUID. An outcome names its intent by it.</summary>
    public required string Id { get; init; }

    public required DateTimeOffset EventTime { get; init; }

    /// <summary>CADF's class of event: <c>activity</c> or <c>control</c>.</summary>
    public string EventType { get; init; } = "activity";

    public required AuditKind Kind { get; init; }

    public required AuditOutcome Outcome { get; init; }

    /// <summary>An action of CADF's taxonomy, refined by a slash, such as <c>update/backup</c>.</summary>
    public required string Action { get; init; }

    public required AuditInitiator Initiator { get; init; }

    public required AuditTarget Target { get; init; }

    public required AuditObserver Observer { get; init; }

    public AuditReason? Reason { get; init; }

    public string? RequestPath { get; init; }

    public string? Method { get; init; }

    public string? RequestId { get; init; }

    public string? GlobalRequestId { get; init; }

    /// <summary>On an outcome or a recovery: the id of the intent that it closes. Absent everywhere else.</summary>
    public string? IntentId { get; init; }

    public AuditDecision? Decision { get; init; }

    /// <summary>SHA-256 of the request body as received, in lower-case hex. Absent when the body holds secrets: a digest lets them be guessed.</summary>
    public string? BodySha256 { get; init; }

    /// <summary>Length of the request body in bytes.</summary>
    public long? BodySize { get; init; }

    /// <summary>The request body without its secrets, as far as the configured level keeps it.</summary>
    public JsonText? Body { get; init; }

    /// <summary>From the intent to the outcome, in milliseconds.</summary>
    public double? DurationMs { get; init; }

    public AuditBackend? Backend { get; init; }

    /// <summary>Attachments beyond those this record has fields for. Their names are not those of <see cref="AuditAttachment.Reserved"/>.</summary>
    public IReadOnlyList<AuditAttachment> Attachments { get; init; } = [];
}

/// <summary>What a record is in the life of a call.</summary>
public enum AuditKind
{
    /// <summary>A call is about to be forwarded.</summary>
    Intent,

    /// <summary>What came of a forwarded call.</summary>
    Outcome,

    /// <summary>A call that was not forwarded: intent and outcome in one.</summary>
    Refusal,

    /// <summary>Written by the log itself: closes an intent whose outcome nobody recorded.</summary>
    Recovery,

    /// <summary>A call that was answered without waiting for the record: intent and outcome in one, written afterwards.</summary>
    Access,

    /// <summary>The log was opened or closed, a policy revision was loaded or refused.</summary>
    Lifecycle,
}

/// <summary>CADF's outcome taxonomy (DSP0262, annex A.4).</summary>
public enum AuditOutcome
{
    Pending,
    Success,
    Failure,
    Unknown,
}
