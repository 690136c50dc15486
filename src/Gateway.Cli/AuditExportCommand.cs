using System.CommandLine;
using System.Globalization;
using Gateway.Audit;

namespace Gateway.Cli;

/// <summary><c>gatewayctl audit export</c>: one signed file with events, their proofs and all that is needed to verify them elsewhere.</summary>
internal static class AuditExportCommand
{
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "The bundle to write, a ZIP file." };
        var places = new AuditPlaces();
        var options = new AuditSearchOptions();
        var command = new Command(
            "export", "Write a signed bundle: the events that meet the conditions (all without any), up to the last checkpoint, each with its proof; checkpoints, rules, keys, manifest.") { file };
        places.AddTo(command);
        options.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var store = places.Store.Of(parsed, terminal);
            var bundle = new BundleOptions
            {
                Checkpoints = places.CheckpointsOf(parsed, terminal, store.Name),
                KeyDirectory = places.KeyDirectoryOf(parsed, terminal, store.Name),
                Conditions = options.Written(parsed),
            };
            var path = terminal.Resolve(parsed.GetRequiredValue(file));
            var conditions = new Option?[] { options.Where, options.User, options.Text, options.Since, options.Until }.Any(option => parsed.GetResult(option!) is { Implicit: false });
            BundleSummary summary;
            try
            {
                if (conditions)
                {
                    using var use = options.OpenIndex(parsed, terminal, store, cancellation);
                    summary = AuditBundle.Write(store, path, use.FindAll(options.Search(parsed, use.Index), cancellation), bundle, TimeProvider.System);
                }
                else
                {
                    summary = AuditBundle.Write(store, path, store.Read(new AuditFilter { Order = AuditOrder.OldestFirst }), bundle, TimeProvider.System);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CommandFault(ExitCode.Usage, $"{path}: {e.Message}");
            }

            terminal.Out.WriteLine(
                $"{path}: {summary.Events.ToString(CultureInfo.InvariantCulture)} events{(summary.IsWhole ? ", without a gap" : "")}, proved by checkpoint {summary.Checkpoint.Number} of {summary.Checkpoint.Time:yyyy-MM-dd'T'HH:mm:ss'Z'}");
            if (summary.Left > 0) terminal.Error.WriteLine($"{summary.Left} more are newer than that checkpoint; export again after the next");
            if (summary.MissingPolicies.Count > 0)
                terminal.Error.WriteLine($"the record does not have the rules of {string.Join(", ", summary.MissingPolicies.Select(Printable.Of))}, which decided some of them: they were dropped for their age, or are newer than that checkpoint");
            return Task.FromResult(ExitCode.Ok);
        });
        return command;
    }
}
