using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Gateway.DevIdentity.Http;

/// <summary>The service catalogue of scoped tokens: identity, compute and image, each with its three interfaces in one region.</summary>
internal sealed class ServiceCatalog(DevIdentityOptions options, IdentityUrl url)
{
    private const string Region = "RegionOne";

    private static readonly string[] Interfaces = ["public", "internal", "admin"];

    // Read at every request: compute's and the image service's ports may become known after the start.
    public JsonArray ToJson() =>
    [
        Service("identity", "keystone", $"{url.Value}/v3"),
        Service("compute", "nova", options.ComputeUrl),
        Service("image", "glance", options.ImageUrl),
    ];

    private static JsonObject Service(string type, string name, string endpoint) => new()
    {
        ["id"] = StableId(type),
        ["type"] = type,
        ["name"] = name,
        ["endpoints"] = new JsonArray([.. Interfaces.Select(face => new JsonObject
        {
            ["id"] = StableId($"{type} {face}"),
            ["interface"] = face,
            ["region"] = Region,
            ["region_id"] = Region,
            ["url"] = endpoint,
        })]),
    };

    private static string StableId(string of) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(of)))[..32];
}
