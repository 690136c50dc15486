using System.CommandLine;
using System.Net;
using System.Text.Json.Nodes;

namespace Gateway.Cli;

/// <summary><c>gatewayctl status</c>: whether a gateway is ready, by its admin port's <c>/healthz/ready</c>.</summary>
internal static class StatusCommand
{
    public static Command Create(Terminal terminal)
    {
        var url = new Option<Uri>("--url")
        {
            Description = "The gateway's admin port.",
            HelpName = "URL",
            DefaultValueFactory = _ => new Uri("http://127.0.0.1:8776"),
            CustomParser = result =>
            {
                if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https") return parsed;
                result.AddError($"--url: `{result.Tokens[0].Value}` is not an http or https URL: write one such as http://127.0.0.1:8776");
                return null;
            },
        };
        var format = FormatOption.Create();
        var command = new Command("status", "Ask a gateway whether it is ready, and what is wrong if it is not.") { url, format };
        command.SetAction(async (parsed, cancellation) =>
        {
            var address = parsed.GetRequiredValue(url).ToString().TrimEnd('/');
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{address}/healthz/ready"));
            var answer = await ServiceCall.SendAsync(request, "the gateway", address, cancellation);
            // Anything else is not an answer of this endpoint.
            if (answer.Status is not (HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable))
                throw new CommandFault(ExitCode.Unreachable, $"{address}: answered {(int)answer.Status} to /healthz/ready: is this the admin port of a gateway?");

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
