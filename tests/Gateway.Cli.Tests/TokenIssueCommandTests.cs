using System.Buffers.Text;
using System.Text.Json.Nodes;
using Gateway.DevIdentity;
using Microsoft.AspNetCore.Builder;

namespace Gateway.Cli.Tests;

/// <summary>Against the development identity service, with the clouds that the repository ships.</summary>
public sealed class TokenIssueCommandTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly WebApplication _identity = DevIdentityHost.Build(
        new DevIdentityOptions { ListenUrl = "http://127.0.0.1:0", EnvironmentName = "Development" });

    private string Url => DevIdentityHost.UrlOf(_identity);

    private string Clouds { get; set; } = "";

    public async ValueTask InitializeAsync()
    {
        await _identity.StartAsync();
        Clouds = (await File.ReadAllTextAsync(Repository.File("config", "clouds.yaml"))).Replace("http://127.0.0.1:5000", Url, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _identity.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("clouds.yaml")]
    [InlineData("config/clouds.yaml")]
    [InlineData("home/.config/openstack/clouds.yaml")]
    [InlineData("home/.config/openstack/clouds.yml")]
    public async Task Finds_the_clouds_where_the_clients_do(string place)
    {
        _folder.Write(place, Clouds);

        Assert.Equal("alice in demo as member,reader", Of(await IssueAsync("--user alice")));
    }

    [Fact]
    public async Task Prefers_the_file_that_a_variable_names()
    {
        _folder.Write("clouds.yaml", "clouds: {alice: {auth: {auth_url: 'http://127.0.0.1:9'}}}");
        _folder.Write("mine.yaml", Clouds);

        Assert.Equal("alice in demo as member,reader", Of(await IssueAsync("--user alice", ("OS_CLIENT_CONFIG_FILE", "mine.yaml"))));
    }

    [Fact]
    public async Task Prints_the_token_and_nothing_else()
    {
        _folder.Write("clouds.yaml", Clouds);

        var run = await IssueAsync("--user alice");

        Assert.Equal("", run.Errors);
        Assert.Matches(@"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\n$", run.Output);
    }

    [Fact]
    public async Task Prints_one_line_of_JSON()
    {
        _folder.Write("clouds.yaml", Clouds);

        var run = await IssueAsync("--user alice --format json");

        var json = JsonNode.Parse(run.Output)!.AsObject();
        Assert.Equal(["token", "expires_at"], json.Select(member => member.Key));
        Assert.Equal("alice in demo as member,reader", Of(run with { Output = json["token"]!.ToString() }));
        Assert.Equal($"{json.ToJsonString()}\n", run.Output);
    }

    [Theory]
    [InlineData("--os-cloud rita", "rita in demo as reader")]
    [InlineData("--os-cloud admin-system", "admin on all as admin,member,reader")]
    [InlineData("--user admin", "admin in admin as admin,member,reader")]
    [InlineData("--user admin --system", "admin on all as admin,member,reader")]
    [InlineData("--os-cloud admin-system --project admin", "admin in admin as admin,member,reader")]
    [InlineData("--user alice --project d799dd2d294cd5344e7bdd6ee4c62554", "alice in demo as member,reader")]
    [InlineData("--os-cloud alice --user bob --password bob-password --project other", "bob in other as member,reader")]
    public async Task Takes_the_cloud_and_puts_the_command_line_over_it(string options, string token)
    {
        _folder.Write("clouds.yaml", Clouds);

        Assert.Equal(token, Of(await IssueAsync(options)));
    }

    [Fact]
    public async Task Takes_the_cloud_that_OS_CLOUD_names_unless_the_command_line_names_one()
    {
        _folder.Write("clouds.yaml", Clouds);

        Assert.Equal("bob in other as member,reader", Of(await IssueAsync("", ("OS_CLOUD", "bob"))));
        Assert.Equal("rita in demo as reader", Of(await IssueAsync("--user rita", ("OS_CLOUD", "bob"))));
        Assert.Equal("rita in demo as reader", Of(await IssueAsync("--os-cloud rita", ("OS_CLOUD", "bob"))));
    }

    [Fact]
    public async Task Logs_in_by_variables_alone()
    {
        (string, string)[] variables =
        [
            ("OS_AUTH_URL", $"{Url}/"), ("OS_USERNAME", "alice"), ("OS_PASSWORD", "alice-password"), ("OS_USER_DOMAIN_NAME", "Default"),
            ("OS_PROJECT_NAME", "demo"), ("OS_PROJECT_DOMAIN_ID", "default"),
        ];

        Assert.Equal("alice in demo as member,reader", Of(await IssueAsync("", variables)));
        Assert.Equal("bob in other as member,reader", Of(await IssueAsync("--user bob --password bob-password --project other", variables)));
    }

    [Fact]
    public async Task Logs_in_by_the_command_line_alone()
    {
        Assert.Equal("bob in other as member,reader", Of(await IssueAsync($"--auth-url {Url} --user bob --password bob-password --project other")));
        Assert.Equal("bob as ", Of(await IssueAsync($"--auth-url {Url}/v3 --user bob --password bob-password")));
    }

    [Fact]
    public async Task Exchanges_a_token_for_one_of_another_scope()
    {
        var unscoped = (await IssueAsync($"--auth-url {Url} --user alice --password alice-password")).Output.Trim();

        Assert.Equal(
            "alice in demo as member,reader",
            Of(await IssueAsync("--project demo", ("OS_AUTH_URL", Url), ("OS_AUTH_TYPE", "token"), ("OS_TOKEN", unscoped))));
    }

    [Fact]
    public async Task Takes_a_password_that_the_cloud_leaves_out_from_secure_yaml_or_the_variable()
    {
        _folder.Write("clouds.yaml", Clouds.Replace("      password: alice-password\n", "", StringComparison.Ordinal));
        Assert.Equal("alice in demo as member,reader", Of(await IssueAsync("--user alice", ("OS_PASSWORD", "alice-password"))));

        _folder.Write("secure.yaml", "clouds: {alice: {auth: {password: alice-password}}, unknown: {auth: {password: x}}}");
        Assert.Equal("alice in demo as member,reader", Of(await IssueAsync("--user alice")));
    }

    [Fact]
    public async Task Never_sends_one_users_password_with_another_name()
    {
        _folder.Write("clouds.yaml", Clouds);

        var fromCloud = await IssueAsync("--os-cloud alice --user bob");
        var fromVariables = await IssueAsync("--user carol", ("OS_AUTH_URL", Url), ("OS_USERNAME", "alice"), ("OS_PASSWORD", "alice-password"));

        Assert.Equal((ExitCode.Usage, "", "gatewayctl token issue: no password for `bob`: pass `--password`, or set OS_PASSWORD\n"), (fromCloud.ExitCode, fromCloud.Output, fromCloud.Errors));
        Assert.Equal("gatewayctl token issue: no password for `carol`: pass `--password`, or set OS_PASSWORD\n", fromVariables.Errors);
    }

    [Theory]
    [InlineData("--user alice --password wrong", "`alice` was refused a token for project `demo`")]
    [InlineData("--user alice --project other", "`alice` was refused a token for project `other`")]
    [InlineData("--user alice --system", "`alice` was refused a token for the system")]
    public async Task Ends_with_1_when_the_service_refuses(string options, string what)
    {
        _folder.Write("clouds.yaml", Clouds);

        var run = await IssueAsync(options);

        Assert.Equal(
            (ExitCode.Failed, "", $"gatewayctl token issue: {Url}/v3: {what}: The request you have made requires authentication. (401)\n"),
            (run.ExitCode, run.Output, run.Errors));
    }

    [Fact]
    public async Task Ends_with_1_when_the_url_is_not_a_Keystone()
    {
        var run = await IssueAsync($"--auth-url {Url}/.well-known/jwks.json/v3 --user alice --password x");

        Assert.Equal(
            $"gatewayctl token issue: {Url}/.well-known/jwks.json/v3: `alice` was refused a token: The resource could not be found. (404)\n",
            run.Errors);
    }

    [Fact]
    public async Task Ends_with_4_when_nobody_answers()
    {
        var url = Url;
        await _identity.StopAsync();

        var run = await IssueAsync($"--auth-url {url} --user alice --password x");

        Assert.Equal(
            (ExitCode.Unreachable, "", $"gatewayctl token issue: {url}/v3: could not reach the identity service: Connection refused ({new Uri(url).Authority})\n"),
            (run.ExitCode, run.Output, run.Errors));
    }

    [Theory]
    [InlineData("", "nothing says who logs in: pass `--user` or `--os-cloud`, or set OS_CLOUD or OS_AUTH_URL; clouds in clouds.yaml: `alice`, `bob`, `rita`, `admin`, `admin-system`")]
    [InlineData("--os-cloud carol", "--os-cloud: no cloud `carol`; clouds in clouds.yaml: `alice`, `bob`, `rita`, `admin`, `admin-system`")]
    [InlineData("--user carol", "--user: no cloud `carol`, and nothing says where to log in: pass `--auth-url`, or set OS_AUTH_URL; clouds in clouds.yaml: `alice`, `bob`, `rita`, `admin`, `admin-system`")]
    [InlineData("--user alice --project demo --system", "`--project` and `--system` exclude each other: pass one")]
    [InlineData("--user alice --auth-url keystone", "auth_url: `keystone` is not an http or https URL: write one such as http://127.0.0.1:5000/v3")]
    public async Task Ends_with_2_when_something_is_missing_or_contradicts_itself(string options, string error)
    {
        _folder.Write("clouds.yaml", Clouds);

        var run = await IssueAsync(options);

        Assert.Equal((ExitCode.Usage, "", $"gatewayctl token issue: {error}\n"), (run.ExitCode, run.Output, run.Errors));
    }

    [Fact]
    public async Task Reports_everything_that_is_missing_at_once()
    {
        var run = await IssueAsync("", ("OS_AUTH_URL", "ftp://x"), ("OS_SYSTEM_SCOPE", "some"));
        Assert.Equal(
            """
            gatewayctl token issue: nothing says who logs in: pass `--user`, or set OS_USERNAME
            gatewayctl token issue: no password: pass `--password`, or set OS_PASSWORD
            gatewayctl token issue: system_scope: there is no `some`: write `all`
            gatewayctl token issue: auth_url: `ftp://x` is not an http or https URL: write one such as http://127.0.0.1:5000/v3

            """,
            run.Errors);

        _folder.Write("clouds.yaml", "clouds: {half: {auth_type: v3oidcpassword}}");
        run = await IssueAsync("--os-cloud half");
        Assert.Equal(
            """
            gatewayctl token issue: the identity service's URL is missing: pass `--auth-url`, or set OS_AUTH_URL
            gatewayctl token issue: auth_type: cannot log in by `v3oidcpassword`: use `password`, `v3applicationcredential` or `token`

            """,
            run.Errors);
    }

    [Theory]
    [InlineData("clouds: [", "clouds.yaml:2:1: not valid YAML: ")]
    [InlineData("clouds: {alice: {a: 1, a: 2}}", "clouds.yaml:1:24: not valid YAML: ")]
    [InlineData("- a", "clouds.yaml:1:1: the file is not a mapping: write `key: value` lines")]
    [InlineData("clouds:\n  alice: none", "clouds.yaml:2:10: cloud `alice` is not a mapping: write `key: value` lines")]
    [InlineData("clouds:\n  alice:\n    auth: none", "clouds.yaml:3:11: `auth` is not a mapping: write `key: value` lines")]
    public async Task Names_file_and_place_of_what_is_wrong_in_clouds_yaml(string yaml, string error)
    {
        _folder.Write("clouds.yaml", yaml);

        var run = await IssueAsync("--user alice");

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.StartsWith($"gatewayctl token issue: {error}", run.Errors, StringComparison.Ordinal);
        Assert.Equal(1, run.Errors.Count(character => character == '\n'));
    }

    [Fact]
    public async Task Names_a_variable_that_names_no_file()
    {
        var run = await IssueAsync("--user alice", ("OS_CLIENT_CONFIG_FILE", "nowhere.yaml"));

        Assert.Equal("gatewayctl token issue: OS_CLIENT_CONFIG_FILE: there is no file `nowhere.yaml`: name one, or unset the variable\n", run.Errors);
    }

    private Task<Run> IssueAsync(string options, params (string, string)[] variables) =>
        Run.OfAsync(_folder, ["token", "issue", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)], variables);

    /// <summary>What the printed token says: user, scope, roles.</summary>
    private static string Of(Run run)
    {
        Assert.Equal((ExitCode.Ok, ""), (run.ExitCode, run.Errors));
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(run.Output.Trim().Split('.')[1]))!;
        var scope = claims["openstack_project_name"] is { } project ? $" in {project}" : claims["openstack_system"] is { } system ? $" on {system}" : "";
        return $"{claims["openstack_user_name"]}{scope} as {string.Join(',', claims["openstack_roles"]!.AsArray().Select(role => role!.ToString()))}";
    }
}
