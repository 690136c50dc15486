using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>A canary in every place where a secret can stand, of every action, appears nowhere that the gateway writes to.</summary>
public sealed class CanaryTests
{
    private const string Canary = "canary-7f3a9c";

    [Fact]
    public async Task A_secret_sent_in_every_action_appears_nowhere()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var gateway = await GatewayProcess.StartAsync(process => process.WriteLimits("limits: []"),
            [
                .. backend.Settings, "--Audit:CheckpointSeconds=1", "--Audit:Sinks:copy:File:Path=data/copy.jsonl",
                "--Audit:Sinks:ocsf:File:Path=data/ocsf.jsonl", "--Audit:Sinks:ocsf:File:Format=Ocsf",
            ]);
        var clients = new Clients(gateway);
        var admin = await clients.TokenAsync("admin");
        var answers = new StringBuilder();
        var sent = 0;
        foreach (var action in Actions())
        {
            foreach (var body in Bodies(action))
            {
                var answer = await RawConnection.ExchangeAsync(
                    gateway.DataPort,
                    (RawRequest.Action(admin, body.ToJsonString()) with { Target = $"{RawRequest.ActionPath}?password={Canary}" }).With("OpenStack-API-Version: compute 2.1"));
                // A message may quote an address to the one who sent it; nobody else sees it.
                if (!body.ToJsonString().Contains("://", StringComparison.Ordinal)) answers.Append(answer);
                sent++;
            }
        }

