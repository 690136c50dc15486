using System.CommandLine;
using Gateway.Audit;

namespace Gateway.Cli;

/// <summary><c>gatewayctl audit migrate</c>: makes the tables of a PostgreSQL store, or brings them up to date.</summary>
internal static class AuditMigrateCommand
{
    public static Command Create(Terminal terminal)
    {
        var postgres = AuditPostgresOption.Create();
        var writer = new Option<string?>("--writer") { Description = "The role of the gateways: it may then insert and read records, and nothing else.", HelpName = "ROLE" };
        var command = new Command("migrate", "Make the tables of a PostgreSQL store, or bring them up to date. Connect as their owner, not as the gateways do.") { postgres, writer };
        command.SetAction(parsed =>
        {
            var database = AuditPostgresOption.Required(parsed, postgres, terminal);
            var applied = AuditStoreOption.Read(() => PostgresMigrations.Apply(database, parsed.GetValue(writer)));
            terminal.Out.WriteLine(applied.Count == 0
                ? $"{PostgresLog.NameOf(database)}: up to date"
                : $"{PostgresLog.NameOf(database)}: applied step {string.Join(", ", applied)}");
            return ExitCode.Ok;
        });
        return command;
    }
}
