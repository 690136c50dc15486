namespace Gateway.Audit;

/// <summary>Who saw the event and recorded it (CADF's OBSERVER): this gateway.</summary>
public sealed record AuditObserver
{
    public required string Id { get; init; }

    public string? Name { get; init; }

    public string TypeUri { get; init; } = "service/compute/gateway";
}
