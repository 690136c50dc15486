using Dapper;
using Microsoft.Data.Sqlite;

namespace Gateway.Compute.Operations;

internal sealed class OperationTable(SqliteConnection connection, TimeProvider clock)
{
    public long NowMilliseconds => clock.GetUtcNow().ToUnixTimeMilliseconds();

    public void Insert(Operation operation) =>
        connection.Execute(
            """
            insert into Operations (Kind, ServerId, Step, DueAt, ActionId, MigrationId, ImageId, ParametersJson)
            values (@Kind, @ServerId, @Step, @DueAt, @ActionId, @MigrationId, @ImageId, @ParametersJson)
            """,
            operation);

    public Operation? NextDue() =>
        connection.QueryFirstOrDefault<Operation>(
            "select * from Operations where DueAt <= @NowMilliseconds order by DueAt, Id limit 1", new { NowMilliseconds });

    /// <summary>When the next step falls due, in unix milliseconds; null when nothing is under way.</summary>
    public long? NextDueAt() => connection.ExecuteScalar<long?>("select min(DueAt) from Operations");

    public void Update(Operation operation) =>
        connection.Execute(
            "update Operations set Step = @Step, DueAt = @DueAt, MigrationId = @MigrationId where Id = @Id", operation);

    public void Delete(long id) => connection.Execute("delete from Operations where Id = @id", new { id });

    public List<Operation> OfServer(string serverId) =>
        connection.Query<Operation>("select * from Operations where ServerId = @serverId order by Id", new { serverId }).AsList();
}
