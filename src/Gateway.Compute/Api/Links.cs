using System.Text.Json.Nodes;

namespace Gateway.Compute.Api;

/// <summary>Absolute addresses in Nova's manner: with the project only where the request named it.</summary>
internal static class Links
{
    public static string VersionUrl(ApiRequest request) => $"{request.BaseUrl}/{(request.IsLegacy ? "v2" : "v2.1")}";

    public static string Self(ApiRequest request, string collection, string id) => $"{VersionUrl(request)}{Project(request)}/{collection}/{id}";

    public static JsonArray Of(ApiRequest request, string collection, string id) =>
    [
        Link("self", Self(request, collection, id)),
        Link("bookmark", $"{request.BaseUrl}{Project(request)}/{collection}/{id}"),
    ];

    public static JsonArray Bookmark(ApiRequest request, string collection, string id) =>
        [Link("bookmark", $"{request.BaseUrl}{Project(request)}/{collection}/{id}")];

    /// <summary>The address of the next page: the same query with another marker, its parameters in order.</summary>
    public static JsonArray Next(ApiRequest request, string collection, string marker)
    {
        var parameters = request.Query
            .Where(pair => pair.Key != "marker")
            .Select(pair => (pair.Key, Value: pair.Value.Count > 0 ? pair.Value[^1] ?? "" : ""))
            .Append((Key: "marker", Value: marker))
            .OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}");
        return [Link("next", $"{VersionUrl(request)}{Project(request)}/{collection}?{string.Join('&', parameters)}")];
    }

    public static JsonObject Link(string relation, string address) => new() { ["rel"] = relation, ["href"] = address };

    private static string Project(ApiRequest request) => request.PathProject is { } project ? "/" + project : "";
}
