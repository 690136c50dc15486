using System.Text.Json.Nodes;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>One call with a canary in every secret-named member of its body.</summary>
internal sealed record CanaryCall(string Operation, string Method, string Target, string Version, string Body)
{
    public RawRequest As(string token) =>
        (RawRequest.Action(token, Body) with { Method = Method, Target = Target }).With($"OpenStack-API-Version: compute {Version}");
}

/// <summary>
/// Bodies for every operation of the catalogue that takes one: with every member that its schema, or Nova's, knows, and with members that it does not.
/// </summary>
internal static class CanaryBodies
{
    /// <summary>Above the newest version in which the catalogue has an operation.</summary>
    public const string Newest = "2.100";

    /// <summary>The members that are secret by their name, as an operator reads <c>config/audit.yaml</c>; not asked of the program.</summary>
    private static readonly string[] Secrets =
    [
        "password", "admin_password", "adminPass", "Admin-Pass", "os_password", "passwd", "pwd", "pass", "passphrase", "secret", "client_secret", "secretKey", "token", "auth_token",
        "X-Auth-Token", "credential", "credentials", "private_key", "privateKey", "api_key", "access_key", "authorization", "auth", "cookie", "user_data", "userData",
    ];

    /// <summary>Those that hold what is the user's own.</summary>
    private static readonly string[] Private = ["metadata", "meta", "personality", "contents"];

