using System.CommandLine;
using System.Text.Json.Nodes;
using Gateway.Policy;
using Gateway.Policy.Analysis;

namespace Gateway.Cli;

/// <summary><c>gatewayctl policy upgrade</c>: tells what changes for a cloud's overrides when the release beneath them does.</summary>
internal static class PolicyUpgradeCommand
{
    public static Command Create(Terminal terminal)
    {
        var files = new Argument<string[]>("files") { Description = "The cloud's overrides. Without any: policies/policy.yaml.", Arity = ArgumentArity.ZeroOrMore };
        var from = new Option<string>("--from") { Description = $"The release in force: {string.Join(", ", ReleaseDefaults.Names)}.", HelpName = "RELEASE", Required = true };
        var to = new Option<string>("--to") { Description = "The release to come.", HelpName = "RELEASE", Required = true };
        var allowWidening = PolicyDiffCommand.AllowWideningOption();
        var format = PolicyReportFormatOption.Create(PolicyReportFormat.Pretty, PolicyReportFormat.Json);
        var command = new Command("upgrade", "Tell what a new release's defaults change under your overrides.") { files, from, to, allowWidening, format };
        command.SetAction(parsed => PolicyPlaces.Run(terminal, () =>
        {
            var paths = PolicyPlaces.Files(terminal, parsed.GetValue(files)).Select(terminal.Resolve).ToList();
            var options = new PolicyOptions { FurtherFiles = [.. paths.Where(path => !Directory.Exists(path))], PolicyDirectories = [.. paths.Where(Directory.Exists)] };
            var (report, findings) = PolicyUpgrade.Compare(options, parsed.GetRequiredValue(from), parsed.GetRequiredValue(to));
            if (report is null) throw new CommandFault(ExitCode.Usage, [.. findings.Select(finding => terminal.Shown(finding.ToString()))]);
            Write(terminal, parsed.GetValue(format), report);
            var code = PolicyDiffCommand.ExitCodeOf(report.Changes, parsed.GetValue(allowWidening));
            return code != ExitCode.Ok || report.Overrides.All(change => change.Fate != OverrideFate.Gone) ? code : ExitCode.Failed;
        }));
        return command;
    }

    private static void Write(Terminal terminal, PolicyReportFormat format, UpgradeReport report)
    {
        if (format == PolicyReportFormat.Json)
        {
            foreach (var change in report.Overrides) terminal.Out.WriteJson(Json(terminal, change));
            PolicyDiffCommand.Write(terminal, format, report.Changes, "");
            foreach (var change in report.New) terminal.Out.WriteJson(new JsonObject { ["action"] = change.Action, ["change"] = "new", ["after"] = change.After });
            foreach (var action in report.Removed) terminal.Out.WriteJson(new JsonObject { ["action"] = action, ["change"] = "removed" });
            return;
        }
        foreach (var change in report.Overrides.Where(change => change.Fate != OverrideFate.Unaffected)) terminal.Out.WriteLine(terminal.Shown($"{change.File}:{change.Line}: {Sentence(change)}"));
        PolicyDiffCommand.Write(terminal, format, report.Changes, "");
        foreach (var change in report.New) terminal.Out.WriteLine(Printable.Of($"NEW      {change.Action}  {change.After}"));
        foreach (var action in report.Removed) terminal.Out.WriteLine(Printable.Of($"REMOVED  {action}"));
        terminal.Out.WriteLine($"{PolicyDiffCommand.Summary([.. report.Changes])}; {report.New.Count} new, {report.Removed.Count} removed; of {report.Overrides.Count} overrides {Count(report, OverrideFate.Gone)} gone, {Count(report, OverrideFate.Redundant)} redundant, {Count(report, OverrideFate.HidesChangedDefault)} over a changed default");
    }

    private static int Count(UpgradeReport report, OverrideFate fate) => report.Overrides.Count(change => change.Fate == fate);

    private static string Sentence(OverrideChange change) => change.Fate switch
    {
        OverrideFate.Gone => $"rule `{change.Name}` is gone from the new release, which would refuse the file; remove it",
        OverrideFate.Redundant => $"rule `{change.Name}` means the same as the new default `{change.NewDefault}`; remove it",
        _ => $"rule `{change.Name}` stays `{change.Check}` and hides that the default changed: {(change.Default is null ? "new" : $"`{change.Default}`")} → `{change.NewDefault}`; decide whether it is still wanted",
    };

    private static JsonObject Json(Terminal terminal, OverrideChange change) => new()
    {
        ["override"] = change.Name,
        ["file"] = terminal.Shown(change.File),
        ["line"] = change.Line,
        ["check"] = change.Check,
        ["fate"] = change.Fate switch
        {
            OverrideFate.Gone => "gone",
            OverrideFate.Redundant => "redundant",
            OverrideFate.HidesChangedDefault => "hides_changed_default",
            _ => "unaffected",
        },
        ["default"] = change.Default,
        ["new_default"] = change.NewDefault,
    };
}
