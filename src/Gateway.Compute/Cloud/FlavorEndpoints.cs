using System.Text.Json.Nodes;
using Gateway.Compute.Api;

namespace Gateway.Compute.Cloud;

internal static class FlavorEndpoints
{
    public static void AddTo(RouteTable routes)
    {
        routes.Add("GET", "/flavors", request => List(request, detailed: false));
        routes.Add("GET", "/flavors/detail", request => List(request, detailed: true));
        routes.Add("GET", "/flavors/{id}", Show);
        routes.Add("GET", "/flavors/{id}/os-extra_specs", ExtraSpecs);
    }

    private static ApiAnswer List(ApiRequest request, bool detailed)
    {
        if (Paging.Read(request, out var paging) is { } wrong)
            return ApiAnswer.BadRequest(wrong);
        // All flavors are public: a request for those that are not finds none.
        var wanted = request.Parameter("is_public") is "False" or "false" or "0" ? [] : FlavorCatalog.All;
        if (!paging.TryCut(wanted, flavor => flavor.Id, out var page))
            return ApiAnswer.BadRequest($"marker [{paging.Marker}] not found");
        var view = new JsonObject { ["flavors"] = new JsonArray([.. page.Select(flavor => View(request, flavor, detailed))]) };
        if (paging.IsFull(page.Count))
            view["flavors_links"] = Links.Next(request, detailed ? "flavors/detail" : "flavors", page[^1].Id);
        return ApiAnswer.Ok(view);
    }

    private static ApiAnswer Show(ApiRequest request) =>
        FlavorCatalog.Find(request.Id) is { } flavor
            ? ApiAnswer.Ok(new JsonObject { ["flavor"] = View(request, flavor, detailed: true) })
            : NotFound(request.Id);

    private static ApiAnswer ExtraSpecs(ApiRequest request) =>
        FlavorCatalog.Find(request.Id) is null ? NotFound(request.Id) : ApiAnswer.Ok(new JsonObject { ["extra_specs"] = new JsonObject() });

    private static ApiAnswer NotFound(string id) => ApiAnswer.NotFound($"Flavor {id} could not be found.");

    private static JsonObject View(ApiRequest request, Flavor flavor, bool detailed)
    {
        var view = new JsonObject
        {
            ["id"] = flavor.Id,
            ["name"] = flavor.Name,
            ["links"] = Links.Of(request, "flavors", flavor.Id),
        };
        if (request.Version.AtLeast(55))
            view["description"] = null;
        if (!detailed)
            return view;

        view["ram"] = flavor.RamMegabytes;
        view["disk"] = flavor.DiskGigabytes;
        view["swap"] = request.Version.AtLeast(75) ? 0 : "";
        view["vcpus"] = flavor.Vcpus;
        view["OS-FLV-EXT-DATA:ephemeral"] = 0;
        view["OS-FLV-DISABLED:disabled"] = false;
        view["os-flavor-access:is_public"] = true;
        view["rxtx_factor"] = 1.0;
        if (request.Version.AtLeast(61))
            view["extra_specs"] = new JsonObject();
        return view;
    }
}
