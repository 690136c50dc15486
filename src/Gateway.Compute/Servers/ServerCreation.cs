using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Compute.Actions;
using Gateway.Compute.Api;
using Gateway.Compute.Cloud;
using Gateway.Compute.Operations;
using Gateway.Compute.Storage;

namespace Gateway.Compute.Servers;

/// <summary><c>POST /servers</c>.</summary>
internal sealed class ServerCreation(ComputeDatabase database, OperationRunner runner)
{
    private const string PasswordLetters = "23456789ABCDEFGHJKMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    private const int PasswordLength = 12;
    private const int MaxCount = 100;

    public ApiAnswer Create(ApiRequest request)
    {
        if (request.Caller.ProjectId is null)
            return ApiAnswer.Forbidden("os_compute_api:servers:create");
        if (request.Body.ValueKind != JsonValueKind.Object || !Members.Of(request.Body).TryGetValue("server", out var body))
            return ApiAnswer.BadRequest("'server' is a required property");
        if (BodySchema.CheckObject("server", body, Fields(request), request.IsLegacy, out var asked) is { } wrong)
            return ApiAnswer.BadRequest(wrong);
        if (Text(asked, "key_name") is not null)
            return ApiAnswer.BadRequest("Invalid key_name provided.");
        if (CheckPlacement(request, asked, out var zone, out var host) is { } refused)
            return refused;

        var min = asked.TryGetValue("min_count", out var minCount) ? BodySchema.ReadCount(minCount) : 1;
        var max = asked.TryGetValue("max_count", out var maxCount) ? BodySchema.ReadCount(maxCount) : min;
        if (min > max)
            return ApiAnswer.BadRequest("min_count must be <= max_count");
        if (max > MaxCount)
            return ApiAnswer.Fault(403, $"Quota exceeded for instances: Requested {max}, but at most {MaxCount} servers can be created at once.");

        var answer = database.Write(session => Create(request, session, asked, zone, host, max), created => created.Commits);
        runner.Wake();
        return answer;
    }

    private ApiAnswer Create(
        ApiRequest request, ComputeSession session, IReadOnlyDictionary<string, JsonElement> asked, string? zone, string? host, int count)
    {
        if (CheckDisks(asked, out var imageRef) is { } wrong)
            return wrong;
        if (session.Images.Find(imageRef) is not { } image || !image.IsVisibleTo(request.Caller))
            return ApiAnswer.BadRequest("Can not find requested image");
        if (image.Status != "active")
            return ApiAnswer.BadRequest($"Image {image.Id} is not active.");
        var flavorRef = PythonText.Plain(asked["flavorRef"]);
        flavorRef = flavorRef[(flavorRef.LastIndexOf('/') + 1)..];
        if (FlavorCatalog.Find(flavorRef) is not { } flavor)
            return ApiAnswer.BadRequest($"Flavor {flavorRef} could not be found.");
        if (flavor.RamMegabytes < image.MinRam)
            return ApiAnswer.BadRequest("Flavor's memory is too small for requested image.");
        if (flavor.DiskGigabytes < image.MinDisk)
            return ApiAnswer.BadRequest("Flavor's disk is too small for requested image.");
        if (host is not null && session.Hosts.Find(host) is null)
            return ApiAnswer.BadRequest($"Compute host {host} could not be found.");

        var reservation = "r-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        var name = asked["name"].GetString()!.Trim();
        Server? first = null;
        for (var i = 1; i <= count; i++)
        {
            var server = Insert(request, session, asked, new Server
            {
                Id = Guid.NewGuid().ToString(),
                ProjectId = request.Caller.ProjectId!,
                UserId = request.Caller.UserId,
                Name = count == 1 ? name : $"{name}-{i}",
                Description = request.Version.AtLeast(19) ? Text(asked, "description") : name,
                Hostname = "",
                ReservationId = reservation,
                ImageId = image.Id,
                FlavorId = flavor.Id,
                RequestedHost = host,
                RequestedZone = zone,
                VmState = VmStates.Building,
                TaskState = TaskStates.Scheduling,
            });
            first ??= server;
        }

        return Answer(request, asked, first!);
    }

