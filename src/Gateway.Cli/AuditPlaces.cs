using System.CommandLine;
using Gateway.Audit;

namespace Gateway.Cli;

/// <summary>Where a store's companions are: its published checkpoints and its keys. By default beside it, under the names that a gateway gives them.</summary>
internal sealed class AuditPlaces
{
    public Option<string> Store { get; } = AuditStoreOption.Create();

    public Option<string?> Checkpoints { get; } = new("--checkpoints")
    {
        Description = "The checkpoints that were published; best a copy from elsewhere. By default audit.checkpoints beside the store.",
        HelpName = "FILE",
    };

    public Option<string?> Keys { get; } = new("--keys")
    {
        Description = "The keys that count: a file of public keys or a folder. By default audit-keys beside the store.",
        HelpName = "PATH",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(Store);
        command.Options.Add(Checkpoints);
        command.Options.Add(Keys);
    }

    public string StoreOf(ParseResult parsed, Terminal terminal) => AuditStoreOption.PathOf(parsed, Store, terminal);

    public IReadOnlyList<string> CheckpointsOf(ParseResult parsed, Terminal terminal, string store)
    {
        if (parsed.GetValue(Checkpoints) is not { } named) return AuditStoreOption.Read(() => CheckpointFile.Read(Beside(store, "audit.checkpoints")));
        var path = terminal.Resolve(named);
        return File.Exists(path) ? AuditStoreOption.Read(() => CheckpointFile.Read(path)) : throw new CommandFault(ExitCode.Usage, $"{path}: no such file");
    }

    public string KeyDirectoryOf(ParseResult parsed, Terminal terminal, string store) =>
        parsed.GetValue(Keys) is { } named ? terminal.Resolve(named) : Beside(store, "audit-keys");

    public IReadOnlyList<NoteKey> KeysOf(ParseResult parsed, Terminal terminal, string store)
    {
        var path = KeyDirectoryOf(parsed, terminal, store);
        if (!Path.Exists(path)) return parsed.GetValue(Keys) is null ? [] : throw new CommandFault(ExitCode.Usage, $"{path}: no such file or folder");
        return AuditStoreOption.Read(() => CheckpointKeys.ReadPublic(path));
    }

    private static string Beside(string store, string name) => Path.Combine(Path.GetDirectoryName(store)!, name);
}
