using System.Text.Json.Nodes;
using Gateway.Compute.Api;
using Gateway.Compute.Storage;

namespace Gateway.Compute.Cloud;

/// <summary>
/// <c>/limits</c>. There are no quotas here, which Nova writes as -1; what is used is counted. The rate section is empty, as
/// in every Nova since Newton: limiting is the gateway's.
/// </summary>
internal sealed class LimitEndpoints(ComputeDatabase database)
{
    private const int Unlimited = -1;

    /// <summary>Metadata entries a server or, below 2.39, an image may have.</summary>
    public const int MetadataItems = 128;

    public void AddTo(RouteTable routes) => routes.Add("GET", "/limits", Show);

    private ApiAnswer Show(ApiRequest request)
    {
        var project = request.Caller.ProjectId;
        if (request.Parameter("tenant_id") is { } other && other != project)
        {
            if (!request.Caller.IsAdmin)
                return ApiAnswer.Forbidden("os_compute_api:limits:other_project");
            project = other;
        }

        var flavors = project is null
            ? []
            : database.Read(session => session.Servers.List(project, deleted: false))
                .Select(server => FlavorCatalog.Get(server.FlavorId)).ToList();
        var absolute = new JsonObject
        {
            ["maxTotalInstances"] = Unlimited,
            ["maxTotalCores"] = Unlimited,
            ["maxTotalRAMSize"] = Unlimited,
            ["maxServerMeta"] = MetadataItems,
            ["maxTotalKeypairs"] = 0,
            ["maxServerGroups"] = 0,
            ["maxServerGroupMembers"] = 0,
            ["totalInstancesUsed"] = flavors.Count,
            ["totalCoresUsed"] = flavors.Sum(flavor => flavor.Vcpus),
            ["totalRAMUsed"] = flavors.Sum(flavor => flavor.RamMegabytes),
            ["totalServerGroupsUsed"] = 0,
        };
        if (!request.Version.AtLeast(36))
        {
            absolute["maxTotalFloatingIps"] = 0;
            absolute["maxSecurityGroups"] = 0;
            absolute["maxSecurityGroupRules"] = 0;
            absolute["totalFloatingIpsUsed"] = 0;
            absolute["totalSecurityGroupsUsed"] = 0;
        }

        if (!request.Version.AtLeast(39))
            absolute["maxImageMeta"] = MetadataItems;
        if (!request.Version.AtLeast(57))
        {
            absolute["maxPersonality"] = 0;
            absolute["maxPersonalitySize"] = 0;
        }

        return ApiAnswer.Ok(new JsonObject { ["limits"] = new JsonObject { ["rate"] = new JsonArray(), ["absolute"] = absolute } });
    }
}
