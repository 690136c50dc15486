using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Compute.Api;
using Gateway.Compute.Cloud;
using Gateway.Compute.Images;
using Gateway.Compute.Operations;
using Gateway.Compute.Servers;

namespace Gateway.Compute.Actions;

/// <summary>createBackup. The lock does not matter: a backup changes nothing of the server.</summary>
internal sealed class BackupAction(OperationRunner runner)
{
    private static readonly string[] VmStatesAllowed = [VmStates.Active, VmStates.Stopped, VmStates.Paused, VmStates.Suspended];

    public ActionPlan Plan(ApiRequest request, JsonElement value)
    {
        Field[] fields =
        [
            new("name", BodySchema.Name(trims: request.IsLegacy), Required: true),
            new("backup_type", BodySchema.Text, Required: true),
            new("rotation", BodySchema.Count(0), Required: true),
            new("metadata", BodySchema.Metadata),
        ];
        if (BodySchema.CheckObject("createBackup", value, fields, request.IsLegacy, out var members) is { } wrong)
            return ActionPlan.Refuse(ApiAnswer.BadRequest(wrong));

        var name = members["name"].GetString()!.Trim();
        var backupType = members["backup_type"].GetString()!;
        var rotation = BodySchema.ReadCount(members["rotation"]);
        var metadata = members.TryGetValue("metadata", out var sent) ? BodySchema.ReadMetadata(sent) : [];
        return ActionPlan.Do((session, server) =>
        {
            if (metadata.Count > LimitEndpoints.MetadataItems && !request.Version.AtLeast(39))
                return ApiAnswer.Fault(403, "Image metadata limit exceeded");
            if (StateGuard.CheckState("createBackup", server, VmStatesAllowed) is { } conflict)
                return conflict;

            var image = session.Images.Insert(NewImage(request, server, name, backupType, metadata));
            session.Servers.Update(server with { TaskState = TaskStates.ImageBackup });
            var action = session.Actions.Start(
                server.Id, InstanceActionNames.Backup, request.RequestId, request.Caller.UserId, request.Caller.ProjectId ?? server.ProjectId);
            runner.Start(session, new Operation
            {
                Kind = BackupWorkflow.Name,
                ServerId = server.Id,
                ActionId = action,
                ImageId = image.Id,
                ParametersJson = JsonSerializer.Serialize(new OperationParameters { BackupType = backupType, Rotation = rotation }),
            });
            return Answer(request, image.Id, rotation);
        });
    }

    /// <summary>
    /// The image is there, queued, before the answer. What rotation goes by (image_type, backup_type, instance_uuid) and whose
    /// image it is cannot be overwritten by the caller's metadata; in Nova some of it can, which lets a caller hide a backup from
    /// rotation or have another server's rotated away.
    /// </summary>
    private static Image NewImage(ApiRequest request, Server server, string name, string backupType, Dictionary<string, string> metadata)
    {
        var ownProject = request.Caller.ProjectId == server.ProjectId;
        var properties = new Dictionary<string, string>(metadata, StringComparer.Ordinal)
        {
            ["instance_uuid"] = server.Id,
            ["user_id"] = request.Caller.UserId,
            ["image_type"] = "backup",
            ["backup_type"] = backupType,
            ["base_image_ref"] = server.ImageId,
            ["boot_roles"] = string.Join(',', request.Caller.Roles),
        };
        if (!ownProject)
            properties["instance_owner"] = server.ProjectId;
        return new Image
        {
            Id = Guid.NewGuid().ToString(),
            Name = name,
            Status = "queued",
            Visibility = ownProject ? "private" : "shared",
            Owner = request.Caller.ProjectId ?? server.ProjectId,
            DiskFormat = "qcow2",
            ContainerFormat = "bare",
            MinDisk = FlavorCatalog.Get(server.FlavorId).DiskGigabytes,
            PropertiesJson = JsonSerializer.Serialize(properties),
        };
    }

    /// <summary>The image's id: below 2.45 in Location, as the address of the image by way of the compute API; from then on in the body.</summary>
    private static ApiAnswer Answer(ApiRequest request, string imageId, int rotation)
    {
        if (request.Version.AtLeast(45))
            return new ApiAnswer(202, new JsonObject { ["image_id"] = imageId });
        return new ApiAnswer(202)
        {
            ContentType = "text/html; charset=UTF-8",
            Location = rotation > 0 ? $"{Links.VersionUrl(request)}/images/{imageId}" : null,
        };
    }
}
