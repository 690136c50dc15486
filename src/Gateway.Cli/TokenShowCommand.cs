using System.CommandLine;
using System.Net;
using System.Text.Json.Nodes;

namespace Gateway.Cli;

/// <summary><c>gatewayctl token show</c>: asks the identity service whose a token is.</summary>
internal static class TokenShowCommand
{
    public static Command Create(Terminal terminal)
    {
        var token = new Argument<string?>("TOKEN") { Description = "The token. Default: OS_TOKEN.", Arity = ArgumentArity.ZeroOrOne };
        var login = new LoginOptions();
        var format = FormatOption.Create();
        var command = login.AddTo(new Command("show", "Say whose a token is and what it is for, as the identity service knows it; the token speaks for itself."));
        command.Add(token);
        command.Add(format);
        command.SetAction(async (parsed, cancellation) =>
        {
            var shown = parsed.GetValue(token) ?? terminal.Variable("OS_TOKEN")
                ?? throw new CommandFault(ExitCode.Usage, "there is no token: pass one, or set OS_TOKEN");
            var description = await DescribeAsync(LoginResolver.Service(login.Read(parsed), terminal), shown, cancellation);
            TokenDescription.Write(terminal, description, parsed.GetValue(format));
            return ExitCode.Ok;
        });
        return command;
    }

    private static async Task<JsonObject> DescribeAsync(IdentityService service, string token, CancellationToken cancellation)
    {
        var authUrl = service.AuthUrl;
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{authUrl}/auth/tokens?nocatalog"));
        request.Headers.TryAddWithoutValidation("X-Auth-Token", token);
        request.Headers.TryAddWithoutValidation("X-Subject-Token", token);
        request.Headers.TryAddWithoutValidation("OpenStack-Identity-Access-Rules", "1.0");
        var answer = await ServiceCall.SendAsync(request, "the identity service", authUrl, cancellation, service.Trust);
        if (answer.Status == HttpStatusCode.OK && answer.Json?["token"] is JsonObject description) return description;
        var code = (int)answer.Status;
        if (code >= 500) throw new CommandFault(ExitCode.Unreachable, $"{authUrl}: the identity service cannot answer ({code})");
        throw new CommandFault(ExitCode.Failed, code is 401 or 404
            ? $"{authUrl}: does not know the token: it has expired, was revoked, or was never one ({code})"
            : $"{authUrl}: answered {code} without describing the token: is this the URL of a Keystone v3?");
    }
}
