using System.CommandLine;
using Gateway.Audit;

namespace Gateway.Cli;

/// <summary>The option <c>--store</c> of the audit commands, and what happens when the file is no store.</summary>
internal static class AuditStoreOption
{
    public static Option<string> Create() => new("--store")
    {
        Description = "The audit store to read; a gateway may write it meanwhile.",
        HelpName = "FILE",
        DefaultValueFactory = _ => Path.Combine("data", "audit.db"),
    };

    /// <summary>The store's whole path.</summary>
    /// <exception cref="CommandFault">There is no such file.</exception>
    public static string PathOf(ParseResult parsed, Option<string> option, Terminal terminal)
    {
        var path = terminal.Resolve(parsed.GetRequiredValue(option));
        return File.Exists(path) ? path : throw new CommandFault(ExitCode.Usage, $"{path}: no such file: name the gateway's store with `--store`");
    }

    /// <exception cref="CommandFault">The file is not an audit store or cannot be read.</exception>
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
}
