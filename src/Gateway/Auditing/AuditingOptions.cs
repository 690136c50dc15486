namespace Gateway.Auditing;

/// <summary>Where the record is kept. Bound from <c>Audit</c> in gateway.json.</summary>
internal sealed class AuditingOptions
{
    /// <summary>The store. Not set: <c>audit.jsonl</c> in the data directory, or <c>audit.db</c> if that is there from an earlier version. SQLite if its name ends in <c>.db</c>.</summary>
    public string? Store { get; set; }

    /// <summary>A PostgreSQL database that many gateways share, as an Npgsql connection string; best set in the environment. Not set: the store in files.</summary>
    public string? Postgres { get; set; }

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

    /// <summary>Where signed checkpoints are published. Not set: <c>audit.checkpoints</c> in the data directory; another disk is better, and a copy elsewhere best.</summary>
    public string? Checkpoints { get; set; }

    /// <summary>A second place for checkpoints: a file, or an http or https address that takes each by POST.</summary>
    public string? SecondCheckpoints { get; set; }

    /// <summary>How often a checkpoint is made, in seconds, whether or not there were calls.</summary>
    public int CheckpointSeconds { get; set; } = 60;

    /// <summary>Folder of the signing keys. Not set: <c>audit-keys</c> in the data directory.</summary>
    public string? Keys { get; set; }

    /// <summary>A file of the store that has grown to so many megabytes is sealed and the record goes on in a new one.</summary>
    public int SegmentMegabytes { get; set; } = 1024;

    /// <summary>Sealed files whose newest record is older than so many days are dropped, which the record says; null to keep all.</summary>
    public int? RetentionDays { get; set; }

    /// <summary>The search index, made from the store and thrown away at will. Not set: <c>audit.index</c> in the data directory.</summary>
    public string? Index { get; set; }

    /// <summary>Where events are sent besides, each by a name; see <see cref="SinkOptions"/>.</summary>
    public Dictionary<string, SinkOptions> Sinks { get; set; } = [];

    /// <summary>Most records in one commit.</summary>
    public int MaxBatch { get; set; } = 256;
}
