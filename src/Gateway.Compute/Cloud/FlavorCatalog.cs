namespace Gateway.Compute.Cloud;

internal sealed record Flavor(string Id, string Name, int Vcpus, int RamMegabytes, int DiskGigabytes);

/// <summary>The flavors on offer; they are part of the program, so a server's flavor never disappears.</summary>
internal static class FlavorCatalog
{
    public static readonly IReadOnlyList<Flavor> All =
    [
        new("1", "m1.tiny", 1, 512, 1),
        new("2", "m1.small", 1, 2048, 20),
        new("3", "m1.medium", 2, 4096, 40),
    ];

    public static Flavor? Find(string id) => All.FirstOrDefault(flavor => flavor.Id == id);

    public static Flavor Get(string id) => Find(id) ?? throw new InvalidOperationException($"flavor `{id}` is not in the catalogue");
}
