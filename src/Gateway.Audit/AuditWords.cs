namespace Gateway.Audit;

/// <summary>The spelling of kinds and outcomes in records and columns.</summary>
internal static class AuditWords
{
    public static string Of(AuditKind kind) => kind switch
    {
        AuditKind.Intent => "intent",
        AuditKind.Outcome => "outcome",
        AuditKind.Refusal => "refusal",
        AuditKind.Recovery => "recovery",
        AuditKind.Access => "access",
        AuditKind.Lifecycle => "lifecycle",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, message: null),
    };

    public static string Of(AuditOutcome outcome) => outcome switch
    {
        AuditOutcome.Pending => "pending",
        AuditOutcome.Success => "success",
        AuditOutcome.Failure => "failure",
        AuditOutcome.Unknown => "unknown",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, message: null),
    };

    public static AuditKind Kind(string? word) => word switch
    {
        "intent" => AuditKind.Intent,
        "outcome" => AuditKind.Outcome,
        "refusal" => AuditKind.Refusal,
        "recovery" => AuditKind.Recovery,
        "access" => AuditKind.Access,
        "lifecycle" => AuditKind.Lifecycle,
        _ => throw new FormatException($"`{word}` is not a kind of record"),
    };

    public static AuditOutcome Outcome(string? word) => word switch
    {
        "pending" => AuditOutcome.Pending,
        "success" => AuditOutcome.Success,
        "failure" => AuditOutcome.Failure,
        "unknown" => AuditOutcome.Unknown,
        _ => throw new FormatException($"`{word}` is not an outcome"),
    };
}
