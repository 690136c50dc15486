using System.Text;
using System.Text.Json.Nodes;
using Gateway.Compute.Api;
using Gateway.Compute.Cloud;
using Gateway.Compute.Drivers;
using Gateway.Compute.Storage;

namespace Gateway.Compute.Servers;

/// <summary>Servers as JSON, by microversion and by who looks.</summary>
internal static class ServerView
{
    private static readonly string[] ProgressStatuses = ["ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING"];
    private static readonly string[] FaultStatuses = ["ERROR", "DELETED"];

    /// <summary>The entry of the short list.</summary>
    public static JsonObject Brief(ApiRequest request, Server server) => new()
    {
        ["id"] = server.Id,
        ["name"] = server.Name,
        ["links"] = Links.Of(request, "servers", server.Id),
    };

    public static JsonObject Detail(ApiRequest request, Server server, IReadOnlyList<ComputeNode> nodes)
    {
        var version = request.Version;
        var admin = request.Caller.IsAdmin;
        var view = new JsonObject
        {
            ["id"] = server.Id,
            ["name"] = server.Name,
            ["status"] = server.Status,
            ["tenant_id"] = server.ProjectId,
            ["user_id"] = server.UserId,
            ["metadata"] = TextObject(server.Metadata),
            ["hostId"] = HostId(server.ProjectId, server.Host),
            ["image"] = new JsonObject { ["id"] = server.ImageId, ["links"] = Links.Bookmark(request, "images", server.ImageId) },
            ["flavor"] = Flavor(request, server),
            ["created"] = IsoTime.Seconds(server.CreatedAt),
            ["updated"] = IsoTime.Seconds(server.UpdatedAt),
            ["addresses"] = new JsonObject(),
            ["accessIPv4"] = server.AccessIPv4,
            ["accessIPv6"] = server.AccessIPv6,
            ["links"] = Links.Of(request, "servers", server.Id),
            ["OS-DCF:diskConfig"] = server.DiskConfig,
        };
        if (FaultStatuses.Contains(server.Status) && server.FaultMessage is not null)
            view["fault"] = Fault(server, admin);
        if (ProgressStatuses.Contains(server.Status))
            view["progress"] = server.Progress;
        view["OS-EXT-AZ:availability_zone"] = server.Host is not null ? HostEndpoints.Zone : server.RequestedZone ?? "";
        view["config_drive"] = server.ConfigDrive;
        view["key_name"] = null;
        view["OS-SRV-USG:launched_at"] = server.LaunchedAt;
        view["OS-SRV-USG:terminated_at"] = server.TerminatedAt;
        if (admin)
            AddAdministratorsAttributes(view, version, server);
        view["OS-EXT-STS:task_state"] = server.TaskState;
        view["OS-EXT-STS:vm_state"] = server.VmState;
        view["OS-EXT-STS:power_state"] = server.PowerState;
        view["os-extended-volumes:volumes_attached"] = new JsonArray();
        if (version.AtLeast(16) && admin)
            view["host_status"] = HostStatus(nodes.FirstOrDefault(node => node.Name == server.Host));
        if (version.AtLeast(9))
            view["locked"] = server.Locked;
        if (version.AtLeast(73))
            view["locked_reason"] = server.LockedReason;
        if (version.AtLeast(19))
            view["description"] = server.Description;
        if (version.AtLeast(26))
            view["tags"] = new JsonArray([.. server.Tags.Select(tag => JsonValue.Create(tag))]);
        if (version.AtLeast(63))
            view["trusted_image_certificates"] = null;
        if (version.AtLeast(90) && !admin)
            view["OS-EXT-SRV-ATTR:hostname"] = server.Hostname;
        if (version.AtLeast(96))
            view["pinned_availability_zone"] = server.RequestedZone;
        return view;
    }

    public static JsonObject TextObject(IEnumerable<KeyValuePair<string, string>> values)
    {
        var view = new JsonObject();
        foreach (var (key, value) in values)
            view[key] = value;
        return view;
    }

    /// <summary>Tells a project's servers on one host from those on another without naming the host.</summary>
    public static string HostId(string projectId, string? host) =>
        host is null ? "" : Convert.ToHexStringLower(Sha224.Hash(Encoding.UTF8.GetBytes(projectId + host)));

    private static JsonObject Flavor(ApiRequest request, Server server)
    {
        var flavor = FlavorCatalog.Get(server.FlavorId);
        if (!request.Version.AtLeast(47))
            return new JsonObject { ["id"] = flavor.Id, ["links"] = Links.Bookmark(request, "flavors", flavor.Id) };
        return new JsonObject
        {
            ["vcpus"] = flavor.Vcpus,
            ["ram"] = flavor.RamMegabytes,
            ["disk"] = flavor.DiskGigabytes,
            ["ephemeral"] = 0,
            ["swap"] = 0,
            ["original_name"] = flavor.Name,
            ["extra_specs"] = new JsonObject(),
        };
    }

    private static JsonObject Fault(Server server, bool admin)
    {
        var fault = new JsonObject
        {
            ["code"] = server.FaultCode,
            ["created"] = IsoTime.Seconds(server.FaultCreatedAt!),
            ["message"] = server.FaultMessage,
        };
        if (server.FaultDetails is not null && (admin || server.FaultCode != 500))
            fault["details"] = server.FaultDetails;
        return fault;
    }

    private static void AddAdministratorsAttributes(JsonObject view, Microversion version, Server server)
    {
        view["OS-EXT-SRV-ATTR:host"] = server.Host;
        view["OS-EXT-SRV-ATTR:instance_name"] = $"instance-{server.Number:x8}";
        view["OS-EXT-SRV-ATTR:hypervisor_hostname"] = server.Host;
        if (!version.AtLeast(3))
            return;
        view["OS-EXT-SRV-ATTR:reservation_id"] = server.ReservationId;
        view["OS-EXT-SRV-ATTR:launch_index"] = 0;
        view["OS-EXT-SRV-ATTR:hostname"] = server.Hostname;
        view["OS-EXT-SRV-ATTR:kernel_id"] = "";
        view["OS-EXT-SRV-ATTR:ramdisk_id"] = "";
        view["OS-EXT-SRV-ATTR:root_device_name"] = server.Host is null ? null : "/dev/vda";
        view["OS-EXT-SRV-ATTR:user_data"] = server.UserData;
    }

    private static string HostStatus(ComputeNode? node) => node switch
    {
        null => "",
        { ForcedDown: true } => "DOWN",
        { Disabled: true } => "MAINTENANCE",
        _ => "UP",
    };
}
