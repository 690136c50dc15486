using System.CommandLine;
using Gateway.Audit;

namespace Gateway.Cli;

/// <summary>The options <c>--store</c> and <c>--stream</c> of the commands that read a record, and what happens when there is none.</summary>
internal sealed class AuditStoreOption
{
    /// <summary>What a gateway's own setting is called.</summary>
    public const string Variable = "COMPUTE_GATEWAY_Audit__Postgres";

    public Option<string?> Store { get; } = new("--store")
    {
        Description = $"The store to read; a gateway may write it meanwhile. A file, or a PostgreSQL database as `Host=…;Database=…;Username=…` or `service=NAME`; by default ${Variable}, else data/audit.jsonl (or data/audit.db of an earlier version).",
        HelpName = "FILE|CONNECTION",
    };

    public Option<string?> Stream { get; } = new("--stream") { Description = "The gateway's name in the record: needed for a database that holds several.", HelpName = "NAME" };

    public void AddTo(Command command)
    {
        command.Options.Add(Store);
        command.Options.Add(Stream);
    }

    /// <exception cref="CommandFault">There is no such store.</exception>
    public AuditSource Of(ParseResult parsed, Terminal terminal) => Of(parsed, terminal, parsed.GetValue(Store));

    /// <param name="named">A file or a database; null for what is customary.</param>
    /// <exception cref="CommandFault">There is no such store.</exception>
    public AuditSource Of(ParseResult parsed, Terminal terminal, string? named)
    {
        var database = named is null ? terminal.Variable(Variable) is { } set ? PostgresConnection.Read(set, terminal, Variable) : null
            : PostgresConnection.IsOne(named) ? PostgresConnection.OfCommandLine(named, terminal)
            : null;
        if (database is not null) return AuditSource.Of(database, parsed.GetValue(Stream) ?? OnlyStream(database));

        var path = named is null ? DefaultStore.In(terminal.Resolve("data")) : terminal.Resolve(named);
        return File.Exists(path) ? AuditSource.Of(path) : throw new CommandFault(ExitCode.Usage, $"{path}: no such file: name the gateway's store with `--store`");
    }

    /// <exception cref="CommandFault">The store cannot be read.</exception>
    public static T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (AuditStoreException fault)
        {
            throw new CommandFault(ExitCode.Usage, fault.Message);
        }
    }

    private static string OnlyStream(string database) => Read(() => PostgresLog.Streams(database)) switch
    {
        [var only] => only,
        [] => throw new CommandFault(ExitCode.Usage, $"{PostgresLog.NameOf(database)}: no gateway has written to it"),
        var several => throw new CommandFault(ExitCode.Usage, $"{PostgresLog.NameOf(database)}: several gateways write to it: name one with `--stream`: {string.Join(", ", several.Select(Printable.Of))}"),
    };
}
