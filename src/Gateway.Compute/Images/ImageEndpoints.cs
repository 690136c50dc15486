using System.Text.Json.Nodes;
using Gateway.Compute.Api;
using Gateway.Compute.Storage;

namespace Gateway.Compute.Images;

/// <summary>The part of the image API (Glance v2) that compute clients use.</summary>
internal sealed class ImageEndpoints(ComputeDatabase database)
{
    public void AddTo(RouteTable routes)
    {
        routes.Add("GET", "/v2/images", List);
        routes.Add("GET", "/v2/images/{id}", Show);
        routes.Add("DELETE", "/v2/images/{id}", Delete);
        routes.Add("GET", "/v2/schemas/image", _ => ApiAnswer.Ok(Schema()));
        routes.Add("GET", "/v2/schemas/images", _ => ApiAnswer.Ok(new JsonObject
        {
            ["name"] = "images",
            ["properties"] = new JsonObject { ["images"] = new JsonObject { ["type"] = "array", ["items"] = Schema() } },
        }));
    }

    private ApiAnswer List(ApiRequest request) => database.Read(session =>
    {
        if (ImageQuery.Run(request, session.Images.List(), out var page, out var more) is { } refused)
            return refused;
        var query = request.Query.Where(pair => pair.Key != "marker")
            .Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value.ToString())}")
            .ToList();
        var view = new JsonObject
        {
            ["images"] = new JsonArray([.. page.Select(ImageView.Glance)]),
            ["first"] = "/v2/images" + (query.Count > 0 ? "?" + string.Join('&', query) : ""),
            ["schema"] = "/v2/schemas/images",
        };
        if (more)
            view["next"] = "/v2/images?" + string.Join('&', query.Append($"marker={page[^1].Id}"));
        return ApiAnswer.Ok(view);
    });

    private ApiAnswer Show(ApiRequest request) => database.Read(session =>
        session.Images.Find(request.Id) is { } image && image.IsVisibleTo(request.Caller)
            ? ApiAnswer.Ok(ImageView.Glance(image))
            : NotFound(request.Id));

    private ApiAnswer Delete(ApiRequest request) => database.Write(session =>
    {
        if (session.Images.Find(request.Id) is not { } image || !image.IsVisibleTo(request.Caller))
            return NotFound(request.Id);
        if (!request.Caller.IsAdmin && image.Owner != request.Caller.ProjectId)
            return ApiAnswer.Fault(403, "You are not permitted to delete this image.");
        if (image.Protected)
            return ApiAnswer.Fault(403, $"Image {image.Id} is protected and cannot be deleted.");
        session.Images.Delete(image.Id);
        return ApiAnswer.NoContent;
    });

    private static ApiAnswer NotFound(string id) => ApiAnswer.NotFound($"No image found with ID {id}");

    private static JsonObject Schema()
    {
        var properties = new JsonObject();
        foreach (var (name, type) in new[]
        {
            ("id", "string"), ("name", "string"), ("status", "string"), ("visibility", "string"), ("owner", "string"), ("tags", "array"),
            ("min_disk", "integer"), ("min_ram", "integer"), ("protected", "boolean"), ("os_hidden", "boolean"), ("size", "integer"),
            ("virtual_size", "integer"), ("checksum", "string"), ("os_hash_algo", "string"), ("os_hash_value", "string"),
            ("disk_format", "string"), ("container_format", "string"), ("created_at", "string"), ("updated_at", "string"),
            ("self", "string"), ("file", "string"), ("schema", "string"),
        })
        {
            properties[name] = new JsonObject { ["type"] = new JsonArray("null", type) };
        }

        return new JsonObject
        {
            ["name"] = "image",
            ["properties"] = properties,
            ["additionalProperties"] = new JsonObject { ["type"] = "string" },
            ["links"] = new JsonArray(new JsonObject { ["rel"] = "self", ["href"] = "{self}" }),
        };
    }
}
