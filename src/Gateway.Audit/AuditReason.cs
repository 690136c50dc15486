namespace Gateway.Audit;

/// <summary>Why the outcome is what it is (CADF's REASON), with our own code and words beside it.</summary>
public sealed record AuditReason
{
    /// <summary>The domain of <see cref="ReasonCode"/>: <c>HTTP</c>.</summary>
    public string? ReasonType { get; init; }

    /// <summary>The code in that domain: <c>202</c>.</summary>
    public string? ReasonCode { get; init; }

    public string? PolicyType { get; init; }

    /// <summary>The rule that decided.</summary>
    public string? PolicyId { get; init; }

    /// <summary>A stable word of ours, such as <c>denied</c>.</summary>
    public string? Code { get; init; }

    /// <summary>A sentence for people.</summary>
    public string? Text { get; init; }
}
