using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>The programs people use, unmodified, set up for one gateway as the README says.</summary>
internal sealed partial class Clients(GatewayProcess gateway)
{
    private const string OpenStack = "/usr/bin/openstack";
    private const string Nova = "/usr/bin/nova";
    private const string Curl = "/usr/bin/curl";

    private static readonly Dictionary<string, string> Projects = new(StringComparer.Ordinal)
    {
        ["alice"] = "demo",
        ["rita"] = "demo",
        ["bob"] = "other",
        ["admin"] = "admin",
    };

    /// <summary>One <c>openstack</c> command; its words are separated by single spaces.</summary>
    public Task<ProcessRun> OpenStackAsync(string cloud, string command) =>
        ProcessRun.RunAsync(OpenStack, command.Split(' '), OpenStackVariables(cloud), gateway.Directory);

    /// <summary>Several commands in one process, through standard input: starting the client costs more than most commands.</summary>
    public Task<ProcessRun> OpenStackAsync(string cloud, params IEnumerable<string> commands) =>
        ProcessRun.RunAsync(OpenStack, [], OpenStackVariables(cloud), gateway.Directory, string.Concat(commands.Select(command => command + "\n")));

    /// <summary>A command that must succeed, with <c>-f json</c>.</summary>
    public async Task<JsonNode> OpenStackJsonAsync(string cloud, string command) => JsonOf(await OpenStackAsync(cloud, command + " -f json"));

    public Task<ProcessRun> NovaAsync(string user, string command) => ProcessRun.RunAsync(
        Nova,
        command.Split(' '),
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OS_AUTH_URL"] = $"{gateway.Identity}v3",
            ["OS_IDENTITY_API_VERSION"] = "3",
            ["OS_USERNAME"] = user,
            ["OS_PASSWORD"] = $"{user}-password",
            ["OS_USER_DOMAIN_NAME"] = "Default",
            ["OS_PROJECT_NAME"] = Projects[user],
            ["OS_PROJECT_DOMAIN_NAME"] = "Default",
            ["HOME"] = gateway.Directory,
        },
        gateway.Directory);

    /// <summary><c>gatewayctl</c>, in the gateway's directory, where it finds clouds.yaml and data/audit.jsonl by itself.</summary>
    public Task<ProcessRun> GatewayctlAsync(string command) =>
        ProcessRun.RunAsync(Repository.Gatewayctl, command.Split(' '), directory: gateway.Directory);

    /// <summary>A token as <c>gatewayctl token issue</c> prints it.</summary>
    public async Task<string> TokenAsync(string user)
    {
        var run = await GatewayctlAsync($"token issue --user {user}");
        Assert.True(run.ExitCode == 0, run.ToString());
        return run.Output.Trim();
    }

    public Task<ProcessRun> CurlAsync(params IEnumerable<string> arguments) => ProcessRun.RunAsync(Curl, ["--silent", "--show-error", .. arguments]);

    /// <summary>The JSON that a run printed; it must have succeeded.</summary>
    public static JsonNode JsonOf(ProcessRun run)
    {
        Assert.True(run.ExitCode == 0, run.ToString());
        return JsonNode.Parse(run.Output)!;
    }

    /// <summary>The request id that a client shows with an error.</summary>
    public static string RequestIdIn(string printed)
    {
        var match = RequestId().Match(printed);
        Assert.True(match.Success, printed);
        return match.Groups["id"].Value;
    }

    private Dictionary<string, string> OpenStackVariables(string cloud) => new(StringComparer.Ordinal)
    {
        ["OS_CLIENT_CONFIG_FILE"] = gateway.CloudsFile,
        ["OS_CLOUD"] = cloud,
        ["HOME"] = gateway.Directory,
    };

    [GeneratedRegex(@"\(Request-ID: (?<id>req-[0-9a-f-]{36})\)", RegexOptions.ExplicitCapture)]
    private static partial Regex RequestId();
}
