using System.CommandLine;
using System.Text.Json.Nodes;

namespace Gateway.Cli;

/// <summary><c>gatewayctl token issue</c>: logs in to the identity service and prints the token.</summary>
internal static class TokenIssueCommand
{
    public static Command Create(Terminal terminal)
    {
        var user = new Option<string>("--user") { Description = "Who logs in: the cloud of that name in clouds.yaml, or a user's name.", HelpName = "NAME" };
        var password = new Option<string>("--password") { Description = "Default: that of the cloud, or OS_PASSWORD.", HelpName = "PASSWORD" };
        var project = new Option<string>("--project") { Description = "Name or id of the project the token is for.", HelpName = "PROJECT" };
        var system = new Option<bool>("--system") { Description = "A token for the whole system instead of a project." };
        var authUrl = new Option<string>("--auth-url") { Description = "Identity service, with or without /v3.", HelpName = "URL" };
        var cloud = new Option<string>("--os-cloud") { Description = "Cloud in clouds.yaml. Default: OS_CLOUD.", HelpName = "CLOUD" };
        var format = FormatOption.Create();
        var command = new Command("issue", "Log in and print the token, and nothing else. Reads clouds.yaml and OS_* as the openstack client does.")
        {
            user, password, project, system, authUrl, cloud, format,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var wanted = new LoginChoice(
                parsed.GetValue(user),
                parsed.GetValue(password),
                parsed.GetValue(project),
                parsed.GetValue(system) ? SystemScope.Whole : SystemScope.None,
                parsed.GetValue(authUrl),
                parsed.GetValue(cloud));
            var login = LoginResolver.Resolve(wanted, terminal);
            var (token, expires) = await KeystoneLogin.IssueAsync(login, cancellation);
            if (parsed.GetValue(format) == OutputFormat.Json) terminal.Out.WriteJson(new JsonObject { ["token"] = token, ["expires_at"] = expires });
            else terminal.Out.WriteLine(token);
            return ExitCode.Ok;
        });
        return command;
    }
}
