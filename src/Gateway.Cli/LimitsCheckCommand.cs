using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Gateway.Cli;

/// <summary>
/// <c>gatewayctl limits check</c>: whether a limits file can be used, by the catalogue of a running gateway, and what it would have done to the calls that this
/// gateway recorded.
/// </summary>
internal static class LimitsCheckCommand
{
    private static readonly string[] Headings = ["LIMIT", "MET", "REFUSED", "WHOSE"];

    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "The limits file." };
        var records = new Option<int?>("--records")
        {
            Description = "Put the newest so many records of the gateway's audit store to it; 100000 when left out, 0 for none.",
            HelpName = "N",
        };
        var url = AdminPort.CreateOption();
        var format = FormatOption.Create();
        var command = new Command("check", "Check a limits file, and simulate it against the recorded traffic of a gateway. Nothing is changed.") { file, records, url, format };
        command.SetAction(async (parsed, cancellation) =>
        {
            var name = parsed.GetRequiredValue(file);
            using var content = new StringContent(await ReadAsync(terminal.Resolve(name), cancellation), Encoding.UTF8, "application/yaml");
            var query = parsed.GetValue(records) is { } count ? string.Create(CultureInfo.InvariantCulture, $"?records={count}") : "";
            var found = await LimitsCommand.AskAsync(HttpMethod.Post, parsed.GetRequiredValue(url), $"/admin/limits/check{query}", content, cancellation);
            var problems = found["problems"]!.AsArray();
            if (parsed.GetValue(format) == OutputFormat.Json) terminal.Out.WriteJson(found);
            else if (problems.Count > 0) WriteProblems(terminal.Out, name, problems);
            else Write(terminal.Out, name, found["simulation"]!);
            return problems.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
        });
        return command;
    }

    private static async Task<string> ReadAsync(string path, CancellationToken cancellation)
    {
        try
        {
            return await File.ReadAllTextAsync(path, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFault(ExitCode.Usage, $"{path}: cannot be read: {e.Message}");
        }
    }

    // The gateway does not know the file's name; its lines begin with the one that it uses.
    private static void WriteProblems(TextWriter output, string name, JsonArray problems)
    {
        foreach (var problem in problems.Select(problem => (string)problem!))
            output.WriteLine(Printable.Of(name + (problem.StartsWith("limits.yaml", StringComparison.Ordinal) ? problem["limits.yaml".Length..] : $": {problem}")));
    }

    private static void Write(TextWriter output, string name, JsonNode simulation)
    {
        output.WriteLine($"{Printable.Of(name)}: no problems");
        if ((long)simulation["calls"]! == 0)
        {
            output.WriteLine("no recorded calls to put to it");
            return;
        }

        output.WriteLine($"{simulation["calls"]} recorded call(s) from {simulation["from"]} to {simulation["to"]}; what `config/audit.yaml` records nothing of is not among them");
        output.WriteLine($"{simulation["refused"]} would have been refused");
        var rows = new List<IReadOnlyList<string>> { Headings };
        foreach (var limit in simulation["limits"]!.AsArray())
        {
            var whose = string.Join(", ", limit!["whose"]!.AsArray().Select(one => $"{LimitsCommand.Text(one!["who"])} {one["calls"]}"));
            var refused = $"{limit["refused"]}{((bool)limit["shadow"]! ? " (shadow)" : "")}";
            rows.Add([LimitsCommand.Text(limit["name"]), $"{limit["met"]}", refused, (long)limit["met"]! == 0 ? "never met" : whose]);
        }

        Table.Write(output, rows);
    }
}
