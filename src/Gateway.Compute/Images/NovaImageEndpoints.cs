using System.Text.Json.Nodes;
using Gateway.Compute.Api;
using Gateway.Compute.Storage;

namespace Gateway.Compute.Images;

/// <summary>The compute API's own view of images, which Nova has below 2.36 only.</summary>
internal sealed class NovaImageEndpoints(ComputeDatabase database)
{
    private const int FirstMinorWithout = 36;

    public void AddTo(RouteTable routes)
    {
        routes.Add("GET", "/images", request => List(request, detailed: false));
        routes.Add("GET", "/images/detail", request => List(request, detailed: true));
        routes.Add("GET", "/images/{id}", Show);
    }

    private ApiAnswer List(ApiRequest request, bool detailed)
    {
        if (request.Version.AtLeast(FirstMinorWithout))
            return ApiAnswer.NotFound();
        if (Paging.Read(request, out var paging) is { } wrong)
            return ApiAnswer.BadRequest(wrong);
        var visible = database.Read(session => session.Images.List())
            .Where(image => image.IsVisibleTo(request.Caller) && !image.Hidden && (request.Parameter("name") ?? image.Name) == image.Name)
            .ToList();
        if (!paging.TryCut(visible, image => image.Id, out var page))
            return ApiAnswer.BadRequest($"marker [{paging.Marker}] not found");
        var entries = page.Select(image => detailed
            ? ImageView.Nova(request, image)
            : new JsonObject { ["id"] = image.Id, ["name"] = image.Name, ["links"] = Links.Of(request, "images", image.Id) });
        return ApiAnswer.Ok(new JsonObject { ["images"] = new JsonArray([.. entries]) });
    }

    private ApiAnswer Show(ApiRequest request)
    {
        if (request.Version.AtLeast(FirstMinorWithout))
            return ApiAnswer.NotFound();
        var image = database.Read(session => session.Images.Find(request.Id));
        return image is not null && image.IsVisibleTo(request.Caller)
            ? ApiAnswer.Ok(new JsonObject { ["image"] = ImageView.Nova(request, image) })
            : ApiAnswer.NotFound("Image not found.");
    }
}
