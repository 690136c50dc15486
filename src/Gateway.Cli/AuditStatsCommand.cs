using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Audit;

namespace Gateway.Cli;

/// <summary><c>gatewayctl audit stats</c>: how many events there are, of which kinds, by whom.</summary>
internal static class AuditStatsCommand
{
    private static readonly string[] Customary = ["kind", "outcome", "action", "reason", "initiator_name", "target_type"];

    public static Command Create(Terminal terminal)
    {
        var store = new AuditStoreOption();
        var options = new AuditSearchOptions();
        var by = new Option<string[]>("--by") { Description = $"Attributes to count by; by default {string.Join(", ", Customary)}.", HelpName = "NAME", DefaultValueFactory = _ => Customary };
        var top = new Option<int>("--top") { Description = "Of each, the most frequent values.", HelpName = "N", DefaultValueFactory = _ => 10 };
        var format = FormatOption.Create();
        var command = new Command("stats", "Count events by attribute, of all records or of those that meet the conditions.") { by, top, format };
        store.AddTo(command);
        options.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            using var use = options.OpenIndex(parsed, terminal, store.Of(parsed, terminal), cancellation);
            var search = options.Search(parsed, use.Index);
            try
            {
                foreach (var name in parsed.GetValue(by) ?? [])
                {
                    var counts = use.Index.Counts(name, search, Math.Max(1, parsed.GetValue(top)), cancellation);
                    if (parsed.GetValue(format) == OutputFormat.Json)
                    {
                        terminal.Out.WriteJson(new JsonObject { ["by"] = name, ["counts"] = new JsonObject(counts.Select(count => KeyValuePair.Create(count.Value, (JsonNode?)count.Count))) });
                    }
                    else
                    {
                        Table.Write(terminal.Out, [[name, "EVENTS"], .. counts.Select(count => (IReadOnlyList<string>)[Printable.Of(count.Value), count.Count.ToString(CultureInfo.InvariantCulture)])]);
                        terminal.Out.WriteLine();
                    }
                }
            }
            catch (EventSearchException fault)
            {
                throw new CommandFault(ExitCode.Usage, fault.Message);
            }

            return Task.FromResult(ExitCode.Ok);
        });
        return command;
    }
}
