using System.Text.Json.Nodes;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>curl with a token of <c>gatewayctl token issue</c>: for what no shipped client offers any more.</summary>
public sealed class CurlTests(ClientGateway gateway)
{
    [Fact]
    public async Task Injects_network_information_for_an_administrator_alone()
    {
        var id = await gateway.NewServerAsync("injected");

        var accepted = await ActAsync("admin", id, """{"injectNetworkInfo": null}""");
        Assert.Equal((202, ""), accepted);
        var (status, body) = await ActAsync("alice", id, """{"injectNetworkInfo": null}""");
        Assert.Equal(403, status);
        Assert.Equal(
            """{"forbidden":{"code":403,"message":"Policy doesn't allow os_compute_api:os-admin-actions:inject_network_info to be performed."}}""", body);
    }

    [Fact]
    public async Task Answers_alike_for_the_server_of_another_project_and_for_none()
    {
        var id = await gateway.NewServerAsync("unknown-to-bob");
        const string Nowhere = "99999999-9999-9999-9999-999999999999";
        foreach (var action in new[] { """{"createBackup": {"name": "b", "backup_type": "daily", "rotation": 1}}""", """{"migrate": null}""" })
        {
            var hidden = await ActAsync("bob", id, action);
            var missing = await ActAsync("bob", Nowhere, action);

            Assert.Equal(404, hidden.Status);
            Assert.Equal($$$"""{"itemNotFound":{"code":404,"message":"Instance {{{id}}} could not be found."}}""", hidden.Body);
            Assert.Equal(hidden with { Body = hidden.Body.Replace(id, Nowhere, StringComparison.Ordinal) }, missing);
        }
    }

    [Fact]
    public async Task Gets_the_image_of_a_backup_by_location_until_2_44_and_in_the_body_from_2_45()
    {
        var id = await gateway.NewServerAsync("located");
        var token = await gateway.Clients.TokenAsync("alice");
        const string Backup = """{"createBackup": {"name": "located-backup", "backup_type": "daily", "rotation": 2}}""";

        var old = await RawConnection.ExchangeAsync(gateway.Process.DataPort, BackupAt("2.44"));
        Assert.Equal((202, ""), (old.Status, old.Body));
        Assert.Matches("^http://compute\\.example/v2\\.1/images/[0-9a-f-]{36}$", old.Header("Location"));
        Assert.Equal(("compute 2.44", "2.44"), (old.Header("OpenStack-API-Version"), old.Header("X-OpenStack-Nova-API-Version")));
        Assert.Equal(["OpenStack-API-Version", "X-OpenStack-Nova-API-Version"], old.All("Vary"));
        Assert.True(old.HasRequestIds, old.ToString());

        await gateway.RestingAsync(id, "ACTIVE");
        var now = await RawConnection.ExchangeAsync(gateway.Process.DataPort, BackupAt("2.45"));
        Assert.Equal((202, null), (now.Status, now.Header("Location")));
        Assert.Matches("^[0-9a-f-]{36}$", (string?)JsonNode.Parse(now.Body)!["image_id"]);

        RawRequest BackupAt(string version) => (RawRequest.Action(token, Backup) with { Target = $"/v2.1/servers/{id}/action" })
            .With($"OpenStack-API-Version: compute {version}");
    }

    private async Task<(int Status, string Body)> ActAsync(string user, string server, string body)
    {
        var run = await gateway.Clients.CurlAsync(
            "--write-out", "\n%{http_code}", "--header", $"X-Auth-Token: {await gateway.Clients.TokenAsync(user)}", "--json", body,
            $"{gateway.Process.DataPort}v2.1/servers/{server}/action");
        Assert.True(run.ExitCode == 0, run.ToString());
        var end = run.Output.LastIndexOf('\n');
        return (int.Parse(run.Output[(end + 1)..]), run.Output[..end]);
    }
}
