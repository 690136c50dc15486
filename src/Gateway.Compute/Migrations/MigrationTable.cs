using Dapper;
using Gateway.Compute.Storage;
using Microsoft.Data.Sqlite;

namespace Gateway.Compute.Migrations;

internal sealed class MigrationTable(SqliteConnection connection, TimeProvider clock)
{
    public Migration Insert(Migration migration)
    {
        var stored = migration with { CreatedAt = IsoTime.Text(clock.GetUtcNow()) };
        connection.Execute(
            """
            insert into Migrations (Uuid, ServerId, Type, Status, SourceHost, DestinationHost, FlavorId, UserId, ProjectId, CreatedAt)
            values (@Uuid, @ServerId, @Type, @Status, @SourceHost, @DestinationHost, @FlavorId, @UserId, @ProjectId, @CreatedAt)
            """,
            stored);
        return stored with { Id = connection.ExecuteScalar<long>("select last_insert_rowid()") };
    }

    public Migration Update(Migration migration)
    {
        var stored = migration with { UpdatedAt = IsoTime.Text(clock.GetUtcNow()) };
        connection.Execute(
            """
            update Migrations set Status = @Status, DestinationHost = @DestinationHost, MemoryTotal = @MemoryTotal,
                MemoryProcessed = @MemoryProcessed, MemoryRemaining = @MemoryRemaining, DiskTotal = @DiskTotal,
                DiskProcessed = @DiskProcessed, DiskRemaining = @DiskRemaining, UpdatedAt = @UpdatedAt
            where Id = @Id
            """,
            stored);
        return stored;
    }

    public Migration? Find(long id) => connection.QuerySingleOrDefault<Migration>("select * from Migrations where Id = @id", new { id });

    /// <summary>The move that waits to be confirmed or reverted.</summary>
    public Migration? Finished(string serverId) =>
        connection.QueryFirstOrDefault<Migration>(
            "select * from Migrations where ServerId = @serverId and Status = 'finished' order by Id desc limit 1", new { serverId });

    public List<Migration> List() => connection.Query<Migration>("select * from Migrations order by Id").AsList();

    public List<Migration> OfServer(string serverId) =>
        connection.Query<Migration>("select * from Migrations where ServerId = @serverId order by Id", new { serverId }).AsList();
}
