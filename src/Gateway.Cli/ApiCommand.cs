using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.Cli;

/// <summary>
/// <c>gatewayctl api</c>: what a gateway does with an operation (<c>list</c>, <c>show</c>), how it reads a request, and whether its catalogue on disk is in
/// order (<c>check</c>).
/// </summary>
internal static class ApiCommand
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create(Terminal terminal) => new("api", "The catalogue of a gateway: what it does with an operation, and how it reads a request.")
    {
        List(terminal),
        Show(terminal),
        Check(terminal),
    };

    private static Command List(Terminal terminal)
    {
        var url = AdminPort.CreateOption();
        var format = FormatOption.Create();
        var command = new Command("list", "Every operation and server action, with the rules that guard it.") { url, format };
        command.SetAction(async (parsed, cancellation) =>
        {
            var answer = await AdminPort.SendAsync(AdminPort.AddressOf(parsed, url), HttpMethod.Get, "/api/operations", null, cancellation, HttpStatusCode.OK);
            var operations = JsonNode.Parse(answer.Text)!.AsArray();
            if (parsed.GetValue(format) == OutputFormat.Json)
            {
                foreach (var operation in operations) terminal.Out.WriteJson(operation!);
                return ExitCode.Ok;
            }

            string[] headings = ["NAME", "METHOD", "PATH", "VERSIONS", "RULES", "AUDIT", "CLUSTER"];
            Table.Write(terminal.Out, [headings, .. operations.Select(Row)]);
            return ExitCode.Ok;
        });
        return command;
    }

    private static string[] Row(JsonNode? operation) =>
    [
        Text(operation!, "name"),
        Text(operation!, "method"),
        Text(operation!, "path"),
        Text(operation!, "versions"),
        Text(operation!, "access") == "rules"
            ? string.Join(", ", operation!["rules"]!.AsArray().Where(rule => rule!["when"] is null).Select(rule => Text(rule!, "name")))
            : Text(operation!, "access"),
        Text(operation!, "audit"),
        Text(operation!, "cluster"),
    ];

    private static Command Show(Terminal terminal)
    {
        var name = new Argument<string>("ACTION") { Description = "A server action or another operation, by its name in `api list`." };
        var url = AdminPort.CreateOption();
        var format = FormatOption.Create();
        var command = new Command("show", "One operation: rules and their text in force, schema, limits, audit level, cluster.") { name, url, format };
        command.SetAction(async (parsed, cancellation) =>
        {
            var wanted = parsed.GetRequiredValue(name);
            var answer = await AdminPort.SendAsync(
                AdminPort.AddressOf(parsed, url), HttpMethod.Get, $"/api/operations/{Uri.EscapeDataString(wanted)}", null, cancellation, HttpStatusCode.OK, HttpStatusCode.NotFound);
            if (answer.Status == HttpStatusCode.NotFound)
                throw new CommandFault(ExitCode.Failed, $"no operation is called `{Printable.Of(wanted)}`: `gatewayctl api list` names them all");
            Write(terminal, parsed.GetValue(format), answer.Json!);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Check(Terminal terminal)
    {
        var method = new Argument<string?>("METHOD") { Description = "Method of a request; without one the catalogue's files are checked.", Arity = ArgumentArity.ZeroOrOne };
        var target = new Argument<string?>("TARGET") { Description = "Its path and query, as on the wire.", Arity = ArgumentArity.ZeroOrOne };
        var body = new Option<string>("--body") { Description = "Its body, or @FILE.", HelpName = "JSON" };
        var version = new Option<string>("--api-version") { Description = "Its microversion, such as 2.60 or latest.", HelpName = "X.Y" };
        var url = AdminPort.CreateOption();
        var format = FormatOption.Create();
        var command = new Command("check", "How the gateway reads a request, or, without one, whether its catalogue on disk is in order. Nothing is sent on.")
        {
            method, target, body, version, url, format,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var address = AdminPort.AddressOf(parsed, url);
            if (parsed.GetValue(method) is not { } verb) return await CheckFilesAsync(terminal, address, parsed.GetValue(format), cancellation);
            if (parsed.GetValue(target) is not { } path) throw new CommandFault(ExitCode.Usage, $"`{Printable.Of(verb)}` of what? write METHOD TARGET, such as POST /v2.1/servers/ID/action");
            var content = JsonContent.Create(new
            {
                method = verb,
                target = path,
                version = parsed.GetValue(version),
                body = parsed.GetValue(body) is { } given ? ReadBody(terminal, given) : null,
            });
            var answer = await AdminPort.SendAsync(address, HttpMethod.Post, "/api/check", content, cancellation, HttpStatusCode.OK);
            Write(terminal, parsed.GetValue(format), answer.Json!);
            return answer.Json!["refusal"] is null ? ExitCode.Ok : ExitCode.Failed;
        });
        return command;
    }

    private static async Task<int> CheckFilesAsync(Terminal terminal, string address, OutputFormat format, CancellationToken cancellation)
    {
        var answer = await AdminPort.SendAsync(address, HttpMethod.Get, "/api/catalogue", null, cancellation, HttpStatusCode.OK);
        var (problems, warnings) = (Texts(answer.Json!, "problems"), Texts(answer.Json!, "warnings"));
        if (format == OutputFormat.Json)
        {
            terminal.Out.WriteJson(answer.Json!);
        }
        else
        {
            foreach (var problem in problems) terminal.Out.WriteLine($"error: {Printable.Of(problem)}");
            foreach (var warning in warnings) terminal.Out.WriteLine($"warning: {Printable.Of(warning)}");
            terminal.Out.WriteLine($"the catalogue on disk: {problems.Length} errors, {warnings.Length} warnings, {Text(answer.Json!, "operations")} operations");
        }

        return problems.Length == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static string ReadBody(Terminal terminal, string given)
    {
        if (!given.StartsWith('@')) return given;
        try
        {
            return File.ReadAllText(terminal.Resolve(given[1..]));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFault(ExitCode.Usage, $"--body: `{Printable.Of(given[1..])}` cannot be read: {e.Message}");
        }
    }

    private static void Write(Terminal terminal, OutputFormat format, JsonObject answer)
    {
        if (format == OutputFormat.Json) terminal.Out.WriteJson(answer);
        else foreach (var line in Lines(answer, "")) terminal.Out.WriteLine(line);
    }

    /// <summary>One fact a line, what belongs together indented; a schema stays on one line, since it is one thing. What says nothing is left out.</summary>
    private static IEnumerable<string> Lines(JsonObject members, string indent)
    {
        foreach (var (name, value) in members)
        {
            switch (value)
            {
                case null or JsonArray { Count: 0 }:
                    break;
                case JsonArray items when items[0] is JsonObject || name == "limits":
                    yield return $"{indent}{name}";
                    foreach (var item in items) yield return $"{indent}  {Printable.Of(item is JsonObject parts ? Item(parts) : item!.ToString())}";
                    break;
                case JsonArray items:
                    yield return $"{indent}{name,-14}{Printable.Of(string.Join(", ", items.Select(item => item!.ToString())))}";
                    break;
                case JsonObject inner:
                    yield return $"{indent}{name}";
                    foreach (var line in Lines(inner, indent + "  ")) yield return line;
                    break;
                default:
                    yield return string.Create(CultureInfo.InvariantCulture, $"{indent}{name,-14}{Printable.Of(value.ToString())}");
                    break;
            }
        }
    }

    private static string Item(JsonObject item) => item.ContainsKey("schema")
        ? $"{Text(item, "versions")}: {item["schema"]!.ToJsonString(Readable)}"
        : $"{Text(item, "name")} = {(item["check"] is { } check ? $"`{check}`" : "no rule in force, so that nobody may")}{(item["when"] is { } when ? $"  when {when}" : "")}";

    private static string Text(JsonNode node, string name) => node[name]?.ToString() ?? "-";

    private static string[] Texts(JsonNode node, string name) => [.. node[name]!.AsArray().Select(item => item!.ToString())];
}
