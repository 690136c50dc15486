using System.Text.Json.Nodes;
using Gateway.Compute.Api;
using Gateway.Compute.Drivers;
using Gateway.Compute.Storage;

namespace Gateway.Compute.Cloud;

/// <summary>Hosts as services, hypervisors and an availability zone. Services and hypervisors are for administrators.</summary>
internal sealed class HostEndpoints(ComputeDatabase database)
{
    public const string Zone = "nova";
    private const string Binary = "nova-compute";

    public void AddTo(RouteTable routes)
    {
        routes.Add("GET", "/os-services", ListServices);
        routes.Add("PUT", "/os-services/{id}", UpdateService);
        routes.Add("GET", "/os-hypervisors", request => ListHypervisors(request, detailed: false));
        routes.Add("GET", "/os-hypervisors/detail", request => ListHypervisors(request, detailed: true));
        routes.Add("GET", "/os-hypervisors/{id}", ShowHypervisor);
        routes.Add("GET", "/os-hypervisors/{id}/uptime", ShowUptime);
        routes.Add("GET", "/os-aggregates", ListAggregates);
        routes.Add("GET", "/os-availability-zone", _ => Zones(hosts: null));
        routes.Add("GET", "/os-availability-zone/detail", ListZonesInDetail);
    }

    private ApiAnswer ListServices(ApiRequest request)
    {
        if (!request.Caller.IsAdmin)
            return ApiAnswer.Forbidden("os_compute_api:os-services:list");
        var nodes = database.Read(session => session.Hosts.List())
            .Where(node => (request.Parameter("host") ?? node.Name) == node.Name && (request.Parameter("binary") ?? Binary) == Binary);
        return ApiAnswer.Ok(new JsonObject { ["services"] = new JsonArray([.. nodes.Select(node => Service(request, node))]) });
    }

    /// <summary>Takes a host out of service or back: by uuid from 2.53 on, by the action in the path before.</summary>
    private ApiAnswer UpdateService(ApiRequest request)
    {
        if (!request.Caller.IsAdmin)
            return ApiAnswer.Forbidden("os_compute_api:os-services:update");
        return request.Version.AtLeast(53) ? UpdateByUuid(request) : UpdateByName(request);
    }

    private ApiAnswer UpdateByUuid(ApiRequest request)
    {
        Field[] fields =
        [
            new("status", BodySchema.OneOf("enabled", "disabled")),
            new("disabled_reason", BodySchema.Text(1, 255)),
            new("forced_down", BodySchema.Boolean),
        ];
        if (BodySchema.CheckObject("body", request.Body, fields, relaxed: false, out var members) is { } wrong)
            return ApiAnswer.BadRequest(wrong);
        return database.Write(session =>
        {
            if (session.Hosts.List().FirstOrDefault(node => node.ServiceUuid == request.Id) is not { } node)
                return ApiAnswer.NotFound($"Service {request.Id} could not be found.");
            if (members.TryGetValue("status", out var status))
            {
                var disabled = status.GetString() == "disabled";
                node = node with
                {
                    Disabled = disabled,
                    DisabledReason = disabled && members.TryGetValue("disabled_reason", out var reason) ? reason.GetString() : null,
                };
            }

            if (members.TryGetValue("forced_down", out var down))
                node = node with { ForcedDown = BodySchema.ReadBoolean(down) };
            return ApiAnswer.Ok(new JsonObject { ["service"] = Service(request, session.Hosts.Update(node)) });
        });
    }

    private ApiAnswer UpdateByName(ApiRequest request)
    {
        if (request.Id is not ("enable" or "disable" or "disable-log-reason" or "force-down"))
            return ApiAnswer.NotFound("Unknown action");
        Field[] fields =
        [
            new("host", BodySchema.Text(1, 255), Required: true),
            new("binary", BodySchema.Text(1, 255), Required: true),
            new("disabled_reason", BodySchema.Text(1, 255), Required: request.Id == "disable-log-reason"),
            new("forced_down", BodySchema.Boolean, Required: request.Id == "force-down"),
        ];
        if (BodySchema.CheckObject("body", request.Body, fields, request.IsLegacy, out var members) is { } wrong)
            return ApiAnswer.BadRequest(wrong);
        return database.Write(session =>
        {
            var host = members["host"].GetString()!;
            if (session.Hosts.Find(host) is not { } node || members["binary"].GetString() != Binary)
                return ApiAnswer.NotFound($"Host '{host}' is not mapped to any cell");
            node = request.Id switch
            {
                "enable" => node with { Disabled = false, DisabledReason = null },
                "disable" => node with { Disabled = true, DisabledReason = null },
                "disable-log-reason" => node with { Disabled = true, DisabledReason = members["disabled_reason"].GetString() },
                _ => node with { ForcedDown = BodySchema.ReadBoolean(members["forced_down"]) },
            };
            session.Hosts.Update(node);
            var answer = new JsonObject { ["host"] = host, ["binary"] = Binary };
            if (request.Id == "force-down")
                answer["forced_down"] = node.ForcedDown;
            else
                answer["status"] = node.Disabled ? "disabled" : "enabled";
            if (node.DisabledReason is not null)
                answer["disabled_reason"] = node.DisabledReason;
            return ApiAnswer.Ok(new JsonObject { ["service"] = answer });
        });
    }

