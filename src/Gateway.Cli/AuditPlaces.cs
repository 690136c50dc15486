using System.CommandLine;
using Gateway.Audit;

namespace Gateway.Cli;

/// <summary>
/// Where a store's companions are: its published checkpoints and its keys. By default beside a store that is a file, or in <c>data</c> for a database, under
/// the names that a gateway gives them.
/// </summary>
internal sealed class AuditPlaces
{
    public AuditStoreOption Store { get; } = new();

    public Option<string?> Checkpoints { get; } = new("--checkpoints")
    {
        Description = "The checkpoints that were published; best a copy from elsewhere. By default audit.checkpoints beside the store, or in data for a database.",
        HelpName = "FILE",
    };

    public Option<string?> Keys { get; } = new("--keys")
    {
        Description = "The keys that count: a file of public keys or a folder. By default audit-keys beside the store, or in data for a database.",
        HelpName = "PATH",
    };

    public void AddTo(Command command)
    {
        Store.AddTo(command);
        command.Options.Add(Checkpoints);
        command.Options.Add(Keys);
    }

    /// <param name="store">The store's name: its path, if it is a file.</param>
    public IReadOnlyList<string> CheckpointsOf(ParseResult parsed, Terminal terminal, string store)
    {
        if (parsed.GetValue(Checkpoints) is not { } named) return AuditStoreOption.Read(() => CheckpointFile.Read(Beside(terminal, store, "audit.checkpoints")));
        var path = terminal.Resolve(named);
        return File.Exists(path) ? AuditStoreOption.Read(() => CheckpointFile.Read(path)) : throw new CommandFault(ExitCode.Usage, $"{path}: no such file");
    }

    public string KeyDirectoryOf(ParseResult parsed, Terminal terminal, string store) =>
        parsed.GetValue(Keys) is { } named ? terminal.Resolve(named) : Beside(terminal, store, "audit-keys");

    public IReadOnlyList<NoteKey> KeysOf(ParseResult parsed, Terminal terminal, string store)
    {
        var path = KeyDirectoryOf(parsed, terminal, store);
        if (!Path.Exists(path)) return parsed.GetValue(Keys) is null ? [] : throw new CommandFault(ExitCode.Usage, $"{path}: no such file or folder");
        return AuditStoreOption.Read(() => CheckpointKeys.ReadPublic(path));
    }

    private static string Beside(Terminal terminal, string store, string name) =>
        Path.Combine(File.Exists(store) ? Path.GetDirectoryName(store)! : terminal.Resolve("data"), name);
}
