using System.CommandLine;
using Gateway.Audit;

namespace Gateway.Cli;

/// <summary><c>gatewayctl audit migrate</c>: makes the tables of a PostgreSQL store, or brings them up to date.</summary>
internal static class AuditMigrateCommand
{
    public static Command Create(Terminal terminal)
    {
        var store = new Option<string?>("--store")
        {
            Description = $"The database, as `Host=…;Database=…;Username=…` or `service=NAME`; by default ${AuditStoreOption.Variable}. The password comes from PGPASSWORD, a password file or the service.",
            HelpName = "CONNECTION",
        };
        var writer = new Option<string?>("--writer") { Description = "The role of the gateways: it may then insert and read records, and nothing else.", HelpName = "ROLE" };
        var command = new Command("migrate", "Make the tables of a PostgreSQL store, or bring them up to date. Connect as their owner, not as the gateways do.") { store, writer };
        command.SetAction(parsed =>
        {
            var database = parsed.GetValue(store) is { } named ? PostgresConnection.OfCommandLine(named, terminal)
                : terminal.Variable(AuditStoreOption.Variable) is { } set ? PostgresConnection.Read(set, terminal, AuditStoreOption.Variable)
                : throw new CommandFault(ExitCode.Usage, $"no database: pass `--store`, or set {AuditStoreOption.Variable}");
            var applied = PostgresMigrations.Apply(database, parsed.GetValue(writer));
            terminal.Out.WriteLine(applied.Count == 0
                ? $"{PostgresLog.NameOf(database)}: up to date"
                : $"{PostgresLog.NameOf(database)}: applied step {string.Join(", ", applied)}");
            return ExitCode.Ok;
        });
        return command;
    }
}
