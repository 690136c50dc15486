using System.CommandLine;
using Gateway.Audit;

namespace Gateway.Cli;

/// <summary><c>gatewayctl audit tail</c>: the newest events, and those that come.</summary>
internal static class AuditTailCommand
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(500);

    public static Command Create(Terminal terminal)
    {
        var store = new AuditStoreOption();
        var lines = new Option<int>("--lines", "-n") { Description = "How many to begin with.", HelpName = "N", DefaultValueFactory = _ => 10 };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what comes, until interrupted." };
        var format = FormatOption.Create();
        var command = new Command("tail", "Show the newest events, one a line, and with --follow those that come.") { lines, follow, format };
        store.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var source = store.Of(parsed, terminal);
            var newest = source.Read(new AuditFilter { Limit = Math.Max(1, parsed.GetValue(lines)) }).Reverse().ToList();
            Write(newest);
            var last = newest.Count > 0 ? newest[^1].Sequence : 0;
            while (parsed.GetValue(follow))
            {
                await Task.Delay(Pace, TimeProvider.System, cancellation);
                var more = source.Read(new AuditFilter { After = last, Order = AuditOrder.OldestFirst }).ToList();
                Write(more);
                if (more.Count > 0) last = more[^1].Sequence;
            }

            return ExitCode.Ok;

            void Write(List<StoredAuditEvent> events)
            {
                foreach (var stored in events)
                {
                    if (parsed.GetValue(format) == OutputFormat.Json) terminal.Out.WriteJson(AuditRow.Json(stored));
                    else terminal.Out.WriteLine(string.Join("  ", AuditRow.Cells(stored)));
                }

                terminal.Out.Flush();
            }
        });
        return command;
    }
}
