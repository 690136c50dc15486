using System.CommandLine;
using Gateway.Policy.Linting;

namespace Gateway.Cli;

/// <summary><c>gatewayctl policy convert</c>: turns policy.json into policy.yaml and back, without touching a rule.</summary>
internal static class PolicyConvertCommand
{
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("file") { Description = "The file to convert." };
        var to = new Option<string?>("--to") { Description = "yaml or json; without it, the one the file is not.", HelpName = "yaml|json" };
        to.AcceptOnlyFromAmong("yaml", "json");
        var output = new Option<string?>("--out") { Description = "The file to write; standard output without it.", HelpName = "FILE" };
        var command = new Command("convert", "Convert a policy file between JSON and YAML.") { file, to, output };
        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(file);
            var content = PolicyFmtCommand.Read(terminal, path);
            var toYaml = parsed.GetValue(to) is { } chosen ? chosen == "yaml" : path.EndsWith(".json", StringComparison.OrdinalIgnoreCase);
            var rewritten = toYaml ? RuleFile.ToYaml(path, content) : RuleFile.ToJson(path, content);
            if (rewritten.Text is not { } text) throw new CommandFault(ExitCode.Usage, [.. rewritten.Findings.Select(finding => Printable.Of(finding.ToString()))]);
            if (parsed.GetValue(output) is { } target) PolicyFmtCommand.Write(terminal, target, text);
            else terminal.Out.Write(text);
            return ExitCode.Ok;
        });
        return command;
    }
}
