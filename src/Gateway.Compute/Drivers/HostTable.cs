using Dapper;
using Gateway.Compute.Storage;
using Microsoft.Data.Sqlite;

namespace Gateway.Compute.Drivers;

/// <summary>A compute host and its service record.</summary>
internal sealed record ComputeNode
{
    public long Id { get; init; }
    public required string Name { get; init; }
    public required string ServiceUuid { get; init; }
    public required string HypervisorUuid { get; init; }
    public bool Disabled { get; init; }
    public string? DisabledReason { get; init; }
    public bool ForcedDown { get; init; }
    public string UpdatedAt { get; init; } = "";

    public bool IsUp => !ForcedDown;

    /// <summary>Whether new work may be placed here.</summary>
    public bool TakesServers => IsUp && !Disabled;
}

internal sealed class HostTable(SqliteConnection connection, TimeProvider clock)
{
    public List<ComputeNode> List() => connection.Query<ComputeNode>("select * from Hosts order by Id").AsList();

    public ComputeNode? Find(string name) =>
        connection.QuerySingleOrDefault<ComputeNode>("select * from Hosts where Name = @name", new { name });

    public void EnsureExists(string name) =>
        connection.Execute(
            """
            insert into Hosts (Name, ServiceUuid, HypervisorUuid, UpdatedAt)
            select @name, @serviceUuid, @hypervisorUuid, @now where not exists (select 1 from Hosts where Name = @name)
            """,
            new
            {
                name,
                serviceUuid = Guid.NewGuid().ToString(),
                hypervisorUuid = Guid.NewGuid().ToString(),
                now = IsoTime.Text(clock.GetUtcNow()),
            });

    public ComputeNode Update(ComputeNode node)
    {
        var stored = node with { UpdatedAt = IsoTime.Text(clock.GetUtcNow()) };
        connection.Execute(
            "update Hosts set Disabled = @Disabled, DisabledReason = @DisabledReason, ForcedDown = @ForcedDown, UpdatedAt = @UpdatedAt where Id = @Id",
            stored);
        return stored;
    }
}
