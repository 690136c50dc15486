using System.CommandLine;
using System.Text.Json.Nodes;
using Gateway.Policy;
using Gateway.Policy.Testing;

namespace Gateway.Cli;

/// <summary><c>gatewayctl policy test</c>: tries cases, personas × targets × actions, against a policy.</summary>
internal static class PolicyTestCommand
{
    public static Command Create(Terminal terminal)
    {
        var cases = new Argument<string[]>("cases") { Description = "Files of cases, and directories of them. Without any: policies/cases.", Arity = ArgumentArity.ZeroOrMore };
        var personas = PersonasOption();
        var mutate = new Option<bool>("--mutate") { Description = "Also change the rules in one place at a time, and show the changes that no case notices." };
        var matrix = new Option<bool>("--matrix") { Description = "Also print what every persona may do, for the actions that have cases; in the pretty format." };
        var format = PolicyReportFormatOption.Create(PolicyReportFormat.Pretty, PolicyReportFormat.Json, PolicyReportFormat.Junit, PolicyReportFormat.Github);
        var source = PolicySource.Create(terminal);
        var command = new Command("test", "Try cases against a policy: policies/policy.yaml unless --policy names another. Cases may name the defaults they are about.") { cases, personas, mutate, matrix, format };
        source.AddTo(command);
        command.SetAction(parsed => PolicyPlaces.Run(terminal, () =>
        {
            var known = Persona.Read(PolicyPlaces.Personas(terminal, parsed.GetValue(personas)));
            var files = CaseFiles(terminal, parsed.GetValue(cases)).Select(file => CaseFile.Read(file, known)).ToList();
            var options = source.Options(parsed, PolicyPlaces.Files(terminal, parsed.GetValue(source.Files)));
            var failed = 0;
            var lines = new List<PolicyReportLine>();
            foreach (var file in files)
            {
                var set = PolicySource.Load(file.Defaults is { } release ? options with { Defaults = release } : options);
                var results = PolicyTest.Run(set, file.Cases);
                failed += results.Count(result => !result.Passed);
                lines.AddRange(results.Select(result => Line(terminal, result)));
                if (parsed.GetValue(format) == PolicyReportFormat.Pretty) WritePretty(terminal, file, results, PolicyPlaces.Describe(terminal, set.Options));
                if (parsed.GetValue(matrix) && parsed.GetValue(format) == PolicyReportFormat.Pretty)
                    PolicyMatrixCommand.WriteTable(terminal, known, PolicyMatrix.Of(set, known, [.. file.Cases.Select(@case => @case.Action).Distinct(StringComparer.Ordinal)], null));
                if (parsed.GetValue(mutate) && results.All(result => result.Passed)) failed += Mutate(terminal, parsed.GetValue(format), set, file, lines);
            }
            Write(terminal, parsed.GetValue(format), lines);
            return failed == 0 ? ExitCode.Ok : ExitCode.Failed;
        }));
        return command;
    }

    public static Option<string?> PersonasOption() => new("--personas") { Description = "The personas; policies/personas.yaml unless another file is named.", HelpName = "FILE" };

    private static IEnumerable<string> CaseFiles(Terminal terminal, string[]? named)
    {
        foreach (var path in named is { Length: > 0 } ? named.Select(terminal.Resolve) : [PolicyPlaces.Cases(terminal)])
        {
            if (!Directory.Exists(path))
            {
                yield return path;
                continue;
            }
            foreach (var file in Directory.GetFiles(path, "*.yaml").Order(StringComparer.Ordinal)) yield return file;
        }
    }

    private static void WritePretty(Terminal terminal, CaseFile file, IReadOnlyList<CaseResult> results, string policy)
    {
        foreach (var result in results.Where(result => !result.Passed)) terminal.Out.WriteLine(terminal.Shown($"{result.Case.File}:{result.Case.Line}: {result.Failure}"));
        var failed = results.Count(result => !result.Passed);
        terminal.Out.WriteLine($"{terminal.Shown(file.File)}: {results.Count - failed} of {results.Count} cases hold for {policy}");
    }

    private static int Mutate(Terminal terminal, PolicyReportFormat format, PolicySet set, CaseFile file, List<PolicyReportLine> lines)
    {
        var report = PolicyMutation.Run(set, file.Cases);
        var survivors = report.Survivors.ToList();
        foreach (var mutant in survivors)
        {
            var message = $"no case notices `{mutant.Rule}` changed to `{mutant.After}` ({mutant.Change}); `{mutant.Action}` then answers otherwise for {mutant.Witness}; add a case";
            lines.Add(new PolicyReportLine(terminal.Shown(file.File), 0, 0, "warning", "mutant", mutant.Rule, Printable.Of(message)));
            if (format == PolicyReportFormat.Pretty) terminal.Out.WriteLine(terminal.Shown($"{file.File}: {message}"));
        }
        if (format == PolicyReportFormat.Pretty)
        {
            terminal.Out.WriteLine($"{terminal.Shown(file.File)}: {report.Mutants.Count - survivors.Count} of {report.Mutants.Count} changes noticed, {report.Equivalent} left out that mean the same; {report.Untested.Count} actions have no case");
        }
        return survivors.Count;
    }

    private static void Write(Terminal terminal, PolicyReportFormat format, IReadOnlyList<PolicyReportLine> lines)
    {
        switch (format)
        {
            case PolicyReportFormat.Json:
                foreach (var line in lines)
                {
                    terminal.Out.WriteJson(new JsonObject { ["file"] = line.File, ["line"] = line.Line, ["kind"] = line.Code, ["name"] = line.Name, ["passed"] = line.Level is null, ["message"] = line.Message });
                }
                break;
            case PolicyReportFormat.Junit:
                terminal.Out.WriteJunit("gatewayctl policy test", lines);
                break;
            case PolicyReportFormat.Github:
                terminal.Out.WriteGithub(lines);
                break;
        }
    }

    private static PolicyReportLine Line(Terminal terminal, CaseResult result) => new(
        terminal.Shown(result.Case.File), result.Case.Line, 0, result.Passed ? null : "error", "case",
        $"{result.Case.Persona.Name} {(result.Case.IsAllowed ? "may" : "may not")} {result.Case.Action} on {result.Case.TargetName}", Printable.Of(result.Failure));
}
