using Dapper;
using Gateway.Compute.Storage;
using Microsoft.Data.Sqlite;

namespace Gateway.Compute.Images;

internal sealed class ImageTable(SqliteConnection connection, TimeProvider clock)
{
    public Image? Find(string id) => connection.QuerySingleOrDefault<Image>("select * from Images where Id = @id", new { id });

    /// <summary>Newest first, as Glance lists by default.</summary>
    public List<Image> List() => connection.Query<Image>("select * from Images order by CreatedAt desc, rowid desc").AsList();

    public Image Insert(Image image)
    {
        var now = IsoTime.Text(clock.GetUtcNow());
        var stored = image with { CreatedAt = now, UpdatedAt = now };
        connection.Execute(
            """
            insert into Images (Id, Name, Status, Visibility, Owner, DiskFormat, ContainerFormat, Size, Checksum, MinDisk, MinRam,
                Protected, Hidden, PropertiesJson, CreatedAt, UpdatedAt)
            values (@Id, @Name, @Status, @Visibility, @Owner, @DiskFormat, @ContainerFormat, @Size, @Checksum, @MinDisk, @MinRam,
                @Protected, @Hidden, @PropertiesJson, @CreatedAt, @UpdatedAt)
            """,
            stored);
        return stored;
    }

    public void SetStatus(string id, string status, long? size) =>
        connection.Execute(
            "update Images set Status = @status, Size = coalesce(@size, Size), UpdatedAt = @now where Id = @id",
            new { id, status, size, now = IsoTime.Text(clock.GetUtcNow()) });

    public void Delete(string id) => connection.Execute("delete from Images where Id = @id", new { id });

    /// <summary>
    /// The backups that rotation counts, newest first: those whose properties name this server and this backup type,
    /// whatever their name, owner or status.
    /// </summary>
    public List<string> Backups(string serverId, string backupType) =>
        connection.Query<string>(
            """
            select Id from Images
            where json_extract(PropertiesJson, '$.image_type') = 'backup'
              and json_extract(PropertiesJson, '$.backup_type') = @backupType
              and json_extract(PropertiesJson, '$.instance_uuid') = @serverId
            order by CreatedAt desc, rowid desc
            """,
            new { serverId, backupType }).AsList();
}