    /// <summary>What Nova's schemas know of the operations for which the catalogue has none. <c>CANARY</c> stands where a secret does.</summary>
    private static readonly Dictionary<string, string> OfNova = new(StringComparer.Ordinal)
    {
        ["servers:create"] = """
            {"server": {"name": "web", "imageRef": "70a599e0-31e7-49b7-b260-868f441e862b", "flavorRef": "1", "adminPass": "CANARY", "metadata": {"a": "CANARY", "b": "CANARY"},
            "networks": [{"uuid": "70a599e0-31e7-49b7-b260-868f441e862b", "fixed_ip": "192.0.2.1", "port": "p", "tag": "t"}], "OS-DCF:diskConfig": "AUTO", "accessIPv4": "192.0.2.1", "accessIPv6": "2001:db8::1",
            "personality": [{"path": "/etc/x", "contents": "CANARY"}], "availability_zone": "nova", "block_device_mapping": [{"virtual_name": "v", "volume_id": "v", "delete_on_termination": true}],
            "block_device_mapping_v2": [{"uuid": "u", "source_type": "image", "destination_type": "volume", "boot_index": 0, "volume_size": 1, "tag": "t", "volume_type": "fast"}], "config_drive": true,
            "key_name": "k", "min_count": 1, "max_count": 1, "return_reservation_id": true, "security_groups": [{"name": "default"}], "user_data": "CANARY", "description": "d", "hostname": "h", "host": "h",
            "hypervisor_hostname": "h", "tags": ["t"], "trusted_image_certificates": ["c"]}, "os:scheduler_hints": {"group": "g", "query": "q"}}
            """,
        ["servers:update"] = """{"server": {"name": "web", "OS-DCF:diskConfig": "AUTO", "accessIPv4": "192.0.2.1", "accessIPv6": "2001:db8::1", "description": "d", "hostname": "h"}}""",
        ["servers:metadata:create"] = """{"metadata": {"a": "CANARY", "b": "CANARY"}}""",
        ["servers:metadata:update_all"] = """{"metadata": {"a": "CANARY"}}""",
        ["servers:metadata:update"] = """{"meta": {"a": "CANARY"}}""",
        ["servers:interfaces:create"] = """{"interfaceAttachment": {"net_id": "n", "port_id": "p", "fixed_ips": [{"ip_address": "192.0.2.1"}], "tag": "t"}}""",
        ["servers:volume-attachments:create"] = """{"volumeAttachment": {"volumeId": "v", "device": "/dev/vdb", "tag": "t", "delete_on_termination": true}}""",
        ["servers:volume-attachments:update"] = """{"volumeAttachment": {"id": "i", "serverId": "s", "volumeId": "v", "device": "/dev/vdb", "tag": "t", "delete_on_termination": true}}""",
        ["servers:remote-consoles:create"] = """{"remote_console": {"protocol": "vnc", "type": "novnc"}}""",
        ["servers:consoles:create"] = "{}",
        ["servers:shares:create"] = """{"share": {"share_id": "s", "tag": "t"}}""",
        ["servers:tags:update_all"] = """{"tags": ["a", "b"]}""",
        ["servers:tags:update"] = "{}",
        ["flavors:create"] = """{"flavor": {"name": "f", "id": "i", "ram": 1, "vcpus": 1, "disk": 1, "OS-FLV-EXT-DATA:ephemeral": 1, "swap": 1, "rxtx_factor": 1.0, "os-flavor-access:is_public": true, "description": "d"}}""",
        ["flavors:update"] = """{"flavor": {"description": "d"}}""",
        ["flavors:extra-specs:create"] = """{"extra_specs": {"hw:cpu_policy": "dedicated"}}""",
        ["flavors:extra-specs:update"] = """{"hw:cpu_policy": "dedicated"}""",
        ["keypairs:create"] = """{"keypair": {"name": "k", "type": "ssh", "public_key": "ssh-ed25519 AAAA", "user_id": "u"}}""",
        ["aggregates:create"] = """{"aggregate": {"name": "a", "availability_zone": "nova"}}""",
        ["aggregates:update"] = """{"aggregate": {"name": "a", "availability_zone": "nova"}}""",
        ["aggregates:images:cache"] = """{"cache": [{"id": "70a599e0-31e7-49b7-b260-868f441e862b"}]}""",
        ["hosts:update"] = """{"status": "enable", "maintenance_mode": "enable"}""",
        ["quota-classes:update"] = """{"quota_class_set": {"instances": 1, "cores": 1, "ram": 1, "metadata_items": 1, "key_pairs": 1, "server_groups": 1}}""",
        ["quotas:update"] = """{"quota_set": {"instances": 1, "cores": 1, "ram": 1, "key_pairs": 1, "force": true}}""",
        ["server-groups:create"] = """{"server_group": {"name": "g", "policy": "anti-affinity", "rules": {"max_server_per_host": 1}}}""",
        ["services:enable"] = """{"host": "h", "binary": "nova-compute"}""",
        ["services:disable"] = """{"host": "h", "binary": "nova-compute"}""",
        ["services:disable-log-reason"] = """{"host": "h", "binary": "nova-compute", "disabled_reason": "r"}""",
        ["services:force-down"] = """{"host": "h", "binary": "nova-compute", "forced_down": true}""",
        ["services:update"] = """{"status": "disabled", "disabled_reason": "r", "forced_down": true}""",
        ["agents:create"] = """{"agent": {"hypervisor": "h", "os": "o", "architecture": "a", "version": "1", "md5hash": "m", "url": "http://agents.example/?token=CANARY"}}""",
        ["agents:update"] = """{"para": {"version": "1", "md5hash": "m", "url": "http://me:CANARY@agents.example/"}}""",
        ["external-events:create"] = """{"events": [{"name": "network-changed", "server_uuid": "70a599e0-31e7-49b7-b260-868f441e862b", "status": "completed", "tag": "t"}]}""",
        ["assisted-volume-snapshots:create"] = """{"snapshot": {"volume_id": "v", "create_info": {"snapshot_id": "s", "type": "qcow2", "new_file": "f", "id": "i"}}}""",
        ["floating-ips:create"] = """{"pool": "public"}""",
        ["networks:create"] = """{"network": {"label": "l", "cidr": "192.0.2.0/24", "bridge": "b", "dns1": "192.0.2.1", "multi_host": true, "project_id": "p"}}""",
        ["networks:add"] = """{"id": "n"}""",
        ["security-group-default-rules:create"] = """{"security_group_default_rule": {"ip_protocol": "TCP", "from_port": 1, "to_port": 2, "cidr": "192.0.2.0/24"}}""",
        ["security-group-rules:create"] = """{"security_group_rule": {"ip_protocol": "TCP", "from_port": 1, "to_port": 2, "cidr": "192.0.2.0/24", "parent_group_id": "g", "group_id": "g"}}""",
        ["security-groups:create"] = """{"security_group": {"name": "g", "description": "d"}}""",
        ["security-groups:update"] = """{"security_group": {"name": "g", "description": "d"}}""",
        ["snapshots:create"] = """{"snapshot": {"volume_id": "v", "display_name": "n", "display_description": "d", "force": true}}""",
        ["tenant-networks:create"] = """{"network": {"label": "l", "cidr": "192.0.2.0/24"}}""",
        ["volumes:create"] = """{"volume": {"display_name": "n", "display_description": "d", "size": 1, "volume_type": "t", "metadata": {"a": "CANARY"}, "snapshot_id": "s", "availability_zone": "nova"}}""",
    };

    /// <param name="canary">What stands in the place of each secret.</param>
    public static IEnumerable<CanaryCall> All(string canary) => Directory.GetFiles(Path.Combine(Repository.Root, "config/api"), "*.json").SelectMany(file =>
    {
        var catalogue = JsonNode.Parse(File.ReadAllText(file))!;
        return catalogue["operations"]!.AsArray().Where(operation => operation!["body"] is not null).SelectMany(operation => Of(operation!, catalogue["types"], canary));
    });

