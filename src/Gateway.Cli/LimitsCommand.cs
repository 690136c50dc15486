using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

namespace Gateway.Cli;

/// <summary><c>gatewayctl limits</c>: what the commands have in common, an answer of the admin port.</summary>
internal static class LimitsCommand
{
    public static Command Create(Terminal terminal) => new("limits", "The limits of a running gateway, asked at its admin port.")
    {
        LimitsShowCommand.Create(terminal),
        LimitsTopCommand.Create(terminal),
        LimitsCheckCommand.Create(terminal),
    };

    /// <exception cref="CommandFault">The gateway did not answer, or refused the question.</exception>
    public static async Task<JsonNode> AskAsync(HttpMethod method, Uri url, string pathAndQuery, HttpContent? content, CancellationToken cancellation)
    {
        var address = url.ToString().TrimEnd('/');
        using var request = new HttpRequestMessage(method, new Uri(address + pathAndQuery)) { Content = content };
        var answer = await ServiceCall.SendAsync(request, "the gateway", address, cancellation);
        if (answer.Status == HttpStatusCode.OK && JsonNode.Parse(answer.Text) is { } json) return json;
        if (answer.Status == HttpStatusCode.NotFound)
            throw new CommandFault(ExitCode.Unreachable, $"{address}: answered 404 to {pathAndQuery.Split('?')[0]}: is this the admin port of a gateway?");
        throw new CommandFault(ExitCode.Failed, $"{address}: {(string?)answer.Json?["detail"] ?? $"answered {(int)answer.Status}"}");
    }

    /// <summary>A number as people read it, without digits that say nothing.</summary>
    public static string Number(JsonNode? value) => value?.GetValue<double>().ToString("0.###", CultureInfo.InvariantCulture) ?? "-";

    public static string Text(JsonNode? value) => value is null ? "-" : Printable.Of(value.ToString());
}
