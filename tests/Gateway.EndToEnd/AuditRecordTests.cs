using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>The record read back with <c>gatewayctl audit</c>, as a reviewer does, beside the gateway that writes it.</summary>
public sealed partial class AuditRecordTests(ClientGateway gateway)
{
    [Fact]
    public async Task Finds_a_refused_call_by_the_request_id_that_the_client_printed()
    {
        var id = await gateway.NewServerAsync("audited");
        var refused = await gateway.Clients.OpenStackAsync("alice", $"server migrate {id}");
        var requestId = Clients.RequestIdIn(refused.Error);

        var listed = await gateway.Clients.GatewayctlAsync($"audit list --request-id {requestId}");
        Assert.True(listed.ExitCode == 0, listed.ToString());
        var row = Assert.Single(listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1));
        Assert.Matches(
            $@"refusal +alice \(member,reader\) +POST update/migrate +{id} +failure 403 +os_compute_api:os-migrate-server:migrate +policy_denied: .+", row);

        var found = Clients.JsonOf(await gateway.Clients.GatewayctlAsync($"audit list --request-id {requestId} --format json"));
        var shown = await gateway.Clients.GatewayctlAsync($"audit show {found["sequence"]}");
        Assert.StartsWith($"record {found["sequence"]}\nhash   {found["hash"]}\n", shown.Output, StringComparison.Ordinal);
        var record = new RecordedCall((long)found["sequence"]!, found["event"]!);
        Assert.Equal((People.Alice, People.DemoProject), ((string?)record.Event["initiator"]!["id"], (string?)record.Event["initiator"]!["project_id"]));
        Assert.Equal((id, People.DemoProject), ((string?)record.Event["target"]!["id"], (string?)record.Event["target"]!["project_id"]));
        var decision = record.Content("decision")!;
        Assert.Equal("os_compute_api:os-migrate-server:migrate", (string?)decision["rule"]);
        Assert.Equal("rule:admin_api", (string?)decision["text"]);
        Assert.False((bool)decision["allowed"]!);
        Assert.Equal(gateway.Process.Output.Split("revision ")[1].Split('\n')[0].Trim(), ((string)decision["revision"]!)[..19]);
    }

    [Fact]
    public async Task Holds_an_intent_and_an_outcome_of_an_allowed_call()
    {
        var id = await gateway.NewServerAsync("audited-allowed");
        var moved = await gateway.Clients.OpenStackAsync("admin", $"server migrate --live-migration --wait {id}");
        Assert.True(moved.ExitCode == 0, moved.ToString());

        var listed = await gateway.Clients.GatewayctlAsync($"audit list --user admin --action update/migrate/live --target {id} --format json");

        var records = listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonNode.Parse(line)!).Select(line => new RecordedCall((long)line["sequence"]!, line["event"]!)).ToArray();
        Assert.Equal(["intent pending", "outcome success"], records.Select(record => $"{record.Kind} {record.Outcome}"));
        Assert.Equal((string?)records[0].Event["id"], (string?)records[1].Content("record")!["intent"]);
        Assert.Equal("os_compute_api:os-migrate-server:migrate_live", (string?)records[0].Content("decision")!["rule"]);
        Assert.True((bool)records[0].Content("decision")!["allowed"]!);
        Assert.Equal(202, (int?)records[1].Content("backend")!["status"]);
        // The compute service's own history of the server names the call by the id it gave it.
        var events = await gateway.Clients.OpenStackJsonAsync("admin", $"server event list {id}");
        Assert.Equal((string?)events[0]!["Request ID"], (string?)records[1].Content("backend")!["request_id"]);
    }

    [Fact]
    public async Task Verifies_while_the_gateway_writes()
    {
        await gateway.NewServerAsync("verified");

        var verified = await gateway.Clients.GatewayctlAsync("audit verify");

        Assert.True(verified.ExitCode == 0, verified.ToString());
        Assert.Matches(@"audit\.jsonl: whole: \d+ records of stream gateway-1, head \d+:[0-9a-f]{64}", verified.Output);
    }

    [Theory]
    [InlineData("edit", "edited: record {n} was edited")]
    [InlineData("another hash", "edited: record {n} was edited")]
    [InlineData("remove", "removed: record {n} was removed")]
    [InlineData("swap with the next", @"reordered: record.*\b{n}\b")]
    [InlineData("repeat", @"duplicate: record.*\b{n}\b")]
    public async Task Names_the_record_that_was_tampered_with(string tampering, string finding)
    {
        // A refused call: its one record is there with its answer.
        var token = await gateway.Clients.TokenAsync("alice");
        var refused = await RawConnection.ExchangeAsync(gateway.Process.DataPort, RawRequest.Action(token, """{"injectNetworkInfo": null}""") with
        {
            Target = $"/v2.1/servers/{await gateway.NewServerAsync("tampered")}/action",
        });
        Assert.Equal(403, refused.Status);
        var victim = Assert.Single(RecordedCalls.Of(gateway.Process.Store, refused.RequestId)).Sequence;
        await gateway.NewServerAsync($"after-{victim}");
        var copy = gateway.Process.Path($"copy-{victim}.jsonl");
        var text = Encoding.Latin1.GetString(RecordedCalls.Text(gateway.Process.Store));
        await File.WriteAllTextAsync(copy, text, Encoding.Latin1);
        var whole = await gateway.Clients.GatewayctlAsync($"audit verify --store {copy}");
        Assert.True(whole.ExitCode == 0, whole.ToString());

        await File.WriteAllTextAsync(copy, Tampered(text, tampering, victim), Encoding.Latin1);

        var verified = await gateway.Clients.GatewayctlAsync($"audit verify --store {copy}");
        Assert.Equal(1, verified.ExitCode);
        Assert.Matches($"^{Regex.Escape(copy)}: {finding.Replace("{n}", $"{victim}", StringComparison.Ordinal)}", verified.Output);
    }

    /// <summary>The text after somebody was at the record's line in it.</summary>
    private static string Tampered(string text, string tampering, long sequence)
    {
        var lines = text.Split('\n').ToList();
        var at = IndexOf(sequence);
        var line = lines[at];
        switch (tampering)
        {
            case "edit":
                lines[at] = line.Replace("\"name\":\"alice\"", "\"name\":\"alicf\"", StringComparison.Ordinal);
                break;
            case "another hash":
                lines[at] = Hash().Replace(line, new string('0', 64), 1);
                break;
            case "remove":
                lines.RemoveAt(at);
                break;
            case "swap with the next":
                var next = IndexOf(sequence + 1);
                (lines[at], lines[next]) = (lines[next], line);
                break;
            case "repeat":
                lines.Insert(at, line);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(tampering), tampering, null);
        }

        var tampered = string.Join('\n', lines);
        Assert.NotEqual(text, tampered);
        return tampered;

        int IndexOf(long number) => lines.FindIndex(one => one.StartsWith($"{{\"sequence\":{number},", StringComparison.Ordinal));
    }

    [GeneratedRegex("(?<=\"hash\":\")[0-9a-f]{64}")]
    private static partial Regex Hash();
}
