using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Compute.Callers;

namespace Gateway.Compute.Images;

/// <summary>An image as Glance shows it. Backups are images whose properties say so.</summary>
internal sealed record Image
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required string Status { get; init; }
    public required string Visibility { get; init; }
    public required string Owner { get; init; }
    public string? DiskFormat { get; init; }
    public string? ContainerFormat { get; init; }
    public long? Size { get; init; }
    public string? Checksum { get; init; }
    public int MinDisk { get; init; }
    public int MinRam { get; init; }
    public bool Protected { get; init; }
    public bool Hidden { get; init; }
    public string PropertiesJson { get; init; } = "{}";
    public string CreatedAt { get; init; } = "";
    public string UpdatedAt { get; init; } = "";

    public ImmutableSortedDictionary<string, string> Properties =>
        JsonSerializer.Deserialize<ImmutableSortedDictionary<string, string>>(PropertiesJson)!.WithComparers(StringComparer.Ordinal);

    public bool IsVisibleTo(Caller caller) =>
        Visibility == "public" || caller.IsAdmin || (caller.ProjectId is not null && caller.ProjectId == Owner);
}
