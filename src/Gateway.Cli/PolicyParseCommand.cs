using System.CommandLine;
using Gateway.Policy;

namespace Gateway.Cli;

/// <summary><c>gatewayctl policy parse</c>: the canonical text of rules given as JSON objects, one a line.</summary>
internal static class PolicyParseCommand
{
    public static Command Create(Terminal terminal)
    {
        var input = PolicyLines.InputArgument();
        var command = new Command("parse", "Read one rule a line, {\"id\", \"check\"}, and write its canonical text, {\"id\", \"canonical\"}.") { input };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var stream = PolicyLines.Open(terminal, parsed.GetValue(input));
            await PolicyLines.AnswerAsync(stream, terminal.Out, ParseLines.Answer, cancellation);
            return ExitCode.Ok;
        });
        return command;
    }
}