    private static IEnumerable<CanaryCall> Of(JsonNode operation, JsonNode? types, string canary)
    {
        var name = (string)operation["name"]!;
        var call = new CanaryCall(name, (string)operation["method"]!, "/v2.1" + Filled((string)operation["path"]!), (string?)operation["to"] ?? Newest, "");
        if (operation["actions"] is { } actions)
        {
            foreach (var action in actions.AsArray())
            {
                var key = (string)action!["key"]!;
                foreach (var body in action["body"]!.AsArray())
                {
                    var version = (string?)body!["to"] ?? (string?)action["to"] ?? call.Version;
                    var known = Sample(body["schema"]!, types, isSecret: false, canary);
                    foreach (var variant in Variants(known, canary))
                        yield return call with { Operation = key, Version = version, Body = new JsonObject { [key] = variant }.ToJsonString() };
                }
            }

            yield break;
        }

        Assert.True(OfNova.TryGetValue(name, out var text), $"the catalogue's `{name}` takes a body: write what Nova's schema knows of it here");
        foreach (var variant in Variants(JsonNode.Parse(text.Replace("CANARY", canary, StringComparison.Ordinal))!, canary))
            yield return call with { Body = variant!.ToJsonString() };
    }

    /// <summary>The body as it is, with secrets that are no plain text, and with unknown members in each object that it has.</summary>
    private static IEnumerable<JsonNode?> Variants(JsonNode? body, string canary)
    {
        yield return body?.DeepClone();
        if (body is not null && body.ToJsonString().Contains(canary, StringComparison.Ordinal))
            yield return JsonNode.Parse(body.ToJsonString().Replace($"\"{canary}\"", $$"""{"x": ["{{canary}}", {"y": "{{canary}}"}]}""", StringComparison.Ordinal));
        var extended = body is JsonObject ? body.DeepClone() : new JsonObject();
        foreach (var place in Objects(extended).ToArray())
        {
            foreach (var secret in Secrets) place.TryAdd(secret, canary);
            foreach (var own in Private) place.TryAdd(own, new JsonObject { ["k"] = canary });
            place.TryAdd("unknown", new JsonObject { ["password"] = canary, ["list"] = new JsonArray(new JsonObject { ["auth_token"] = canary }) });
            place.TryAdd("unknown_url", $"https://store.example/x?X-Amz-Signature={canary}");
        }

        yield return extended;
    }

    private static IEnumerable<JsonObject> Objects(JsonNode? node)
    {
        if (node is JsonObject self) yield return self;
        var below = node switch
        {
            JsonObject parent => parent.Select(member => member.Value),
            JsonArray list => list,
            _ => [],
        };
        foreach (var found in below.SelectMany(Objects)) yield return found;
    }

    /// <summary>A value that a schema accepts, or nearly; with every member that it knows.</summary>
    private static JsonNode? Sample(JsonNode schema, JsonNode? types, bool isSecret, string canary)
    {
        if (schema is not JsonObject) return null;
        if (schema["$ref"] is { } reference) return Sample(types![((string)reference!).Split('/')[^1]]!, types, isSecret, canary);
        foreach (var choice in new[] { "oneOf", "anyOf", "allOf" })
            if (schema[choice] is { } choices && schema["type"] is null) return Sample(choices[0]!, types, isSecret, canary);
        if (schema["enum"] is { } values) return values[0]?.DeepClone();
        var type = schema["type"] is JsonArray several ? (string?)several[0] : (string?)schema["type"];
        switch (type)
        {
            case "object":
                var made = new JsonObject();
                foreach (var (name, value) in schema["properties"]?.AsObject() ?? []) made[name] = Sample(value!, types, isSecret || Secrets.Concat(Private).Contains(name, StringComparer.Ordinal), canary);
                foreach (var (_, value) in schema["patternProperties"]?.AsObject() ?? []) made["k"] = Sample(value!, types, isSecret, canary);
                return made;
            case "array":
                return schema["items"] is { } items ? new JsonArray(Sample(items, types, isSecret, canary)) : [];
            case "integer" or "number":
                return (int?)schema["minimum"] ?? 1;
            case "boolean":
                return true;
            case "null":
                return null;
            default:
                return isSecret ? canary : (string?)schema["format"] switch
                {
                    "uuid" => "70a599e0-31e7-49b7-b260-868f441e862b",
                    "ipv4" => "192.0.2.1",
                    "ipv6" => "2001:db8::1",
                    _ => "abc",
                };
        }
    }

    private static string Filled(string path) => string.Join('/', path.Split('/').Select(part => part switch
    {
        "{server_id}" => RecordingBackend.ServerId,
        "{tenant_id}" => People.DemoProject,
        _ => part.StartsWith('{') ? "7" : part,
    }));
}
