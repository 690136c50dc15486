using System.CommandLine;
using System.Text.Json.Nodes;

namespace Gateway.Cli;

/// <summary><c>gatewayctl token issue</c>: logs in to the identity service and prints the token.</summary>
internal static class TokenIssueCommand
{
    public static Command Create(Terminal terminal)
    {
        var login = new LoginOptions();
        var format = FormatOption.Create();
        var command = login.AddTo(new Command("issue", "Log in and print the token, and nothing else. Reads clouds.yaml and OS_* as the openstack client does."));
        command.Add(format);
        command.SetAction(async (parsed, cancellation) =>
        {
            var issued = await KeystoneLogin.IssueAsync(LoginResolver.Resolve(login.Read(parsed), terminal), cancellation);
            if (parsed.GetValue(format) == OutputFormat.Json)
                terminal.Out.WriteJson(new JsonObject { ["token"] = issued.Token, ["expires_at"] = issued.Description["expires_at"]?.ToString() ?? "" });
            else terminal.Out.WriteLine(issued.Token);
            return ExitCode.Ok;
        });
        return command;
    }
}
