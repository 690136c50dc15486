using System.CommandLine;

namespace Gateway.Cli;

/// <summary><c>gatewayctl whoami</c>: logs in and says as whom.</summary>
internal static class WhoAmICommand
{
    public static Command Create(Terminal terminal)
    {
        var login = new LoginOptions();
        var format = FormatOption.Create();
        var command = login.AddTo(new Command("whoami", "Log in and say as whom: user, scope, roles. Reads clouds.yaml and OS_* as the openstack client does."));
        command.Add(format);
        command.SetAction(async (parsed, cancellation) =>
        {
            var issued = await KeystoneLogin.IssueAsync(LoginResolver.Resolve(login.Read(parsed), terminal), cancellation);
            TokenDescription.Write(terminal, issued.Description, parsed.GetValue(format));
            return ExitCode.Ok;
        });
        return command;
    }
}