        // Not an action, not JSON, not a token, not a path.
        foreach (var body in new[] { $$$"""{"noSuchAction": {"adminPass": "{{{Canary}}}"}}""", $$$"""{"changePassword": {"adminPass": "{{{Canary}}}"}""", $$"""{"changePassword": "{{Canary}}"}""" })
            answers.Append(await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(admin, body)));
        answers.Append(await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(Canary, "{}")));
        answers.Append(await RawConnection.ExchangeAsync(gateway.DataPort, new RawRequest("GET", $"/v2.1/servers/detail?x=1&auth_token={Canary}").As(admin)));
        answers.Append(await RawConnection.ExchangeAsync(gateway.AdminPort, new RawRequest("GET", $"/v1/events?search=reboot&token={Canary}").As(admin)));
        // A console's token is part of a path; refused or not, spelt as it may.
        foreach (var target in new[] { $"/v2.1/os-console-auth-tokens/{Canary}", $"/v2.1/os-console-auth-tokens/{Canary}/", $"/v2.1/os%2dconsole-auth-tokens/{Canary}", $"/v2.1//os-console-auth-tokens/{Canary}" })
            answers.Append(await RawConnection.ExchangeAsync(gateway.DataPort, new RawRequest("GET", target).As(admin)));
        foreach (var query in new[] { $"x=1;password={Canary}", $"a%2564minPass={Canary}", $"url=http://a:{Canary}%40b" })
            answers.Append(await RawConnection.ExchangeAsync(gateway.DataPort, new RawRequest("GET", $"/v2.1/servers/detail?{query}").As(admin)));
        answers.Append(await RawConnection.ExchangeAsync(
            gateway.DataPort, new RawRequest("GET", "/v2.1/servers").As(admin).With($"User-Agent: https://x/?token={Canary}", $"X-Forwarded-For: https://user:{Canary}@proxy")));
        var create = new JsonObject
        {
            ["server"] = new JsonObject
            {
                ["name"] = "web",
                ["adminPass"] = Canary,
                ["user_data"] = Canary,
                ["metadata"] = new JsonObject { ["m"] = Canary },
                ["personality"] = new JsonArray(new JsonObject { ["path"] = "/etc/x", ["contents"] = Canary }),
            },
        };
        answers.Append(await RawConnection.ExchangeAsync(gateway.DataPort, (RawRequest.Action(admin, create.ToJsonString()) with { Target = "/v2.1/servers" })));
        Assert.True(sent > 100, $"{sent} sent");
        Assert.Contains(backend.Actions, received => Encoding.UTF8.GetString(received.Body).Contains(Canary, StringComparison.Ordinal));

        var metrics = await RawConnection.ExchangeAsync(gateway.AdminPort, new RawRequest("GET", "/metrics"));
        await Patience.UntilAsync(() => Directory.GetFiles(gateway.Path("data"), "audit.index*"), files => files.Length > 0);
        Assert.Equal(0, (await clients.GatewayctlAsync("audit stats")).ExitCode);
        await Patience.UntilAsync(() => clients.GatewayctlAsync("audit export canary.zip"), run => run.ExitCode == 0);
        var csv = await clients.GatewayctlAsync("audit search --limit 100000 --format csv");

        Assert.DoesNotContain(Canary, answers.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, metrics.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, gateway.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, csv.Output, StringComparison.Ordinal);
        Assert.Contains("changePassword", csv.Output + File.ReadAllText(gateway.Store, Encoding.Latin1), StringComparison.Ordinal);
        using (var zip = await ZipFile.OpenReadAsync(gateway.Path("canary.zip")))
        {
            foreach (var entry in zip.Entries)
            {
                using var reader = new StreamReader(await entry.OpenAsync());
                Assert.DoesNotContain(Canary, await reader.ReadToEndAsync(), StringComparison.Ordinal);
            }
        }

        var last = RecordedCalls.All(gateway.Store)[^1].Sequence;
        foreach (var copy in new[] { "copy.jsonl", "ocsf.jsonl" }) await Patience.UntilAsync(() => File.ReadAllLines(gateway.Path("data", copy)).Length, lines => lines >= last);
        await gateway.KillAsync();
        foreach (var file in Directory.GetFiles(gateway.Path("data"), "*", SearchOption.AllDirectories))
        {
            var at = (await File.ReadAllBytesAsync(file)).AsSpan().IndexOf(Encoding.ASCII.GetBytes(Canary));
            Assert.True(at < 0, $"{file} has it at {at}");
        }
    }

    [Fact]
    public async Task A_secret_in_any_body_of_the_catalogue_appears_nowhere()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var syslog = await SyslogServer.StartAsync();
        await using var gateway = await GatewayProcess.StartAsync(process => process.WriteLimits("limits: []"),
            [
                .. backend.Settings, $"--Api:MaxMicroversion={CanaryBodies.Newest}", "--Audit:CheckpointSeconds=1", "--Audit:Sinks:copy:File:Path=data/copy.jsonl",
                "--Audit:Sinks:ocsf:File:Path=data/ocsf.jsonl", "--Audit:Sinks:ocsf:File:Format=Ocsf",
                $"--Audit:Sinks:siem:Syslog:Address=tls://127.0.0.1:{syslog.Port}", $"--Audit:Sinks:siem:Syslog:CaFile={syslog.CertificateFile}",
            ]);
        var clients = new Clients(gateway);
        var admin = await clients.TokenAsync("admin");
        var calls = CanaryBodies.All(Canary).ToArray();
        var answers = new StringBuilder();
        foreach (var call in calls)
        {
            var answer = await RawConnection.ExchangeAsync(gateway.DataPort, call.As(admin));
            // A message may quote an address to the one who sent it; nobody else sees it.
            if (!call.Body.Contains("://", StringComparison.Ordinal)) answers.AppendLine(answer.ToString());
        }

        // The test sends what it means to: every operation, most of it to the backend, and every call is on record.
        var known = calls.Select(call => call.Operation).Distinct(StringComparer.Ordinal).ToArray();
        Assert.True(known.Length > 90, $"{known.Length}: {string.Join(' ', known)}");
        Assert.All(calls.GroupBy(call => call.Operation), calls => Assert.Contains(calls, call => call.Body.Contains(Canary, StringComparison.Ordinal)));
        var received = backend.Received.Where(request => Encoding.UTF8.GetString(request.Body).Contains(Canary, StringComparison.Ordinal)).Select(request => $"{request.Method} {request.Target}").ToHashSet(StringComparer.Ordinal);
        Assert.True(received.Count > 30, string.Join('\n', received));
        var records = await Patience.UntilAsync(
            () => RecordedCalls.All(gateway.Store), records => records.Count(record => record.Kind is "intent") == records.Count(record => record.Kind is "outcome"));
        Assert.Equal(calls.Length, records.Count(record => record.Kind is "intent" or "refusal"));
        Assert.True(records.Count(record => record.Content("request")?["body"] is not null) > calls.Length / 2);

        var outputs = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["answers"] = answers.ToString(),
            ["log"] = gateway.Output,
            ["metrics"] = (await RawConnection.ExchangeAsync(gateway.AdminPort, new RawRequest("GET", "/metrics"))).Body,
            ["events"] = (await RawConnection.ExchangeAsync(gateway.AdminPort, new RawRequest("GET", "/v1/events?limit=1000&details=true").As(admin))).Body,
        };
        await Patience.UntilAsync(() => clients.GatewayctlAsync("audit export canary.zip"), run => run.ExitCode == 0);
        foreach (var format in new[] { "csv", "json" }) outputs[format] = (await clients.GatewayctlAsync($"audit search --limit 100000 --format {format}")).Output;
        outputs["list"] = (await clients.GatewayctlAsync("audit list --limit 100000 --format json")).Output;
        await using (var zip = await ZipFile.OpenReadAsync(gateway.Path("canary.zip")))
        {
            foreach (var entry in zip.Entries)
            {
                using var reader = new StreamReader(await entry.OpenAsync());
                outputs[$"bundle: {entry.FullName}"] = await reader.ReadToEndAsync();
            }
        }

        foreach (var copy in new[] { "copy.jsonl", "ocsf.jsonl" }) await Patience.UntilAsync(() => File.ReadAllLines(gateway.Path("data", copy)).Length, lines => lines >= records.Count);
        outputs["syslog"] = string.Join('\n', await Patience.UntilAsync(() => syslog.Lines, lines => lines.Count >= records.Count));
        await gateway.KillAsync();
        foreach (var file in Directory.GetFiles(gateway.Path("data"), "*", SearchOption.AllDirectories)) outputs[file] = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file));

        Assert.All(outputs, output => Assert.True(output.Value.Length > 0 || output.Key.StartsWith('/'), $"{output.Key} is empty"));
        var leaks = outputs.Select(output => (output.Key, At: output.Value.IndexOf(Canary, StringComparison.Ordinal), Text: output.Value)).Where(leak => leak.At >= 0);
        Assert.Empty(leaks.Select(leak => $"{leak.Key}: {leak.Text[Math.Max(0, leak.At - 300)..leak.At]}"));
    }

    /// <summary>The 41 actions with a body's schema each.</summary>
    private static IEnumerable<JsonElement> Actions()
    {
        using var catalogue = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "config/api/compute-server-actions.json")));
        return [.. catalogue.RootElement.GetProperty("operations")[0].GetProperty("actions").EnumerateArray().Select(action => action.Clone())];
    }

    /// <summary>The canary under every name that a password, key or token goes by: beside the action's own members, inside one, and in an address.</summary>
    private static IEnumerable<JsonObject> Bodies(JsonElement action)
    {
        var key = action.GetProperty("key").GetString()!;
        yield return new JsonObject { [key] = new JsonObject { ["adminPass"] = Canary } };
        yield return new JsonObject { [key] = new JsonObject { ["name"] = "x", ["metadata"] = new JsonObject { ["k"] = Canary }, ["user_data"] = Canary, ["personality"] = new JsonArray(new JsonObject { ["path"] = Canary, ["contents"] = Canary }) } };
        yield return new JsonObject { [key] = new JsonObject { ["deep"] = new JsonArray(new JsonObject { ["auth_token"] = new JsonArray(Canary), ["DB-Password"] = new JsonObject { ["x"] = Canary } }) } };
        yield return new JsonObject { [key] = new JsonObject { ["url"] = $"https://console.example/vnc_auto.html?path=%3Ftoken%3D{Canary}", ["type"] = $"rbd://u:{Canary}@store/x" } };
        yield return new JsonObject { [key] = new JsonObject { ["imageRef"] = "70a599e0-31e7-49b7-b260-868f441e862b", ["adminPass"] = Canary, ["preserve_ephemeral"] = false } };
        yield return new JsonObject { [key] = new JsonObject { ["name"] = "b", ["backup_type"] = "daily", ["rotation"] = 1, ["metadata"] = new JsonObject { ["secret"] = Canary } } };
    }
}
