namespace Gateway.Compute.Operations;

/// <summary>Every kind of work this service does, by the name stored with it.</summary>
internal static class Workflows
{
    private static readonly IReadOnlyDictionary<string, Workflow> ByKind = new Workflow[]
    {
        new BuildWorkflow(),
        new DeleteWorkflow(),
        new BackupWorkflow(),
        new ColdMigrationWorkflow(),
        new ConfirmResizeWorkflow(),
        new RevertResizeWorkflow(),
        new LiveMigrationWorkflow(),
    }.Concat(PowerWorkflow.All).ToDictionary(workflow => workflow.Kind, StringComparer.Ordinal);

    public static Workflow? Find(string kind) => ByKind.GetValueOrDefault(kind);
}
