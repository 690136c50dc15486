using System.CommandLine;
using System.Text.Json.Nodes;

namespace Gateway.Cli;

/// <summary><c>gatewayctl limits show</c>: every limit that a caller would meet now, and what is left of it.</summary>
internal static class LimitsShowCommand
{
    private static readonly string[] Headings = ["LIMIT", "ACTION", "RATE", "QUOTA", "USED", "LEFT", "NEXT IN", "WHOLE IN", "NOTES"];

    public static Command Create(Terminal terminal)
    {
        Option<string>[] parts =
        [
            Part("user", "Id of the user."), Part("project", "Id of the project."), Part("domain", "Id of the domain."), Part("network", "Address he connects from."),
            Part("server", "Id of the server."), Part("host", "Name of the host."), Part("cluster", "Name of the cluster."), Part("action", "One action; all when left out."),
        ];
        var roles = new Option<string[]>("--role") { Description = "A role he has; may be given several times.", HelpName = "ROLE", AllowMultipleArgumentsPerToken = true };
        var url = AdminPort.CreateOption();
        var format = FormatOption.Create();
        var command = new Command("show", "Show every limit that a caller would meet, used and left. Nothing is counted.");
        foreach (var part in parts) command.Options.Add(part);
        command.Options.Add(roles);
        command.Options.Add(url);
        command.Options.Add(format);
        command.SetAction(async (parsed, cancellation) =>
        {
            var given = parts.Select(part => (Name: part.Name[2..], Value: parsed.GetValue(part))).Where(part => part.Value is not null)
                .Concat((parsed.GetValue(roles) ?? []).Select(role => (Name: "role", Value: (string?)role)));
            var query = string.Join('&', given.Select(part => $"{part.Name}={Uri.EscapeDataString(part.Value!)}"));
            var seen = await LimitsCommand.AskAsync(HttpMethod.Get, parsed.GetRequiredValue(url), $"/admin/limits?{query}", null, cancellation);
            if (parsed.GetValue(format) == OutputFormat.Json) terminal.Out.WriteJson(seen);
            else Write(terminal.Out, seen);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Option<string> Part(string name, string description) =>
        new($"--{name}") { Description = description, HelpName = name is "network" ? "ADDRESS" : name is "host" or "cluster" or "action" ? "NAME" : "ID" };

    private static void Write(TextWriter output, JsonNode seen)
    {
        var gateways = seen["gateways"] is { } count ? $", shared by {count} gateway(s)" : "";
        output.WriteLine($"counted in {seen["store"]}{gateways}");
        if (seen["degraded"] is { } problem) output.WriteLine($"DEGRADED: Redis cannot be asked: {LimitsCommand.Text(problem)}");
        var rows = new List<IReadOnlyList<string>> { Headings };
        foreach (var limit in seen["limits"]!.AsArray())
        {
            string?[] notes =
            [
                (string?)limit!["counts"] == "denials" ? "denied calls" : null, (bool)limit["shadow"]! ? "shadow" : null,
                limit["degraded"] is { } mode ? $"without redis: {mode}" : null,
            ];
            rows.Add(
            [
                LimitsCommand.Text(limit["name"]), LimitsCommand.Text(limit["action"]), limit["rate"] is { } rate ? LimitsCommand.Text(rate) : "at once",
                LimitsCommand.Number(limit["quota"]), LimitsCommand.Number(limit["used"]), LimitsCommand.Number(limit["remaining"]),
                $"{LimitsCommand.Number(limit["next_seconds"])} s", $"{LimitsCommand.Number(limit["reset_seconds"])} s", string.Join(", ", notes.OfType<string>()),
            ]);
        }

        Table.Write(output, rows);
        foreach (var unknown in seen["unknown"]!.AsArray())
            output.WriteLine($"{LimitsCommand.Text(unknown!["name"])}: not shown, tell its {LimitsCommand.Text(unknown["needs"])}");
    }
}
