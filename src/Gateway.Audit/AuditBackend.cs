namespace Gateway.Audit;

/// <summary>Where the call was forwarded and what came back.</summary>
public sealed record AuditBackend
{
    public string? Cluster { get; init; }

    public string? Destination { get; init; }

    /// <summary>HTTP status of the backend's answer; absent when there was none.</summary>
    public int? Status { get; init; }

    public string? RequestId { get; init; }
}
