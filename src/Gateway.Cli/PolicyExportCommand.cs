using System.CommandLine;
using Gateway.Policy.Analysis;

namespace Gateway.Cli;

/// <summary><c>gatewayctl policy export</c>: writes the Casbin model and rows by which the gateway decides.</summary>
internal static class PolicyExportCommand
{
    public static Command Create(Terminal terminal)
    {
        var output = new Option<string>("--out") { Description = "The directory to write model.conf and policy.csv to.", HelpName = "DIRECTORY", DefaultValueFactory = _ => "." };
        var source = PolicySource.Create(terminal);
        var command = new Command("export", "Write the policy as Casbin's model.conf and policy.csv.") { output };
        source.AddTo(command);
        command.SetAction(parsed =>
        {
            var set = source.Load(parsed, PolicyPlaces.Files(terminal, parsed.GetValue(source.Files)));
            var directory = parsed.GetRequiredValue(output);
            try
            {
                Directory.CreateDirectory(terminal.Resolve(directory));
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                throw new CommandFault(ExitCode.Usage, $"{directory}: the directory cannot be made: {terminal.Shown(fault.Message.ReplaceLineEndings(" "))}");
            }
            var rows = CasbinExport.Policy(set);
            PolicyFmtCommand.Write(terminal, Path.Combine(directory, "model.conf"), CasbinExport.Model);
            PolicyFmtCommand.Write(terminal, Path.Combine(directory, "policy.csv"), rows);
            terminal.Out.WriteLine($"{Path.Combine(directory, "policy.csv")}: {rows.Count(ch => ch == '\n')} rows of {PolicyPlaces.Describe(terminal, set.Options)}, revision {set.Revision}");
            return ExitCode.Ok;
        });
        return command;
    }
}
