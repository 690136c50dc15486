namespace Gateway.Cli;

/// <summary>Ends a command: every problem, one line each, goes to standard error behind the command's name.</summary>
internal sealed class CommandFault(int exitCode, params IReadOnlyList<string> problems) : Exception(string.Join('\n', problems))
{
    public int ExitCode => exitCode;

    public IReadOnlyList<string> Problems => problems;
}
