using System.Text.Json.Nodes;

namespace Gateway.Compute.Api;

/// <summary>The documents by which clients find the API and its versions; anybody may read them.</summary>
internal static class VersionDocuments
{
    /// <summary><c>GET /</c>.</summary>
    public static ApiAnswer List(string baseUrl) => ApiAnswer.Ok(new JsonObject
    {
        ["versions"] = new JsonArray(
            Entry(legacy: true, baseUrl),
            Entry(legacy: false, baseUrl)),
    });

    /// <summary>A path outside every version: 300, with the versions it could have meant.</summary>
    public static ApiAnswer Choices(string baseUrl, string path) => new(300, new JsonObject
    {
        ["choices"] = new JsonArray(Choice(legacy: true, baseUrl, path), Choice(legacy: false, baseUrl, path)),
    });

    /// <summary><c>GET /v2.1</c> and <c>GET /v2</c>.</summary>
    public static ApiAnswer Show(string baseUrl, bool legacy)
    {
        var version = Facts(legacy);
        version["links"] = new JsonArray(
            Links.Link("self", $"{baseUrl}/{PathOf(legacy)}/"),
            new JsonObject { ["rel"] = "describedby", ["type"] = "text/html", ["href"] = "http://docs.openstack.org/" });
        version["media-types"] = MediaTypes(legacy);
        return ApiAnswer.Ok(new JsonObject { ["version"] = version });
    }

    private static JsonObject Entry(bool legacy, string baseUrl)
    {
        var version = Facts(legacy);
        version["links"] = new JsonArray(Links.Link("self", $"{baseUrl}/{PathOf(legacy)}/"));
        return version;
    }

    private static JsonObject Choice(bool legacy, string baseUrl, string path) => new()
    {
        ["id"] = Id(legacy),
        ["status"] = Status(legacy),
        ["links"] = new JsonArray(Links.Link("self", $"{baseUrl}/{PathOf(legacy)}/{path.TrimStart('/')}")),
        ["media-types"] = MediaTypes(legacy),
    };

    private static JsonObject Facts(bool legacy) => new()
    {
        ["id"] = Id(legacy),
        ["status"] = Status(legacy),
        ["version"] = legacy ? "" : Microversion.Max.ToString(),
        ["min_version"] = legacy ? "" : Microversion.Min.ToString(),
        ["updated"] = legacy ? "2011-01-21T11:33:21Z" : "2013-07-23T11:33:21Z",
    };

    private static JsonArray MediaTypes(bool legacy) =>
    [
        new JsonObject
        {
            ["base"] = "application/json",
            ["type"] = "application/vnd.openstack.compute+json;version=" + (legacy ? "2" : "2.1"),
        },
    ];

    private static string Id(bool legacy) => legacy ? "v2.0" : "v2.1";

    private static string Status(bool legacy) => legacy ? "SUPPORTED" : "CURRENT";

    private static string PathOf(bool legacy) => legacy ? "v2" : "v2.1";
}