    private Server Insert(ApiRequest request, ComputeSession session, IReadOnlyDictionary<string, JsonElement> asked, Server server)
    {
        server = server with
        {
            Hostname = Text(asked, "hostname") ?? HostnameOf(server),
            ConfigDrive = asked.TryGetValue("config_drive", out var drive) && BodySchema.ReadBoolean(drive) ? "True" : "",
            UserData = Text(asked, "user_data"),
            DiskConfig = Text(asked, "OS-DCF:diskConfig") ?? "MANUAL",
            AccessIPv4 = Text(asked, "accessIPv4") ?? "",
            AccessIPv6 = Text(asked, "accessIPv6") ?? "",
        };
        if (asked.TryGetValue("metadata", out var metadata))
            server = server.WithMetadata(BodySchema.ReadMetadata(metadata));
        if (asked.TryGetValue("tags", out var tags))
            server = server.WithTags([.. tags.EnumerateArray().Select(tag => tag.GetString()!).Distinct(StringComparer.Ordinal)]);

        server = session.Servers.Insert(server);
        var action = session.Actions.Start(server.Id, InstanceActionNames.Create, request.RequestId, request.Caller.UserId, server.ProjectId);
        runner.Start(session, new Operation { Kind = BuildWorkflow.Name, ServerId = server.Id, ActionId = action });
        return server;
    }

    private static ApiAnswer Answer(ApiRequest request, IReadOnlyDictionary<string, JsonElement> asked, Server server)
    {
        if (asked.TryGetValue("return_reservation_id", out var wanted) && BodySchema.ReadBoolean(wanted))
            return new ApiAnswer(202, new JsonObject { ["reservation_id"] = server.ReservationId });
        var groups = asked.TryGetValue("security_groups", out var sent)
            ? JsonNode.Parse(sent.GetRawText())
            : new JsonArray(new JsonObject { ["name"] = "default" });
        return new ApiAnswer(202, new JsonObject
        {
            ["server"] = new JsonObject
            {
                ["id"] = server.Id,
                ["links"] = Links.Of(request, "servers", server.Id),
                ["OS-DCF:diskConfig"] = server.DiskConfig,
                ["security_groups"] = groups,
                ["adminPass"] = Text(asked, "adminPass") ?? RandomNumberGenerator.GetString(PasswordLetters, PasswordLength),
            },
        })
        {
            Location = Links.Self(request, "servers", server.Id),
        };
    }

    /// <summary>A server boots from an image copied to its host; there are no volumes to boot from.</summary>
    private static ApiAnswer? CheckDisks(IReadOnlyDictionary<string, JsonElement> asked, out string imageRef)
    {
        imageRef = Text(asked, "imageRef") ?? "";
        if (asked.TryGetValue("block_device_mapping_v2", out var disks))
        {
            foreach (var disk in disks.EnumerateArray())
            {
                var members = disk.ValueKind == JsonValueKind.Object ? Members.Of(disk) : [];
                if (Text(members, "source_type") != "image" || Text(members, "destination_type") != "local")
                    return ApiAnswer.BadRequest("Block Device Mapping is Invalid: this service offers no volumes.");
                if (imageRef.Length == 0)
                    imageRef = Text(members, "uuid") ?? "";
            }
        }

        if (imageRef.Length == 0)
            return ApiAnswer.BadRequest("Invalid imageRef provided.");
        imageRef = imageRef[(imageRef.LastIndexOf('/') + 1)..];
        return Guid.TryParse(imageRef, out _) ? null : ApiAnswer.BadRequest("Invalid imageRef provided.");
    }

    /// <summary>Where the server shall run: a zone for everybody, a host (<c>zone:host</c> or, from 2.74, <c>host</c>) for administrators.</summary>
    private static ApiAnswer? CheckPlacement(ApiRequest request, IReadOnlyDictionary<string, JsonElement> asked, out string? zone, out string? host)
    {
        var parts = Text(asked, "availability_zone")?.Split(':') ?? [];
        zone = parts is [{ Length: > 0 } named, ..] ? named : null;
        host = parts.Skip(1).FirstOrDefault(part => part.Length > 0);
        if (parts.Length > 3)
            return ApiAnswer.BadRequest("Invalid availability_zone: expected `zone`, `zone:host` or `zone:host:node`.");
        if (host is not null && !request.Caller.IsAdmin)
            return ApiAnswer.Forbidden("os_compute_api:servers:create:forced_host");
        if (zone is not null && zone != HostEndpoints.Zone)
            return ApiAnswer.BadRequest("The requested availability zone is not available");
        if ((Text(asked, "host") ?? Text(asked, "hypervisor_hostname")) is { } destination)
        {
            if (!request.Caller.IsAdmin)
                return ApiAnswer.Forbidden("compute:servers:create:requested_destination");
            if (host is not null)
                return ApiAnswer.BadRequest("One mechanism with host and/or hypervisor_hostname and another mechanism with zone:host:node are mutually exclusive.");
            host = destination;
        }

        return null;
    }

