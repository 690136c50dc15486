using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Compute.Callers;

namespace Gateway.Compute.Servers;

/// <summary>A server as Nova keeps it: where it is, what it is doing, who owns and who locked it.</summary>
internal sealed record Server
{
    public long Number { get; init; }
    public required string Id { get; init; }
    public required string ProjectId { get; init; }
    public required string UserId { get; init; }
    public required string Name { get; init; }
    public string? Description { get; init; }
    public required string Hostname { get; init; }
    public required string ReservationId { get; init; }
    public required string ImageId { get; init; }
    public required string FlavorId { get; init; }
    public string? Host { get; init; }
    public string? RequestedHost { get; init; }
    public string? RequestedZone { get; init; }
    public required string VmState { get; init; }
    public string? TaskState { get; init; }
    public int PowerState { get; init; }
    public string? OldVmState { get; init; }
    public int Progress { get; init; }
    public string? LockedBy { get; init; }
    public string? LockedReason { get; init; }
    public string ConfigDrive { get; init; } = "";
    public string? UserData { get; init; }
    public string DiskConfig { get; init; } = "MANUAL";
    public string AccessIPv4 { get; init; } = "";
    public string AccessIPv6 { get; init; } = "";
    public string MetadataJson { get; init; } = "{}";
    public string TagsJson { get; init; } = "[]";
    public int? FaultCode { get; init; }
    public string? FaultMessage { get; init; }
    public string? FaultDetails { get; init; }
    public string? FaultCreatedAt { get; init; }
    public string CreatedAt { get; init; } = "";
    public string UpdatedAt { get; init; } = "";
    public string? LaunchedAt { get; init; }
    public string? TerminatedAt { get; init; }
    public bool Deleted { get; init; }

    public bool Locked => LockedBy is not null;

    public string Status => Deleted ? "DELETED" : ServerStatus.Of(VmState, TaskState);

    public ImmutableSortedDictionary<string, string> Metadata =>
        JsonSerializer.Deserialize<ImmutableSortedDictionary<string, string>>(MetadataJson)!.WithComparers(StringComparer.Ordinal);

    public ImmutableArray<string> Tags => JsonSerializer.Deserialize<ImmutableArray<string>>(TagsJson);

    /// <summary>Administrators reach every server, others those of their own project; what they may do there is the gateway's decision.</summary>
    public bool IsVisibleTo(Caller caller) => caller.IsAdmin || (caller.ProjectId is not null && caller.ProjectId == ProjectId);

    public Server WithMetadata(IReadOnlyDictionary<string, string> metadata) => this with { MetadataJson = JsonSerializer.Serialize(metadata) };

    public Server WithTags(IReadOnlyCollection<string> tags) => this with { TagsJson = JsonSerializer.Serialize(tags) };
}
