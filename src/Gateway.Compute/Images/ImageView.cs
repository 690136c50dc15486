using System.Text.Json.Nodes;
using Gateway.Compute.Api;
using Gateway.Compute.Servers;
using Gateway.Compute.Storage;

namespace Gateway.Compute.Images;

/// <summary>Images as JSON: in the image API's form and in the form of the compute API's old proxy.</summary>
internal static class ImageView
{
    public static JsonObject Glance(Image image)
    {
        var view = new JsonObject
        {
            ["id"] = image.Id,
            ["name"] = image.Name,
            ["status"] = image.Status,
            ["visibility"] = image.Visibility,
            ["owner"] = image.Owner.Length == 0 ? null : image.Owner,
            ["tags"] = new JsonArray(),
            ["min_disk"] = image.MinDisk,
            ["min_ram"] = image.MinRam,
            ["protected"] = image.Protected,
            ["os_hidden"] = image.Hidden,
            ["size"] = image.Size,
            ["virtual_size"] = null,
            ["checksum"] = image.Checksum,
            ["os_hash_algo"] = null,
            ["os_hash_value"] = null,
            ["disk_format"] = image.DiskFormat,
            ["container_format"] = image.ContainerFormat,
            ["created_at"] = IsoTime.Seconds(image.CreatedAt),
            ["updated_at"] = IsoTime.Seconds(image.UpdatedAt),
            ["self"] = $"/v2/images/{image.Id}",
            ["file"] = $"/v2/images/{image.Id}/file",
            ["schema"] = "/v2/schemas/image",
        };
        // Properties stand beside the image's own members and cannot pose as one.
        foreach (var (name, value) in image.Properties)
        {
            if (!view.ContainsKey(name))
                view[name] = value;
        }

        return view;
    }

    /// <summary>What <c>/v2.1/images/{id}</c>, the address in a backup's Location, shows below 2.36.</summary>
    public static JsonObject Nova(ApiRequest request, Image image) => new()
    {
        ["id"] = image.Id,
        ["name"] = image.Name,
        ["minRam"] = image.MinRam,
        ["minDisk"] = image.MinDisk,
        ["metadata"] = ServerView.TextObject(image.Properties),
        ["created"] = IsoTime.Seconds(image.CreatedAt),
        ["updated"] = IsoTime.Seconds(image.UpdatedAt),
        ["status"] = image.Status switch { "active" => "ACTIVE", "queued" or "saving" => "SAVING", "deleted" => "DELETED", _ => "ERROR" },
        ["progress"] = image.Status switch { "queued" => 25, "saving" => 50, "active" => 100, _ => 0 },
        ["OS-EXT-IMG-SIZE:size"] = image.Size,
        ["links"] = Links.Of(request, "images", image.Id),
    };
}
