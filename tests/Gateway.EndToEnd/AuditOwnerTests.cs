using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>What an administrator does to a project is found by whoever reviews that project, though no rule needed to know whose it was.</summary>
public sealed class AuditOwnerTests(ClientGateway gateway)
{
    private const string Nowhere = "99999999-9999-9999-9999-999999999999";

    [Theory]
    [InlineData("POST", "/action", """{"lock": null}""", "update/lock")]
    [InlineData("POST", "/action", """{"migrate": null}""", "update/migrate")]
    [InlineData("DELETE", "", "", "delete")]
    public async Task A_projects_reviewer_finds_what_an_administrator_did_to_its_server(string method, string below, string body, string action)
    {
        var id = await gateway.NewServerAsync("reviewed");
        var call = RawRequest.Action(await gateway.Clients.TokenAsync("admin"), body) with { Method = method, Target = $"/v2.1/servers/{id}{below}" };

        var answer = await RawConnection.ExchangeAsync(gateway.Process.DataPort, body.Length > 0 ? call : call.Without("Content-Type"));

        Assert.True(answer.Status is 202 or 204, answer.ToString());
        var seen = await Patience.UntilAsync(() => EventsAsync("rita", $"?target_id={id}&action={action}&sort=time:asc&details=true"), found => found.Count >= 2);
        Assert.Equal("intent pending, outcome success", string.Join(", ", seen.Select(e => $"{Kind(e!)} {e!["outcome"]}")));
        Assert.All(seen, e => Assert.Equal((People.Admin, People.AdminProject, People.DemoProject), ((string?)e!["initiator"]!["id"], (string?)e["initiator"]!["project_id"], (string?)e["target"]!["project_id"])));
        Assert.Empty(await EventsAsync("bob", $"?target_id={id}"));
    }

    [Theory]
    [InlineData("PUT", """{"quota_set": {"cores": 7}}""", "update")]
    [InlineData("PUT", "[]", "update")]
    [InlineData("DELETE", "", "delete")]
    public async Task A_projects_reviewer_finds_a_call_that_names_the_project(string method, string body, string action)
    {
        var call = RawRequest.Action(await gateway.Clients.TokenAsync("admin"), body) with { Method = method, Target = $"/v2.1/os-quota-sets/{People.DemoProject}?x={Guid.NewGuid():N}" };

        await RawConnection.ExchangeAsync(gateway.Process.DataPort, body.Length > 0 ? call : call.Without("Content-Type"));

        var path = Uri.EscapeDataString(call.Target);
        var seen = await Patience.UntilAsync(() => EventsAsync("rita", $"?request_path={path}&action={action}"), found => found.Count > 0);
        Assert.All(seen, e => Assert.Equal(People.DemoProject, (string?)e!["target"]!["project_id"]));
        Assert.Empty(await EventsAsync("bob", $"?request_path={path}"));
    }

    [Fact]
    public async Task A_server_is_looked_up_once_and_never_to_read_it()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var process = await GatewayProcess.StartAsync(started => started.WriteLimits("limits: []"), backend.Settings);
        var admin = await new Clients(process).TokenAsync("admin");

        var read = await RawConnection.ExchangeAsync(process.DataPort, new RawRequest("GET", $"/v2.1/servers/{RecordingBackend.ServerId}/os-server-password").As(admin));
        Assert.Equal(404, read.Status);
        Assert.Equal([$"GET /v2.1/servers/{RecordingBackend.ServerId}/os-server-password"], Sent(backend));

        for (var i = 0; i < 3; i++) Assert.Equal(202, (await RawConnection.ExchangeAsync(process.DataPort, RawRequest.Action(admin, """{"lock": null}"""))).Status);
        Assert.Equal([$"GET /v2.1/servers/{RecordingBackend.ServerId}", .. Enumerable.Repeat($"POST {RawRequest.ActionPath}", 3)], Sent(backend).Skip(1));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(401)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(200)]
    [InlineData(null)]
    public async Task Who_needs_no_look_up_gets_the_backends_answer_whatever_becomes_of_it(int? status)
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        backend.LookUp = async context =>
        {
            // Without a status: it does not answer.
            if (status is null) await over.Task.WaitAsync(context.RequestAborted);
            context.Response.StatusCode = status ?? 200;
            await context.Response.WriteAsync("no server");
        };
        await using var process = await GatewayProcess.StartAsync(started => started.WriteLimits("limits: []"), backend.Settings);
        var admin = await new Clients(process).TokenAsync("admin");

        backend.NextAnswer = (404, """{"itemNotFound": {"code": 404, "message": "in the backend's words"}}""");
        var answer = await RawConnection.ExchangeAsync(process.DataPort, RawRequest.Action(admin, """{"lock": null}""") with { Target = $"/v2.1/servers/{Nowhere}/action" });
        over.TrySetResult();

        Assert.Equal((404, true), (answer.Status, answer.Body.Contains("in the backend's words", StringComparison.Ordinal)));
        Assert.Equal([$"GET /v2.1/servers/{Nowhere}", $"POST /v2.1/servers/{Nowhere}/action"], Sent(backend));
        var records = await Patience.UntilAsync(() => RecordedCalls.Of(process.Store, answer.RequestId), found => found.Any(record => record.Kind == "outcome"));
        Assert.All(records, record => Assert.Null(record.Event["target"]!["project_id"]));
    }

    private static string[] Sent(RecordingBackend backend) => [.. backend.Received.Select(request => $"{request.Method} {request.Target}")];

    private static string Kind(JsonNode e) => (string)e["attachments"]!.AsArray().Single(a => (string?)a!["name"] == "record")!["content"]!["kind"]!;

    private async Task<JsonArray> EventsAsync(string user, string query)
    {
        var answer = await RawConnection.ExchangeAsync(gateway.Process.AdminPort, new RawRequest("GET", $"/v1/events{query}").As(await gateway.Clients.TokenAsync(user)));
        Assert.True(answer.Status == 200, answer.ToString());
        return JsonNode.Parse(answer.Body)!["events"]!.AsArray();
    }
}
