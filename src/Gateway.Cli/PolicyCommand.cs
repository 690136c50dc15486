using System.CommandLine;

namespace Gateway.Cli;

/// <summary><c>gatewayctl policy</c>: everything about rules, without a gateway.</summary>
internal static class PolicyCommand
{
    public static Command Create(Terminal terminal) => new("policy", "The rules: decide by them, check them, compare them.")
    {
        PolicyDecideCommand.Create(terminal),
        PolicyParseCommand.Create(terminal),
        PolicyExplainCommand.Create(terminal),
        PolicyLintCommand.Create(terminal),
        PolicyDiffCommand.Create(terminal),
        PolicyTestCommand.Create(terminal),
        PolicyMatrixCommand.Create(terminal),
        PolicyWhoCanCommand.Create(terminal),
        PolicyFmtCommand.Create(terminal),
        PolicyExportCommand.Create(terminal),
        PolicyConvertCommand.Create(terminal),
        PolicyUpgradeCommand.Create(terminal),
        PolicyReplayCommand.Create(terminal),
    };
}
