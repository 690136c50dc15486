using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>Records sent to a real rsyslog over TLS, to a webhook and to a file, while each of them, and the gateway itself, fails.</summary>
public sealed partial class AuditSinkTests
{
    private const string Migrate = """{"migrate": null}""";

    [Fact]
    public async Task Every_record_reaches_every_sink_in_order_although_receivers_and_gateway_are_killed()
    {
        await using var backend = await RecordingBackend.StartAsync(People.DemoProject);
        await using var syslog = await SyslogServer.StartAsync();
        await using var hook = await WebhookServer.StartAsync();
        await using var gateway = await GatewayProcess.StartAsync(
            prepared => prepared.WriteLimits("limits: []"),
            [
                .. backend.Settings,
                $"--Audit:Sinks:siem:Syslog:Address=tls://127.0.0.1:{syslog.Port}", $"--Audit:Sinks:siem:Syslog:CaFile={syslog.CertificateFile}",
                $"--Audit:Sinks:hook:Webhook:Address={hook.Address}", "--Audit:Sinks:hook:Webhook:BatchSize=7", "--Audit:Sinks:hook:Webhook:TimeoutSeconds=2",
                "--Audit:Sinks:archive:File:Path=sent.jsonl",
            ]);
        var token = await new Clients(gateway).TokenAsync("admin");
        await CallAsync(10);

        // The receivers fail; calls do not notice.
        hook.Status = 503;
        await syslog.KillAsync();
        await CallAsync(10);
        await Patience.UntilAsync(ReadyAsync, ready => ready.Contains("hook takes no records", StringComparison.Ordinal) && ready.Contains("siem takes no records", StringComparison.Ordinal));
        var metrics = await AdminAsync("metrics");
        Assert.Contains("""gateway_audit_sink_up{sink="hook"} 0""", Unscoped(metrics), StringComparison.Ordinal);
        Assert.Contains("""gateway_audit_sink_up{sink="archive"} 1""", Unscoped(metrics), StringComparison.Ordinal);
        Assert.DoesNotContain("""gateway_audit_sink_lag{sink="hook"} 0""", Unscoped(metrics), StringComparison.Ordinal);
        Assert.Single(Regex.Matches(gateway.Output, "sink hook takes no records and is tried again: .*: it answered 503"));

        // The webhook hangs, and the gateway is killed meanwhile.
        hook.Hang();
        hook.Status = 200;
        await CallAsync(5);
        await gateway.KillAsync();
        hook.GoOn();
        await syslog.BeginAsync();
        await gateway.RestartAsync();
        token = await new Clients(gateway).TokenAsync("admin");
        await CallAsync(10);

        var last = RecordedCalls.All(gateway.Store)[^1].Sequence;
        foreach (var received in new Func<IReadOnlyList<long>>[] { () => hook.Taken, () => InSyslog(syslog), () => InFile(gateway.Path("sent.jsonl")) })
        {
            var distinct = await Patience.UntilAsync(() => received().Distinct().ToArray(), all => all.Length >= last);
            // Each record came for the first time after the one before it.
            Assert.Equal(Enumerable.Range(1, (int)last).Select(n => (long)n), distinct.Take((int)last));
        }

        var ready = await Patience.UntilAsync(ReadyAsync, ready => ready.Contains("3 take records", StringComparison.Ordinal));
        Assert.Contains("\"audit_sinks\"", ready, StringComparison.Ordinal);
        Assert.All(syslog.Lines, line => Assert.Matches(RfcLine(), line));

        async Task CallAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var answer = await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(token, Migrate));
                Assert.True(answer.Status == 202, answer.ToString());
            }
        }

        Task<string> ReadyAsync() => AdminAsync("healthz/ready");

        async Task<string> AdminAsync(string path)
        {
            using var http = new HttpClient();
            using var answer = await http.GetAsync(new Uri(gateway.AdminPort, path));
            return await answer.Content.ReadAsStringAsync();
        }
    }

    [Fact]
    public async Task A_webhook_that_refuses_for_good_stops_its_sink_which_goes_on_when_that_is_corrected()
    {
        await using var hook = await WebhookServer.StartAsync();
        hook.Status = 401;
        await using var gateway = await GatewayProcess.StartAsync($"--Audit:Sinks:hook:Webhook:Address={hook.Address}");
        await Patience.UntilAsync(() => gateway.Output, output => output.Contains("The audit sink hook stopped at record 0: ", StringComparison.Ordinal));
        Assert.Contains(
            $"{hook.Address}: it answered 401 to records 1 to ", gateway.Output.Split("hook stopped at record 0: ")[1], StringComparison.Ordinal);
        Assert.Equal(1, hook.Asked);

        hook.Status = 200;
        await gateway.SignalAsync("TERM");
        Assert.Equal(0, await gateway.WaitForExitAsync());
        await gateway.RestartAsync();

        await Patience.UntilAsync(() => hook.Taken, taken => taken.Count >= 3);
        Assert.Equal([1, 2, 3], hook.Taken.Take(3));
    }

    /// <summary>The exporter names the meter in a label of every line.</summary>
    private static string Unscoped(string metrics) => ScopeLabels().Replace(metrics, "");

    private static IReadOnlyList<long> InSyslog(SyslogServer syslog) =>
        [.. syslog.Lines.Select(line => SequenceParameter().Match(line)).Where(match => match.Success).Select(match => long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];

    private static IReadOnlyList<long> InFile(string path) => [.. File.ReadAllLines(path).Select(line => (long)JsonNode.Parse(line)!["sequence"]!)];

    [GeneratedRegex("""otel_scope_\w+="[^"]*",?""")]
    private static partial Regex ScopeLabels();

    [GeneratedRegex("sequence=\"(\\d+)\"")]
    private static partial Regex SequenceParameter();

    [GeneratedRegex("^1(10|09|08)\tcompute-gateway\t(intent|outcome|refusal|recovery|access|lifecycle)\t\\[audit@32473 gateway=\"gateway-1\" sequence=\"\\d+\" id=\"[0-9a-f-]{36}\" hash=\"[0-9a-f]{64}\"\\]\t ?\\{.*\\}$")]
    private static partial Regex RfcLine();
}
