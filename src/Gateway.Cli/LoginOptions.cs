using System.CommandLine;

namespace Gateway.Cli;

/// <summary>The options of every command that logs in.</summary>
internal sealed class LoginOptions
{
    private readonly Option<string> _user = new("--user") { Description = "Who logs in: the cloud of that name in clouds.yaml, or a user's name.", HelpName = "NAME" };
    private readonly Option<string> _password = new("--password") { Description = "Default: that of the cloud, or OS_PASSWORD.", HelpName = "PASSWORD" };
    private readonly Option<string> _project = new("--project") { Description = "Name or id of the project the token is for.", HelpName = "PROJECT" };
    private readonly Option<bool> _system = new("--system") { Description = "A token for the whole system instead of a project." };
    private readonly Option<string> _authUrl = new("--auth-url") { Description = "Identity service, with or without /v3.", HelpName = "URL" };
    private readonly Option<string> _cloud = new("--os-cloud") { Description = "Cloud in clouds.yaml. Default: OS_CLOUD.", HelpName = "CLOUD" };

    public Command AddTo(Command command)
    {
        foreach (var option in new Option[] { _user, _password, _project, _system, _authUrl, _cloud }) command.Add(option);
        return command;
    }

    public LoginChoice Read(ParseResult parsed) => new(
        parsed.GetValue(_user),
        parsed.GetValue(_password),
        parsed.GetValue(_project),
        parsed.GetValue(_system) ? SystemScope.Whole : SystemScope.None,
        parsed.GetValue(_authUrl),
        parsed.GetValue(_cloud));
}
