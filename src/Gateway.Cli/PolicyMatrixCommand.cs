using System.CommandLine;
using System.Text.Json.Nodes;
using Gateway.Policy;
using Gateway.Policy.Testing;

namespace Gateway.Cli;

/// <summary><c>gatewayctl policy matrix</c>: every action beside every persona.</summary>
internal static class PolicyMatrixCommand
{
    public static Command Create(Terminal terminal)
    {
        var actions = new Option<string[]>("--action") { Description = "Only these actions.", HelpName = "ACTION", AllowMultipleArgumentsPerToken = true };
        var target = new Option<string?>("--target") { Description = "A target as a JSON object; without it, what depends on the target is shown as `target`.", HelpName = "JSON" };
        var personas = PolicyTestCommand.PersonasOption();
        var format = FormatOption.Create();
        var source = PolicySource.Create(terminal);
        var command = new Command("matrix", "Show what every persona may do: yes, no, or depending on the target.") { actions, target, personas, format };
        source.AddTo(command);
        command.SetAction(parsed => PolicyPlaces.Run(terminal, () =>
        {
            var known = Persona.Read(PolicyPlaces.Personas(terminal, parsed.GetValue(personas)));
            var set = source.Load(parsed, PolicyPlaces.Files(terminal, parsed.GetValue(source.Files)));
            var named = parsed.GetValue(actions) is { Length: > 0 } some ? some : null;
            var rows = PolicyMatrix.Of(set, known, named, parsed.GetValue(target) is { } json ? new TargetAttributes(PolicyWhoCanCommand.Attributes(json, "--target")) : null);
            if (parsed.GetValue(format) == OutputFormat.Pretty)
            {
                WriteTable(terminal, known, rows);
                return ExitCode.Ok;
            }

            foreach (var row in rows)
            {
                var answers = new JsonObject();
                foreach (var (persona, answer) in known.Zip(row.Answers)) answers[persona.Name] = Word(answer);
                terminal.Out.WriteJson(new JsonObject { ["action"] = row.Action, ["personas"] = answers });
            }
            return ExitCode.Ok;
        }));
        return command;
    }

    /// <summary>The matrix for people: a line an action, a column a persona.</summary>
    internal static void WriteTable(Terminal terminal, IReadOnlyList<Persona> personas, IEnumerable<MatrixRow> rows) => Table.Write(
        terminal.Out,
        [["ACTION", .. personas.Select(persona => Printable.Of(persona.Name))], .. rows.Select(row => (IReadOnlyList<string>)[Printable.Of(row.Action), .. row.Answers.Select(Word)])]);

    private static string Word(Foresight answer) => answer switch
    {
        Foresight.Allowed => "yes",
        Foresight.Denied => "no",
        _ => "target",
    };
}