    private ApiAnswer ListHypervisors(ApiRequest request, bool detailed)
    {
        if (!request.Caller.IsAdmin)
            return ApiAnswer.Forbidden(detailed ? "os_compute_api:os-hypervisors:list-detail" : "os_compute_api:os-hypervisors:list");
        return database.Read(session => ApiAnswer.Ok(new JsonObject
        {
            ["hypervisors"] = new JsonArray([.. session.Hosts.List().Select(node => Hypervisor(request, session, node, detailed))]),
        }));
    }

    private ApiAnswer ShowHypervisor(ApiRequest request)
    {
        if (!request.Caller.IsAdmin)
            return ApiAnswer.Forbidden("os_compute_api:os-hypervisors:show");
        return database.Read(session =>
        {
            var node = session.Hosts.List()
                .FirstOrDefault(node => request.Id == (request.Version.AtLeast(53) ? node.HypervisorUuid : node.Id.ToString()));
            return node is null
                ? ApiAnswer.NotFound($"Hypervisor with ID '{request.Id}' could not be found.")
                : ApiAnswer.Ok(new JsonObject { ["hypervisor"] = Hypervisor(request, session, node, detailed: true) });
        });
    }

    /// <summary>A host that is only simulated has not been up for any time; Nova says so of drivers that cannot tell.</summary>
    private ApiAnswer ShowUptime(ApiRequest request)
    {
        // Part of the hypervisor itself since 2.88.
        if (request.Version.AtLeast(88))
            return ApiAnswer.NotFound();
        return ShowHypervisor(request) is { Status: not 200 } refused
            ? refused
            : ApiAnswer.Fault(501, "The requested functionality is not supported.");
    }

    /// <summary>There are none; `openstack hypervisor show` asks.</summary>
    private static ApiAnswer ListAggregates(ApiRequest request) => request.Caller.IsAdmin
        ? ApiAnswer.Ok(new JsonObject { ["aggregates"] = new JsonArray() })
        : ApiAnswer.Forbidden("os_compute_api:os-aggregates:index");

    private ApiAnswer ListZonesInDetail(ApiRequest request)
    {
        if (!request.Caller.IsAdmin)
            return ApiAnswer.Forbidden("os_compute_api:os-availability-zone:detail");
        var hosts = new JsonObject();
        foreach (var node in database.Read(session => session.Hosts.List()).Where(node => !node.Disabled))
        {
            hosts[node.Name] = new JsonObject
            {
                [Binary] = new JsonObject { ["available"] = node.IsUp, ["active"] = true, ["updated_at"] = node.UpdatedAt },
            };
        }

        return Zones(hosts);
    }

    private static ApiAnswer Zones(JsonObject? hosts) => ApiAnswer.Ok(new JsonObject
    {
        ["availabilityZoneInfo"] = new JsonArray(new JsonObject
        {
            ["zoneName"] = Zone,
            ["zoneState"] = new JsonObject { ["available"] = true },
            ["hosts"] = hosts,
        }),
    });

    private static JsonObject Service(ApiRequest request, ComputeNode node)
    {
        var view = new JsonObject
        {
            ["id"] = request.Version.AtLeast(53) ? node.ServiceUuid : node.Id,
            ["binary"] = Binary,
            ["host"] = node.Name,
            ["zone"] = Zone,
            ["status"] = node.Disabled ? "disabled" : "enabled",
            ["state"] = node.IsUp ? "up" : "down",
            ["updated_at"] = node.UpdatedAt,
            ["disabled_reason"] = node.DisabledReason,
        };
        if (request.Version.AtLeast(11))
            view["forced_down"] = node.ForcedDown;
        return view;
    }

    private static JsonObject Hypervisor(ApiRequest request, ComputeSession session, ComputeNode node, bool detailed)
    {
        var version = request.Version;
        var view = new JsonObject
        {
            ["id"] = version.AtLeast(53) ? node.HypervisorUuid : node.Id,
            ["hypervisor_hostname"] = node.Name,
            ["state"] = node.IsUp ? "up" : "down",
            ["status"] = node.Disabled ? "disabled" : "enabled",
        };
        if (!detailed)
            return view;

        view["hypervisor_type"] = SimulatedDriver.Name;
        view["hypervisor_version"] = 1000;
        view["host_ip"] = "127.0.0.1";
        view["service"] = new JsonObject
        {
            ["id"] = version.AtLeast(53) ? node.ServiceUuid : node.Id,
            ["host"] = node.Name,
            ["disabled_reason"] = node.DisabledReason,
        };
        if (version.AtLeast(88))
        {
            view["uptime"] = null;
            return view;
        }

        var servers = session.Servers.OnHost(node.Name);
        var (vcpus, memory, disk) = SimulatedDriver.Capacity;
        var flavors = servers.Select(server => FlavorCatalog.Get(server.FlavorId)).ToList();
        view["vcpus"] = vcpus;
        view["memory_mb"] = memory;
        view["local_gb"] = disk;
        view["vcpus_used"] = flavors.Sum(flavor => flavor.Vcpus);
        view["memory_mb_used"] = flavors.Sum(flavor => flavor.RamMegabytes);
        view["local_gb_used"] = flavors.Sum(flavor => flavor.DiskGigabytes);
        view["free_ram_mb"] = memory - flavors.Sum(flavor => flavor.RamMegabytes);
        view["free_disk_gb"] = disk - flavors.Sum(flavor => flavor.DiskGigabytes);
        view["current_workload"] = servers.Count(server => server.TaskState is not null);
        view["running_vms"] = servers.Count;
        view["disk_available_least"] = disk - flavors.Sum(flavor => flavor.DiskGigabytes);
        view["cpu_info"] = version.AtLeast(28) ? new JsonObject() : "";
        return view;
    }
}
