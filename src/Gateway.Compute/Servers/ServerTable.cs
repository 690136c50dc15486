using Dapper;
using Gateway.Compute.Storage;
using Microsoft.Data.Sqlite;

namespace Gateway.Compute.Servers;

internal sealed class ServerTable(SqliteConnection connection, TimeProvider clock)
{
    private static readonly string[] Columns =
        [.. typeof(Server).GetProperties()
            .Where(property => property.CanWrite && property.Name != nameof(Server.Number))
            .Select(property => property.Name)];

    private static readonly string InsertSql =
        $"insert into Servers ({string.Join(", ", Columns)}) values ({string.Join(", ", Columns.Select(c => "@" + c))})";

    private static readonly string UpdateSql =
        $"update Servers set {string.Join(", ", Columns.Where(c => c != nameof(Server.Id)).Select(c => $"{c} = @{c}"))} where Id = @Id";

    /// <summary>Ids are compared as text, as Nova's database does: another spelling of a UUID is another id.</summary>
    public Server? Find(string id) =>
        connection.QuerySingleOrDefault<Server>("select * from Servers where Id = @id and Deleted = 0", new { id });

    public Server? FindEvenDeleted(string id) => connection.QuerySingleOrDefault<Server>("select * from Servers where Id = @id", new { id });

    /// <summary>Newest first, as every list of servers is.</summary>
    public List<Server> List(string? projectId, bool? deleted) =>
        connection.Query<Server>(
            """
            select * from Servers
            where (@projectId is null or ProjectId = @projectId) and (@deleted is null or Deleted = @deleted)
            order by CreatedAt desc, Number desc
            """,
            new { projectId, deleted }).AsList();

    public List<Server> OnHost(string host) =>
        connection.Query<Server>("select * from Servers where Host = @host and Deleted = 0 order by Number", new { host }).AsList();

    public Server Insert(Server server)
    {
        var now = IsoTime.Text(clock.GetUtcNow());
        var stored = server with { CreatedAt = now, UpdatedAt = now };
        connection.Execute(InsertSql, stored);
        return stored with { Number = connection.ExecuteScalar<long>("select last_insert_rowid()") };
    }

    public Server Update(Server server)
    {
        var stored = server with { UpdatedAt = IsoTime.Text(clock.GetUtcNow()) };
        connection.Execute(UpdateSql, stored);
        return stored;
    }
}