    private static List<Field> Fields(ApiRequest request)
    {
        var version = request.Version;
        List<Field> fields =
        [
            new("name", BodySchema.Name(trims: request.IsLegacy), Required: true),
            new("flavorRef", FlavorRef, Required: true),
            new("imageRef", BodySchema.Text),
            new("adminPass", BodySchema.Text),
            new("metadata", MetadataWithinLimit),
            new("networks", value => Networks(value, version), Required: version.AtLeast(37)),
            new("OS-DCF:diskConfig", BodySchema.OneOf("AUTO", "MANUAL")),
            new("accessIPv4", BodySchema.Text(0, 64)),
            new("accessIPv6", BodySchema.Text(0, 64)),
            new("availability_zone", BodySchema.Text(1, 255)),
            new("block_device_mapping_v2", Array),
            new("config_drive", BodySchema.OrNull(value => BodySchema.Boolean(value) is { } reason && value.ValueKind != JsonValueKind.String ? reason : null)),
            new("key_name", BodySchema.OrNull(BodySchema.Text(1, 255))),
            new("min_count", BodySchema.Count(1)),
            new("max_count", BodySchema.Count(1)),
            new("return_reservation_id", BodySchema.Boolean),
            new("security_groups", Array),
            new("user_data", BodySchema.OrNull(Base64)),
        ];
        if (!version.AtLeast(57))
            fields.Add(new("personality", Array));
        if (version.AtLeast(19))
            fields.Add(new("description", BodySchema.OrNull(BodySchema.Text(0, 255))));
        if (version.AtLeast(52))
            fields.Add(new("tags", Tags));
        if (version.AtLeast(63))
            fields.Add(new("trusted_image_certificates", BodySchema.OrNull(Array)));
        if (version.AtLeast(74))
        {
            fields.Add(new("host", BodySchema.HostOrNull));
            fields.Add(new("hypervisor_hostname", BodySchema.HostOrNull));
        }

        if (version.AtLeast(90))
            fields.Add(new("hostname", BodySchema.Text(2, 63)));
        return fields;
    }

    private static string? FlavorRef(JsonElement value) =>
        value.ValueKind is JsonValueKind.String or JsonValueKind.Number ? null : BodySchema.NotOfType(value, "string', 'integer");

    private static string? Array(JsonElement value) => value.ValueKind == JsonValueKind.Array ? null : BodySchema.NotOfType(value, "array");

    private static string? MetadataWithinLimit(JsonElement value) =>
        BodySchema.Metadata(value)
        ?? (Members.Of(value).Count > LimitEndpoints.MetadataItems ? $"{PythonText.Repr(value)} has too many properties" : null);

    /// <summary>There is no network service: a server may ask for none, or leave it to a cloud that has none to give.</summary>
    private static string? Networks(JsonElement value, Microversion version)
    {
        if (value.ValueKind == JsonValueKind.String && version.AtLeast(37))
            return BodySchema.OneOf("none", "auto")(value);
        return Array(value) ?? (value.GetArrayLength() == 0 ? null : $"{PythonText.Repr(value)} is too long: this service offers no networks");
    }

    private static string? Base64(JsonElement value) =>
        BodySchema.Text(0, 65535)(value)
        ?? (Convert.TryFromBase64String(value.GetString()!, new byte[value.GetString()!.Length], out _) ? null : $"{PythonText.Repr(value)} is not a 'base64'");

    private static string? Tags(JsonElement value)
    {
        if (Array(value) is { } reason)
            return reason;
        if (value.GetArrayLength() > 50)
            return $"{PythonText.Repr(value)} is too long";
        foreach (var tag in value.EnumerateArray())
        {
            if (BodySchema.Text(1, 60)(tag) is { } wrong)
                return wrong;
            if (tag.GetString()!.AsSpan().ContainsAny(',', '/'))
                return $"{PythonText.Repr(tag)} does not match '^[^,/]*$'";
        }

        return null;
    }

    private static string HostnameOf(Server server)
    {
        var letters = server.Name.ToLowerInvariant().Replace(' ', '-').Replace('_', '-').Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.');
        var name = new string([.. letters]).Trim('-', '.');
        return name.Length == 0 ? "Server-" + server.Id : name[..Math.Min(63, name.Length)];
    }

    private static string? Text(IReadOnlyDictionary<string, JsonElement> members, string name) =>
        members.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
