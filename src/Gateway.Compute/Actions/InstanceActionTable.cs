using Dapper;
using Gateway.Compute.Storage;
using Microsoft.Data.Sqlite;

namespace Gateway.Compute.Actions;

internal sealed class InstanceActionTable(SqliteConnection connection, TimeProvider clock)
{
    private string Now => IsoTime.Text(clock.GetUtcNow());

    public long Start(string serverId, string name, string requestId, string userId, string projectId)
    {
        connection.Execute(
            """
            insert into InstanceActions (ServerId, Name, RequestId, UserId, ProjectId, StartTime, UpdatedAt)
            values (@serverId, @name, @requestId, @userId, @projectId, @Now, @Now)
            """,
            new { serverId, name, requestId, userId, projectId, Now });
        return connection.ExecuteScalar<long>("select last_insert_rowid()");
    }

    public void Fail(long actionId) =>
        connection.Execute("update InstanceActions set Message = 'Error', UpdatedAt = @Now where Id = @actionId", new { actionId, Now });

    public void StartEvent(long actionId, string name, string? host)
    {
        connection.Execute(
            "insert into InstanceEvents (ActionId, Name, StartTime, Host) values (@actionId, @name, @Now, @host)",
            new { actionId, name, host, Now });
        Touch(actionId);
    }

    public void FinishEvent(long actionId, string name)
    {
        connection.Execute(
            "update InstanceEvents set FinishTime = @Now, Result = 'Success' where ActionId = @actionId and Name = @name and FinishTime is null",
            new { actionId, name, Now });
        Touch(actionId);
    }

    /// <summary>Ends every event of the action that is still open, as failed.</summary>
    public void FailOpenEvents(long actionId, string details) =>
        connection.Execute(
            """
            update InstanceEvents set FinishTime = @Now, Result = 'Error', Traceback = @details, Details = @details
            where ActionId = @actionId and FinishTime is null
            """,
            new { actionId, details, Now });

    public List<InstanceAction> List(string serverId) =>
        connection.Query<InstanceAction>(
            "select * from InstanceActions where ServerId = @serverId order by StartTime desc, Id desc", new { serverId }).AsList();

    public InstanceAction? Find(string serverId, string requestId) =>
        connection.QueryFirstOrDefault<InstanceAction>(
            "select * from InstanceActions where ServerId = @serverId and RequestId = @requestId order by Id desc limit 1",
            new { serverId, requestId });

    public List<InstanceEvent> Events(long actionId) =>
        connection.Query<InstanceEvent>(
            "select * from InstanceEvents where ActionId = @actionId order by StartTime desc, Id desc", new { actionId }).AsList();

    private void Touch(long actionId) =>
        connection.Execute("update InstanceActions set UpdatedAt = @Now where Id = @actionId", new { actionId, Now });
}
