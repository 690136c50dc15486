using System.CommandLine;
using Gateway.Audit;

namespace Gateway.Cli;

/// <summary>The option <c>--postgres</c>; by default what the gateway's own environment variable says.</summary>
internal static class AuditPostgresOption
{
    private const string Variable = "COMPUTE_GATEWAY_Audit__Postgres";

    public static Option<string?> Create() => new("--postgres")
    {
        Description = $"A PostgreSQL store, as an Npgsql connection string; by default ${Variable}. A password on the command line is visible to others.",
        HelpName = "CONNECTION",
    };

    /// <exception cref="CommandFault">Nothing names a database, or it is not a connection string.</exception>
    public static string Required(ParseResult parsed, Option<string?> option, Terminal terminal)
    {
        var text = parsed.GetValue(option) ?? terminal.Variable(Variable) ?? throw new CommandFault(ExitCode.Usage, $"no database: pass `--postgres`, or set {Variable}");
        try
        {
            PostgresLog.NameOf(text);
            return text;
        }
        catch (ArgumentException)
        {
            throw new CommandFault(ExitCode.Usage, "--postgres: not a connection string: write one such as `Host=db.example;Database=audit;Username=gateway`");
        }
    }
}
