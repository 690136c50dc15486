using System.CommandLine;
using Gateway.Policy;

namespace Gateway.Cli;

/// <summary><c>gatewayctl policy decide</c>: answers decisions asked as JSON objects, one a line.</summary>
internal static class PolicyDecideCommand
{
    public static Command Create(Terminal terminal)
    {
        var source = PolicySource.Create(terminal);
        var input = PolicyLines.InputArgument();
        var command = new Command("decide", "Decide one question a line: {\"id\", \"action\", \"creds\", \"target\"} by a policy, or with the rules in the line; see the README.") { input };
        source.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var lines = source.IsGiven(parsed) ? new DecisionLines(source.Load(parsed)) : new DecisionLines(parsed.GetValue(source.Semantics));
            await using var stream = PolicyLines.Open(terminal, parsed.GetValue(input));
            await PolicyLines.AnswerAsync(stream, terminal.Out, lines.Answer, cancellation);
            return ExitCode.Ok;
        });
        return command;
    }
}
