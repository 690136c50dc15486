namespace Gateway.Auditing;

/// <summary>Where the record is kept. Bound from <c>Audit</c> in gateway.json.</summary>
internal sealed class AuditingOptions
{
    /// <summary>The SQLite store. Not set: <c>audit.db</c> in the data directory.</summary>
    public string? Store { get; set; }

    /// <summary>This gateway's name in the record; every gateway has its own chain.</summary>
    public string GatewayId { get; set; } = "gateway-1";

    /// <summary>How long a record may take to become durable, in milliseconds. Past it the call is refused with 503 and not forwarded.</summary>
    public int DeadlineMilliseconds { get; set; } = 2_000;

    /// <summary>What is recorded of which action. Not set: <c>config/audit.yaml</c> below the working directory when it is there, otherwise the defaults.</summary>
    public string? Rules { get; set; }

    /// <summary>Where intents of `bounded` actions wait while the store fails. Not set: <c>audit.spool</c> in the data directory; another disk is better.</summary>
    public string? Spool { get; set; }

    /// <summary>The spool takes no more than this many bytes.</summary>
    public long SpoolBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Most records in one commit.</summary>
    public int MaxBatch { get; set; } = 256;
}
