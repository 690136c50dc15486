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
        var writer = new Option<string?>("--writer") { Description = "The role of a gateway: it may then insert records of its chains and read, and nothing else.", HelpName = "ROLE" };
        var streams = new Option<string[]>("--stream")
        {
            Description = "A chain that this role, and no other, writes from then on: the gateway's Audit:GatewayId. May be given more than once.",
            HelpName = "NAME",
        };
        var command = new Command("migrate", "Make the tables of a PostgreSQL store, or bring them up to date. Connect as their owner, not as the gateways do.") { store, writer, streams };
        command.SetAction(parsed =>
        {
            var (role, names) = (parsed.GetValue(writer), parsed.GetValue(streams) ?? []);
            if (role is null != (names.Length == 0))
                throw new CommandFault(ExitCode.Usage, role is null ? "`--stream` needs `--writer`: the role that writes the chain" : "`--writer` needs `--stream`: the chain that the role writes, which is the gateway's Audit:GatewayId");
            if (names.FirstOrDefault(name => !StreamName.IsOne(name)) is { } wrong)
                throw new CommandFault(ExitCode.Usage, $"`--stream {wrong}`: must be 1 to 128 of letters, digits, `.`, `_` and `-`");
            var database = parsed.GetValue(store) is { } named ? PostgresConnection.OfCommandLine(named, terminal)
                : terminal.Variable(AuditStoreOption.Variable) is { } set ? PostgresConnection.Read(set, terminal, AuditStoreOption.Variable)
                : throw new CommandFault(ExitCode.Usage, $"no database: pass `--store`, or set {AuditStoreOption.Variable}");
            var applied = PostgresMigrations.Apply(database, role, names);
            terminal.Out.WriteLine(applied.Count == 0
                ? $"{PostgresLog.NameOf(database)}: up to date"
                : $"{PostgresLog.NameOf(database)}: applied step {string.Join(", ", applied)}");
            foreach (var (stream, of) in PostgresMigrations.Writers(database)) terminal.Out.WriteLine($"chain {stream} is written by {of}");
            return ExitCode.Ok;
        });
        return command;
    }
}
