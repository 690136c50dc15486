using System.CommandLine;
using System.Net;
using System.Text.Json.Nodes;

namespace Gateway.Cli;

/// <summary><c>gatewayctl status</c>: whether a gateway is ready, by its admin port's <c>/healthz/ready</c>.</summary>
internal static class StatusCommand
{
    public static Command Create(Terminal terminal)
    {
        var url = AdminPort.CreateOption();
        var format = FormatOption.Create();
        var command = new Command("status", "Ask a gateway whether it is ready, and what is wrong if it is not.") { url, format };
        command.SetAction(async (parsed, cancellation) =>
        {
            var address = AdminPort.AddressOf(parsed, url);
            var answer = await AdminPort.SendAsync(address, HttpMethod.Get, "/healthz/ready", null, cancellation, HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable);
            var ready = answer.Status == HttpStatusCode.OK;
            if (parsed.GetValue(format) == OutputFormat.Json)
            {
                terminal.Out.WriteJson(new JsonObject
                {
                    ["url"] = address,
                    ["ready"] = ready,
                    ["report"] = answer.Json?.DeepClone() ?? JsonValue.Create(answer.Text),
                });
            }
            else
            {
                terminal.Out.WriteLine($"{address}: {(ready ? "ready" : "not ready")}");
                foreach (var line in Lines(answer)) terminal.Out.WriteLine($"  {line}");
            }

            return ready ? ExitCode.Ok : ExitCode.Failed;
        });
        return command;
    }

    /// <summary>The report, one fact a line: <c>checks.audit.status: ok</c>.</summary>
    private static IEnumerable<string> Lines(ServiceAnswer answer) => answer.Json is { } json
        ? Facts(json, "")
        : answer.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Printable.Of);

    private static IEnumerable<string> Facts(JsonNode? node, string place) => node switch
    {
        JsonObject members => members.SelectMany(member => Facts(member.Value, place.Length == 0 ? member.Key : $"{place}.{member.Key}")),
        JsonArray items => items.SelectMany((item, i) => Facts(item, $"{place}[{i}]")),
        _ => [Printable.Of($"{place}: {node?.ToString() ?? "null"}")],
    };
}
