namespace Gateway.Audit;

/// <summary>Which events to read. A condition that is null does not restrict; all others must hold.</summary>
public sealed record AuditFilter
{
    /// <summary>The initiator's id or name.</summary>
    public string? User { get; init; }

    /// <summary>The project of the initiator's token.</summary>
    public string? ProjectId { get; init; }

    /// <summary>The CADF action, whole.</summary>
    public string? Action { get; init; }

    public AuditOutcome? Outcome { get; init; }

    public AuditKind? Kind { get; init; }

    public string? TargetId { get; init; }

    /// <summary>The request id that the client was told: the gateway's, or of a forwarded call the backend's.</summary>
    public string? RequestId { get; init; }

    /// <summary>Events at or after this time.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Events before this time.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Records after this sequence number.</summary>
    public long? After { get; init; }

    /// <summary>Records before this sequence number.</summary>
    public long? Before { get; init; }

    public AuditOrder Order { get; init; } = AuditOrder.NewestFirst;

    /// <summary>At most this many; null for all.</summary>
    public int? Limit { get; init; }
}

/// <summary>By sequence number, which is the order in which the events were stored.</summary>
public enum AuditOrder
{
    NewestFirst,
    OldestFirst,
}
