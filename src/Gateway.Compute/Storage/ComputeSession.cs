using Gateway.Compute.Actions;
using Gateway.Compute.Drivers;
using Gateway.Compute.Images;
using Gateway.Compute.Migrations;
using Gateway.Compute.Operations;
using Gateway.Compute.Servers;
using Microsoft.Data.Sqlite;

namespace Gateway.Compute.Storage;

/// <summary>The tables, as one transaction sees them.</summary>
internal sealed class ComputeSession(SqliteConnection connection, TimeProvider clock)
{
    public ServerTable Servers { get; } = new(connection, clock);

    public ImageTable Images { get; } = new(connection, clock);

    public InstanceActionTable Actions { get; } = new(connection, clock);

    public MigrationTable Migrations { get; } = new(connection, clock);

    public OperationTable Operations { get; } = new(connection, clock);

    public HostTable Hosts { get; } = new(connection, clock);

    public string Now => IsoTime.Text(clock.GetUtcNow());
}
