using System.CommandLine;
using Gateway.Audit;

namespace Gateway.Cli;

/// <summary><c>gatewayctl audit rotate-key</c>: a new signing key, which the gateway introduces with its next checkpoint.</summary>
internal static class AuditRotateKeyCommand
{
    public static Command Create(Terminal terminal)
    {
        var places = new AuditPlaces();
        var command = new Command("rotate-key", "Make a new signing key. The gateway's next checkpoint names it and is signed by the old key and the new one; then the old one counts no longer.");
        places.Store.AddTo(command);
        command.Options.Add(places.Keys);
        command.SetAction(parsed =>
        {
            var store = places.Store.Of(parsed, terminal);
            var directory = places.KeyDirectoryOf(parsed, terminal, store.Name);
            var stream = store.Stream;
            if (!Directory.Exists(directory) || AuditStoreOption.Read(() => CheckpointKeys.ReadPublic(directory)).Count == 0)
                throw new CommandFault(ExitCode.Usage, $"{directory}: no key is here that a new one could follow: name the gateway's folder with `--keys`");
            try
            {
                terminal.Out.WriteLine(CheckpointKeys.Rotate(directory, stream));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CommandFault(ExitCode.Usage, $"{directory}: {e.Message}");
            }

            return ExitCode.Ok;
        });
        return command;
    }
}
