namespace Gateway.Compute.Actions;

/// <summary>What Nova calls actions in its records; not always the key of the request.</summary>
internal static class InstanceActionNames
{
    public const string Create = "create";
    public const string Delete = "delete";
    public const string Backup = "createBackup";
    public const string Migrate = "migrate";
    public const string LiveMigration = "live-migration";
    public const string ResetState = "resetState";
    public const string ConfirmResize = "confirmResize";
    public const string RevertResize = "revertResize";
    public const string Lock = "lock";
    public const string Unlock = "unlock";
}
