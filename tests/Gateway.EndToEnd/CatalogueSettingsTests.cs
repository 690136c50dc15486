using Xunit;

namespace Gateway.EndToEnd;

/// <summary>What operators may set about the catalogue: unlisted operations, schemas of a cluster, actions of their own, and what a release took away.</summary>
public sealed class CatalogueSettingsTests : IAsyncLifetime
{
    private const string Vendor = """
        {
          "service": "compute",
          "prefixes": ["/v2.1", "/v2.1/{project_id}", "/v2", "/v2/{project_id}"],
          "operations": [
            {"name": "servers:action", "method": "POST", "path": "/servers/{server_id}/action", "target": "server", "target_type": "compute/server", "body": "action",
              "actions": [{"key": "acme-defrost", "rules": ["acme:defrost"], "cadf_action": "update/defrost", "success": 202, "body": [{"from": "2.1", "schema": {"type": "null"}}]}]}
          ]
        }
        """;

    private RecordingBackend _backend = null!;
    private GatewayProcess _gateway = null!;
    private string _alice = "";
    private string _admin = "";

    public async ValueTask InitializeAsync()
    {
        _backend = await RecordingBackend.StartAsync(People.DemoProject);
        _gateway = await GatewayProcess.StartAsync(
            gateway =>
            {
                gateway.WriteLimits("limits: []");
                File.WriteAllText(gateway.Path("config", "api", "vendor.json"), Vendor);
                gateway.WritePolicy("\"acme:defrost\": \"rule:admin_or_owner\"\n\"admin_or_owner\": \"role:admin or project_id:%(project_id)s\"\n");
            },
            [
                .. _backend.Settings, "--Api:Unlisted=allow-admin", "--Policy:Defaults=2025.2", "--ReverseProxy:Clusters:recorder:Metadata:Schemas=report",
            ]);
        var clients = new Clients(_gateway);
        (_alice, _admin) = (await clients.TokenAsync("alice"), await clients.TokenAsync("admin"));
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _backend.DisposeAsync();
    }

    [Fact]
    public async Task An_unlisted_operation_is_forwarded_for_administrators_and_unknown_to_everybody_else()
    {
        var request = new RawRequest("POST", "/v2.1/os-vendor/7/defrost").With("Content-Type: application/json").WithBody("{\"slowly\": true}"u8);

        var refused = await SendAsync(request.As(_alice));
        var allowed = await SendAsync(request.As(_admin));

        Assert.Equal((404, "404 Not Found\n\nThe resource could not be found.\n"), (refused.Status, refused.Body));
        Assert.Equal("operation_unknown", Assert.Single(await RecordsAsync(refused, 1)).ReasonCode);
        Assert.Equal(202, allowed.Status);
        var received = Assert.Single(_backend.Actions);
        Assert.Equal(("/v2.1/os-vendor/7/defrost", "{\"slowly\": true}"), (received.Target, System.Text.Encoding.UTF8.GetString(received.Body)));
        var records = await RecordsAsync(allowed, 2);
        Assert.All(records, record => Assert.Equal(("update", "context_is_admin"), (record.Action, (string?)record.Content("decision")!["rule"])));
    }

    [Fact]
    public async Task An_unlisted_operation_has_one_meaning_too()
    {
        var answer = await SendAsync(new RawRequest("POST", "/v2.1/os-vendor").As(_admin).With("Content-Type: application/json").WithBody("{\"a\": 1, \"a\": 2}"u8));

        Assert.Equal((400, "body_duplicate_key"), (answer.Status, Assert.Single(await RecordsAsync(answer, 1)).ReasonCode));
        Assert.Empty(_backend.Received);
    }

    [Fact]
    public async Task Nobody_learns_more_of_an_unlisted_operation_than_that_it_is_not_listed()
    {
        var request = new RawRequest("POST", "/v2.1/os-vendor").With("Content-Type: application/json").WithBody("[1]"u8);

        Assert.Equal(404, (await SendAsync(request.As(_alice))).Status);
        Assert.Equal(400, (await SendAsync(request.As(_admin))).Status);
    }

    [Fact]
    public async Task A_default_rule_makes_no_administrators()
    {
        await using var gateway = await GatewayProcess.StartAsync(
            prepared => prepared.WritePolicy("\"default\": \"@\"\n"), [.. _backend.Settings, "--Api:Unlisted=allow-admin", "--Policy:Defaults=none"]);
        var token = await new Clients(gateway).TokenAsync("alice");

        var answer = await RawConnection.ExchangeAsync(gateway.DataPort, new RawRequest("POST", "/v2.1/os-vendor").As(token).With("Content-Length: 0"));

        Assert.Equal(404, answer.Status);
        Assert.Empty(_backend.Received);
    }

    [Fact]
    public async Task A_body_that_its_schema_does_not_accept_passes_with_a_note_where_a_cluster_says_so()
    {
        const string Body = """{"createBackup": {"name": "b", "backup_type": "daily", "rotation": -1}}""";

        var answer = await SendAsync(RawRequest.Action(_admin, Body));

        Assert.Equal(202, answer.Status);
        Assert.Equal(Body, System.Text.Encoding.UTF8.GetString(Assert.Single(_backend.Actions).Body));
        Assert.Equal(
            "Invalid input for field/attribute rotation. Value: -1. -1 is less than the minimum of 0", (string?)(await RecordsAsync(answer, 2))[0].Content("schema")!["fault"]);
        await Patience.UntilAsync(
            () => RawConnection.ExchangeAsync(_gateway.AdminPort, new RawRequest("GET", "/metrics")),
            metrics => metrics.Body.Contains("gateway_schema_faults_total{", StringComparison.Ordinal) && metrics.Body.Contains("action=\"createBackup\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_action_of_a_vendor_is_decided_by_its_own_rule()
    {
        Assert.Equal(202, (await SendAsync(RawRequest.Action(_alice, """{"acme-defrost": null}"""))).Status);
        Assert.Equal(400, (await SendAsync(RawRequest.Action(_admin, """{"acme-thaw": null}"""))).Status);
        Assert.Single(_backend.Actions);
    }

    [Fact]
    public async Task An_action_that_the_release_took_away_is_gone_for_everybody()
    {
        foreach (var token in new[] { _alice, _admin })
        {
            var answer = await SendAsync(RawRequest.Action(token, """{"resetNetwork": null}"""));

            Assert.Equal(
                (410, """{"computeFault":{"code":410,"message":"This resource is no longer available. No forwarding address is given."}}"""), (answer.Status, answer.Body));
            Assert.Equal("action_gone", Assert.Single(await RecordsAsync(answer, 1)).ReasonCode);
        }

        Assert.Empty(_backend.Received);
    }

    private Task<RawAnswer> SendAsync(RawRequest request) => RawConnection.ExchangeAsync(_gateway.DataPort, request);

    private Task<IReadOnlyList<RecordedCall>> RecordsAsync(RawAnswer answer, int count) =>
        Patience.UntilAsync(() => RecordedCalls.Of(_gateway.Store, answer.RequestId), records => records.Count == count);
}
