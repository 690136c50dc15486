using System.CommandLine;
using System.Text.Json.Nodes;
using Gateway.Policy;
using Gateway.Policy.Linting;
using Gateway.Policy.Testing;

namespace Gateway.Cli;

/// <summary><c>gatewayctl policy lint</c>: says everything there is to say about policy files before they are in force.</summary>
internal static class PolicyLintCommand
{
    public static Command Create(Terminal terminal)
    {
        var files = new Argument<string[]>("files") { Description = "Policy files, and directories of them; later ones win. Without any: policies/policy.yaml.", Arity = ArgumentArity.ZeroOrMore };
        var personas = new Option<string?>("--personas") { Description = "The personas whose roles are known; policies/personas.yaml if it is there.", HelpName = "FILE" };
        var source = PolicySource.WithoutFiles(terminal);
        var format = PolicyReportFormatOption.Create(PolicyReportFormat.Pretty, PolicyReportFormat.Json, PolicyReportFormat.Sarif, PolicyReportFormat.Junit, PolicyReportFormat.Github);
        var command = new Command("lint", "Find what is wrong with rules, each with a code, a place and a remedy; see docs/policy.md.") { files, personas, format };
        source.AddTo(command);
        command.SetAction(parsed => PolicyPlaces.Run(terminal, () =>
        {
            var paths = PolicyPlaces.Files(terminal, parsed.GetValue(files));
            if (paths.Count == 0) throw new CommandFault(ExitCode.Usage, "there is no policies/policy.yaml here: name the files to lint");
            var options = source.Options(parsed, paths);
            var report = PolicyLinter.Lint(options, new LintOptions { PersonaRoles = Roles(terminal, parsed.GetValue(personas)) });
            Write(terminal, parsed.GetValue(format), report, PolicyPlaces.Describe(terminal, options));
            return report.Findings.Any(finding => finding.Code == "OP001") ? ExitCode.Usage : report.IsClean ? ExitCode.Ok : ExitCode.Failed;
        }));
        return command;
    }

    private static IReadOnlyCollection<string>? Roles(Terminal terminal, string? named)
    {
        var file = PolicyPlaces.Personas(terminal, named);
        return named is null && !File.Exists(file) ? null : [.. Persona.Read(file).SelectMany(persona => persona.Roles).Distinct(StringComparer.Ordinal)];
    }

    private static void Write(Terminal terminal, PolicyReportFormat format, LintReport report, string policy)
    {
        var lines = report.Findings.Select(finding => Line(terminal, finding)).ToList();
        switch (format)
        {
            case PolicyReportFormat.Json:
                foreach (var line in lines) terminal.Out.WriteJson(Json(line));
                foreach (var (finding, reason) in report.Suppressed)
                {
                    var json = Json(Line(terminal, finding));
                    json["suppressed"] = reason;
                    terminal.Out.WriteJson(json);
                }
                break;
            case PolicyReportFormat.Sarif:
                terminal.Out.WriteSarif(LintRules.All.Select(rule => (rule.Code, rule.Name, Level(rule.Severity), rule.Summary)), lines);
                break;
            case PolicyReportFormat.Junit:
                terminal.Out.WriteJunit("gatewayctl policy lint", lines.Count > 0 ? lines : [new PolicyReportLine(policy, 0, 0, null, "", "no findings", "")]);
                break;
            case PolicyReportFormat.Github:
                terminal.Out.WriteGithub(lines);
                break;
            default:
                foreach (var finding in report.Findings) terminal.Out.WriteLine(terminal.Shown(finding.ToString()));
                terminal.Out.WriteLine($"{policy}: {Count(report, Severity.Error, "error")}, {Count(report, Severity.Warning, "warning")}, {Count(report, Severity.Note, "note")}{(report.Suppressed.Count > 0 ? $", {report.Suppressed.Count} suppressed" : "")}");
                break;
        }
    }

    private static string Count(LintReport report, Severity severity, string word)
    {
        var count = report.Findings.Count(finding => finding.Severity == severity);
        return $"{count} {word}{(count == 1 ? "" : "s")}";
    }

    private static string Level(Severity severity) => severity.ToString().ToLowerInvariant();

    private static PolicyReportLine Line(Terminal terminal, PolicyFinding finding) => new(
        terminal.Shown(finding.File), finding.Line, finding.Column, Level(finding.Severity), finding.Code, LintRules.Find(finding.Code)!.Name, terminal.Shown(finding.Message));

    private static JsonObject Json(PolicyReportLine line) => new()
    {
        ["file"] = line.File,
        ["line"] = line.Line,
        ["column"] = line.Column,
        ["code"] = line.Code,
        ["name"] = line.Name,
        ["severity"] = line.Level,
        ["message"] = line.Message,
    };
}
