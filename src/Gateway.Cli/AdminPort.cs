using System.CommandLine;
using System.Net;

namespace Gateway.Cli;

/// <summary>The option <c>--url</c> and the calls to a gateway's admin port.</summary>
internal static class AdminPort
{
    public static Option<Uri> CreateOption() => new("--url")
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

    /// <summary>The address as it is shown and called.</summary>
    public static string AddressOf(ParseResult parsed, Option<Uri> url) => parsed.GetRequiredValue(url).ToString().TrimEnd('/');

    /// <summary>Sends a request to the admin port.</summary>
    /// <exception cref="CommandFault">Nobody answers there, or somebody who is no gateway.</exception>
    public static async Task<ServiceAnswer> SendAsync(
        string address, HttpMethod method, string path, HttpContent? content, CancellationToken cancellation, params HttpStatusCode[] expected)
    {
        using var request = new HttpRequestMessage(method, new Uri(address + path)) { Content = content };
        var answer = await ServiceCall.SendAsync(request, "the gateway", address, cancellation);
        return expected.Contains(answer.Status)
            ? answer
            : throw new CommandFault(ExitCode.Unreachable, $"{address}: answered {(int)answer.Status} to {path}: is this the admin port of a gateway?");
    }
}
