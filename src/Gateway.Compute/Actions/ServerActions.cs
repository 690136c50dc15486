using System.Text.Json;
using Gateway.Compute.Api;
using Gateway.Compute.Operations;
using Gateway.Compute.Servers;
using Gateway.Compute.Storage;

namespace Gateway.Compute.Actions;

/// <summary><c>POST /servers/{id}/action</c>: exactly one key, which says what to do.</summary>
internal sealed class ServerActions
{
    private readonly ComputeDatabase _database;
    private readonly OperationRunner _runner;
    private readonly Dictionary<string, ServerAction> _byKey;

    public ServerActions(ComputeDatabase database, OperationRunner runner, bool resetNetworkGone)
    {
        _database = database;
        _runner = runner;
        var backup = new BackupAction(runner);
        var migrations = new MigrationActions(runner);
        var power = new PowerActions(runner);
        ServerAction[] offered =
        [
            new("createBackup", backup.Plan),
            new("injectNetworkInfo", AdministrativeActions.InjectNetworkInfo),
            new("resetNetwork", resetNetworkGone ? AdministrativeActions.ResetNetworkGone : AdministrativeActions.ResetNetwork),
            new("os-resetState", AdministrativeActions.ResetState),
            new("migrate", migrations.Migrate),
            new("os-migrateLive", migrations.MigrateLive),
            new("confirmResize", migrations.ConfirmResize),
            new("revertResize", migrations.RevertResize),
            new("os-start", power.Start),
            new("os-stop", power.Stop),
            new("reboot", power.Reboot),
            new("pause", power.Pause),
            new("unpause", power.Unpause),
            new("suspend", power.Suspend),
            new("resume", power.Resume),
            new("lock", LockActions.Lock),
            new("unlock", LockActions.Unlock),
        ];
        _byKey = offered.Concat(NotOffered()).ToDictionary(action => action.Key, StringComparer.Ordinal);
    }

    public void AddTo(RouteTable routes) => routes.Add("POST", "/servers/{server_id}/action", Run);

    private ApiAnswer Run(ApiRequest request)
    {
        if (ReadKey(request.Body, out var key, out var value) is { } malformed)
            return malformed;
        if (!_byKey.TryGetValue(key, out var action))
            return ApiAnswer.BadRequest($"There is no such action: {key}");
        if (request.Version.Minor < action.FirstMinor || request.Version.Minor > action.LastMinor)
            return ApiAnswer.NotFound();

        var plan = action.Plan(request, value);
        if (plan.Refusal is { } refusal)
            return refusal;
        var answer = _database.Write(
            session => ServerAccess.Find(request, session) is { } server
                ? plan.Run!(session, server)
                : ApiAnswer.ServerNotFound(request.ServerId),
            answer => answer.Commits);
        _runner.Wake();
        return answer;
    }

    /// <summary>Nova takes the length of whatever the body is, so a list of one or a number is "not found", not "malformed".</summary>
    private static ApiAnswer? ReadKey(JsonElement body, out string key, out JsonElement value)
    {
        (key, value) = ("", default);
        switch (body.ValueKind)
        {
            case JsonValueKind.Object when Members.Of(body) is { Count: 1 } members:
                (key, value) = members.Single();
                return null;
            case JsonValueKind.Null or JsonValueKind.True or JsonValueKind.False or JsonValueKind.Number:
            case JsonValueKind.Array when body.GetArrayLength() == 1:
            case JsonValueKind.String when body.GetString()!.EnumerateRunes().Count() == 1:
                return ApiAnswer.NotFound();
            default:
                return ApiAnswer.BadRequest("Malformed request body");
        }
    }

    /// <summary>The rest of Nova's actions: known by name, done by no driver here.</summary>
    private static IEnumerable<ServerAction> NotOffered()
    {
        string[] always =
        [
            "addSecurityGroup", "removeSecurityGroup", "changePassword", "createImage", "evacuate", "forceDelete", "restore", "rescue",
            "unrescue", "rebuild", "resize", "shelve", "shelveOffload", "unshelve", "os-getConsoleOutput",
        ];
        string[] untilNetworks = ["addFixedIp", "removeFixedIp", "addFloatingIp", "removeFloatingIp"];
        string[] untilConsoles = ["os-getVNCConsole", "os-getSPICEConsole", "os-getRDPConsole", "os-getSerialConsole"];
        return always.Select(NotImplemented)
            .Concat(untilNetworks.Select(NotImplemented).Select(action => action with { LastMinor = 43 }))
            .Concat(untilConsoles.Select(NotImplemented).Select(action => action with { LastMinor = 5 }))
            .Append(NotImplemented("trigger_crash_dump") with { FirstMinor = 17 });
    }

    private static ServerAction NotImplemented(string key) => new(key, (_, _) => ActionPlan.Do((_, _) =>
        ApiAnswer.Fault(501, $"The requested functionality is not supported: the action '{key}' is not offered by this compute service.")));
}
