using Gateway.Compute.Storage;

namespace Gateway.Compute.Images;

/// <summary>The public images every fresh database starts with.</summary>
internal static class StockImages
{
    private static readonly Image[] All =
    [
        Stock("7c9f2a1e-5b0d-4c55-9d8e-0a1b2c3d4e01", "cirros", 16_300_544, minDisk: 0),
        Stock("7c9f2a1e-5b0d-4c55-9d8e-0a1b2c3d4e02", "debian-13", 348_127_232, minDisk: 2),
        Stock("7c9f2a1e-5b0d-4c55-9d8e-0a1b2c3d4e03", "ubuntu-24.04", 611_164_160, minDisk: 4),
    ];

    public static void EnsureExist(ComputeSession session)
    {
        // A stock image that an administrator deleted stays deleted: they are laid down once, with the first row of the table.
        if (session.Images.List().Count > 0)
            return;
        foreach (var image in All.Reverse())
            session.Images.Insert(image);
    }

    private static Image Stock(string id, string name, long size, int minDisk) => new()
    {
        Id = id,
        Name = name,
        Status = "active",
        Visibility = "public",
        Owner = "",
        DiskFormat = "qcow2",
        ContainerFormat = "bare",
        Size = size,
        MinDisk = minDisk,
    };
}
