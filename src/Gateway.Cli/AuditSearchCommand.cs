using System.CommandLine;
using Gateway.Audit;

namespace Gateway.Cli;

/// <summary><c>gatewayctl audit search</c>: events by any attribute and by words, newest first.</summary>
internal static class AuditSearchCommand
{
    public static Command Create(Terminal terminal)
    {
        var store = new AuditStoreOption();
        var options = new AuditSearchOptions();
        var limit = new Option<int>("--limit") { Description = "At most this many.", HelpName = "N", DefaultValueFactory = _ => 50 };
        var oldest = new Option<bool>("--oldest-first") { Description = "In the order in which they happened." };
        var format = AuditOutput.CreateOption();
        var command = new Command(
            "search", $"Find events by attributes ({string.Join(", ", EventAttributes.Names)}, time) and by the words in them, newest first.") { limit, oldest, format };
        store.AddTo(command);
        options.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            using var use = options.OpenIndex(parsed, terminal, store.Of(parsed, terminal), cancellation);
            var search = options.Search(parsed, use.Index) with { Order = parsed.GetValue(oldest) ? AuditOrder.OldestFirst : AuditOrder.NewestFirst };
            AuditOutput.Write(terminal.Out, parsed.GetValue(format), AuditStoreOption.Read(() => use.Find(search, Math.Max(1, parsed.GetValue(limit))).ToList()));
            return Task.FromResult(ExitCode.Ok);
        });
        return command;
    }
}
