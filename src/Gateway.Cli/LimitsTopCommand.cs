using System.CommandLine;

namespace Gateway.Cli;

/// <summary><c>gatewayctl limits top</c>: who uses most of each limit, and which limits were never met.</summary>
internal static class LimitsTopCommand
{
    public static Command Create(Terminal terminal)
    {
        var url = AdminPort.CreateOption();
        var format = FormatOption.Create();
        var command = new Command("top", "Show who uses most of each limit by this gateway's own count, and what each limit did since it started.") { url, format };
        command.SetAction(async (parsed, cancellation) =>
        {
            var limits = await LimitsCommand.AskAsync(HttpMethod.Get, parsed.GetRequiredValue(url), "/admin/limits/top", null, cancellation);
            foreach (var limit in limits.AsArray())
            {
                if (parsed.GetValue(format) == OutputFormat.Json)
                {
                    terminal.Out.WriteJson(limit!);
                    continue;
                }

                var word = (bool)limit!["shadow"]! ? "would have refused" : "refused";
                terminal.Out.WriteLine($"{LimitsCommand.Text(limit["name"])}: met {limit["met"]} time(s), {word} {limit["refused"]}{((long)limit["met"]! == 0 ? "  (never met)" : "")}");
                foreach (var consumer in limit["consumers"]!.AsArray())
                    terminal.Out.WriteLine($"  {LimitsCommand.Number(consumer!["used_percent"]),5} %  {LimitsCommand.Text(consumer["who"])}");
            }

            return ExitCode.Ok;
        });
        return command;
    }
}
