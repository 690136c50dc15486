using Xunit;

namespace Gateway.EndToEnd;

/// <summary>
/// What only a backend with OpenStack's own middleware shows: credentials that allow a call and not the look-up before it, and services that go on with what a
/// user began.
/// </summary>
[Collection(nameof(KeystoneGateway))]
public sealed class KeystoneServiceTests(KeystoneGateway gateway) : IAsyncLifetime
{
    private const string Start = """{"os-start": null}""";
    private string? _service;

    private GuardedCompute Compute { get; set; } = null!;

    public async ValueTask InitializeAsync()
    {
        // Without a compute service in the catalogue the middleware takes no access rules.
        _service = await gateway.Keystone.CreateAsync("services", "service", """{"type": "compute", "name": "compute"}""");
        await gateway.Keystone.CreateAsync(
            "endpoints", "endpoint", $$"""{"service_id": "{{_service}}", "interface": "public", "region_id": "RegionOne", "url": "http://127.0.0.1:1/v2.1"}""");
        Compute = await GuardedCompute.StartAsync(gateway.Keystone);
    }

    public async ValueTask DisposeAsync()
    {
        if (Compute is not null) await Compute.DisposeAsync();
        if (_service is not null) await gateway.Keystone.CallAsync(HttpMethod.Delete, $"/services/{_service}");
    }

    [Fact]
    public async Task An_application_credential_that_allows_an_action_alone_is_enough_for_it()
    {
        var token = await ActionsOnlyAsync("actions");
        await using var process = await StartAsync("--Identity:Keystone:UserName=admin", $"--Identity:Keystone:Password={KeystoneProcess.AdminPassword}", "--Identity:Keystone:ProjectName=admin");

        Assert.Equal((202, ""), await CurlAsync(process, GuardedCompute.ServerId, token));
        // The service user sees every server; the caller no more than before.
        var (hidden, missing) = (await CurlAsync(process, GuardedCompute.OthersServerId, token), await CurlAsync(process, GuardedCompute.Nowhere, token));
        Assert.Equal((404, 404), (hidden.Status, missing.Status));
        Assert.Equal(hidden.Body.Replace(GuardedCompute.OthersServerId, GuardedCompute.Nowhere, StringComparison.Ordinal), missing.Body);
    }

    [Fact]
    public async Task Where_the_service_user_may_not_look_either_the_refusal_says_what_to_allow_and_no_more_of_one_server_than_of_another()
    {
        var token = await ActionsOnlyAsync("actions alone");
        await using var process = await StartAsync();
        // The gateway knows of this one by now.
        Assert.Equal((202, ""), await CurlAsync(process, GuardedCompute.OthersServerId, gateway.Keystone.Admin));

        var answers = new List<(int Status, string Body)>();
        foreach (var server in new[] { GuardedCompute.ServerId, GuardedCompute.OthersServerId, GuardedCompute.Nowhere }) answers.Add(await CurlAsync(process, server, token));

        Assert.Equal(
            (403, """{"forbidden":{"code":403,"message":"The application credential's access rules must also allow 'GET /v2.1/servers/{server_id}' of service 'compute': whose server it is has to be looked up first."}}"""),
            Assert.Single(answers.Distinct()));
        var (id, secret) = await gateway.Keystone.CredentialAsync("actions and look-ups", """
            [{"service": "compute", "method": "POST", "path": "/v2.1/servers/{id}/action"}, {"service": "compute", "method": "GET", "path": "/v2.1/servers/{id}"}]
            """);
        Assert.Equal((202, ""), await CurlAsync(process, GuardedCompute.ServerId, await gateway.Keystone.CredentialTokenAsync(id, secret)));
    }

    [Fact]
    public async Task A_service_goes_on_with_a_users_token_that_has_expired_meanwhile()
    {
        string token;
        try
        {
            await gateway.Keystone.LetTokensLiveAsync(seconds: 5);
            token = await gateway.AliceAsync();
        }
        finally
        {
            await gateway.Keystone.LetTokensLiveAsync(KeystoneProcess.TokenLife);
        }

        await using var process = await StartAsync();
        await Patience.UntilAsync(() => CurlAsync(process, GuardedCompute.ServerId, token), answer => answer.Status == 401);

        var service = await gateway.Keystone.TokenAsync("gateway", "service");
        Assert.Equal((202, ""), await CurlAsync(process, GuardedCompute.ServerId, token, service));
        // Known by now; and yet nobody's but a service's.
        Assert.Equal(401, (await CurlAsync(process, GuardedCompute.ServerId, token)).Status);
        Assert.Equal(401, (await CurlAsync(process, GuardedCompute.ServerId, token, await gateway.AliceAsync())).Status);
    }

    private Task<GatewayProcess> StartAsync(params string[] more) =>
        GatewayProcess.StartAsync(own => own.WriteLimits("limits: []"), [.. gateway.Settings, .. Compute.Settings, .. more]);

    private async Task<string> ActionsOnlyAsync(string name)
    {
        var (id, secret) = await gateway.Keystone.CredentialAsync(name, """[{"service": "compute", "method": "POST", "path": "/v2.1/servers/{id}/action"}]""");
        return await gateway.Keystone.CredentialTokenAsync(id, secret);
    }

    private async Task<(int Status, string Body)> CurlAsync(GatewayProcess process, string server, string token, string? service = null)
    {
        string[] more = service is null ? [] : ["-H", $"X-Service-Token: {service}"];
        var run = await ProcessRun.RunAsync(
            "/usr/bin/curl",
            ["-s", "-w", "\n%{http_code}", "-H", $"X-Auth-Token: {token}", "-H", "Content-Type: application/json", "-d", Start, .. more, $"{process.DataPort}v2.1/servers/{server}/action"]);
        Assert.True(run.ExitCode == 0, run.ToString());
        var end = run.Output.LastIndexOf('\n');
        var status = int.Parse(run.Output[(end + 1)..]);
        Assert.True(status < 500, $"{run}\n{process.Output}\n{Compute.Log}");
        return (status, run.Output[..end]);
    }
}
