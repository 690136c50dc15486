using Gateway.Compute.Cloud;
using Gateway.Compute.Servers;
using Gateway.Compute.Storage;

namespace Gateway.Compute.Drivers;

/// <summary>
/// Two hosts that only exist in the database. They share their storage and hold as many servers as are asked for; a step
/// of work takes <see cref="StepDelay"/> and never fails by itself. What makes work fail is what an operator or a user did:
/// a host taken down, a state reset, a server deleted.
/// </summary>
internal sealed class SimulatedDriver(TimeSpan stepDelay)
{
    public const string Name = "simulated";

    public static readonly IReadOnlyList<string> HostNames = ["host1", "host2"];

    public TimeSpan StepDelay { get; } = stepDelay;

    /// <summary>The emptiest host that takes servers, the first by name among equals; null when there is none.</summary>
    public static string? ChooseHost(ComputeSession session, string? exceptHost) =>
        session.Hosts.List()
            .Where(node => node.TakesServers && node.Name != exceptHost)
            .OrderBy(node => session.Servers.OnHost(node.Name).Count)
            .ThenBy(node => node.Name, StringComparer.Ordinal)
            .Select(node => node.Name)
            .FirstOrDefault();

    /// <summary>Bytes of a backup's image: a tenth of the server's root disk, as a sparse file would be.</summary>
    public static long BackupSize(Server server) => FlavorCatalog.Get(server.FlavorId).DiskGigabytes * 1024L * 1024 * 1024 / 10;

    public static long MemoryBytes(Server server) => FlavorCatalog.Get(server.FlavorId).RamMegabytes * 1024L * 1024;

    /// <summary>What one host offers, in the units of the hypervisor API.</summary>
    public static (int Vcpus, int MemoryMegabytes, int DiskGigabytes) Capacity => (64, 262_144, 4_096);
}
