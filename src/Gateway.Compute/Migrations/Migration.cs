namespace Gateway.Compute.Migrations;

/// <summary>One move of a server from host to host; sizes in bytes, null where nothing is copied live.</summary>
internal sealed record Migration
{
    public const string Live = "live-migration";
    public const string Cold = "migration";

    private static readonly string[] InProgress = ["queued", "preparing", "running", "post-migrating"];

    public long Id { get; init; }
    public required string Uuid { get; init; }
    public required string ServerId { get; init; }
    public required string Type { get; init; }
    public required string Status { get; init; }
    public string? SourceHost { get; init; }
    public string? DestinationHost { get; init; }
    public required string FlavorId { get; init; }
    public required string UserId { get; init; }
    public required string ProjectId { get; init; }
    public long? MemoryTotal { get; init; }
    public long? MemoryProcessed { get; init; }
    public long? MemoryRemaining { get; init; }
    public long? DiskTotal { get; init; }
    public long? DiskProcessed { get; init; }
    public long? DiskRemaining { get; init; }
    public string CreatedAt { get; init; } = "";
    public string? UpdatedAt { get; init; }

    public bool IsLiveInProgress => Type == Live && InProgress.Contains(Status);

    /// <summary>The figures of a live migration that has sent <paramref name="part"/> of the memory; shared storage has nothing to copy.</summary>
    public Migration WithProgress(long memoryBytes, double part) => this with
    {
        MemoryTotal = memoryBytes,
        MemoryProcessed = (long)(memoryBytes * part),
        MemoryRemaining = memoryBytes - (long)(memoryBytes * part),
        DiskTotal = 0,
        DiskProcessed = 0,
        DiskRemaining = 0,
    };
}
