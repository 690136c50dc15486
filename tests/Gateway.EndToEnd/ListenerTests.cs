using Xunit;

namespace Gateway.EndToEnd;

/// <summary>Two listeners, for two kinds of people: nothing of one is reached through the other.</summary>
public sealed class ListenerTests(ClientGateway gateway)
{
    [Theory]
    [InlineData("/healthz/live")]
    [InlineData("/healthz/ready")]
    [InlineData("/metrics")]
    public async Task Shows_operators_what_the_data_port_does_not(string path)
    {
        var onAdmin = await RawConnection.ExchangeAsync(gateway.Process.AdminPort, new RawRequest("GET", path));
        Assert.Equal(200, onAdmin.Status);

        Assert.Equal(401, (await OnDataAsync(null)).Status);
        var known = await OnDataAsync(await gateway.Clients.TokenAsync("admin"));
        Assert.Equal((404, "404 Not Found\n\nThe resource could not be found.\n"), (known.Status, known.Body));

        Task<RawAnswer> OnDataAsync(string? token) => RawConnection.ExchangeAsync(gateway.Process.DataPort, new RawRequest("GET", path).As(token));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/v2.1")]
    [InlineData("/v2.1/servers")]
    [InlineData("/v3/auth/tokens")]
    public async Task Serves_nothing_of_the_API_to_operators(string path)
    {
        var token = await gateway.Clients.TokenAsync("admin");
        var onAdmin = await RawConnection.ExchangeAsync(gateway.Process.AdminPort, new RawRequest("GET", path).As(token));
        Assert.Equal(404, onAdmin.Status);
        Assert.Null(onAdmin.Header("x-compute-request-id"));
    }

    [Theory]
    [InlineData("GET", "/v2.1/", 200)]
    [InlineData("HEAD", "/", 200)]
    [InlineData("HEAD", "/v2.1/", 200)]
    [InlineData("HEAD", "/v2.1/servers", 401)]
    public async Task Shows_the_version_documents_and_nothing_else_without_a_token(string method, string path, int status)
    {
        using var client = new HttpClient();
        using var answer = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), new Uri(gateway.Process.DataPort, path)));
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public void Says_in_its_banner_what_runs_where_and_on_which_rules()
    {
        var banner = gateway.Process.Output;
        Assert.StartsWith("Compute Gateway is ready.", banner, StringComparison.Ordinal);
        foreach (var service in new[] { "compute API", "administration", "identity", "compute service", "image service" })
            Assert.Matches($@"(?m)^  {service} +http://127\.0\.0\.1:[1-9]\d+", banner);
        Assert.Equal(3, banner.Split("stand-in").Length - 1);
        Assert.Matches(@"(?m)^  configuration +config/gateway\.json$", banner);
        Assert.Matches(@"(?m)^  policy +seed defaults, revision sha256:[0-9a-f]{12}$", banner);
        Assert.Matches(@"(?m)^  audit record +data/audit\.jsonl$", banner);
    }

    [Fact]
    public async Task Says_that_it_is_ready_and_what_it_counted()
    {
        var status = await gateway.Clients.GatewayctlAsync($"status --url {gateway.Process.AdminPort}");
        Assert.True(status.ExitCode == 0, status.ToString());
        Assert.Contains(": ready", status.Output, StringComparison.Ordinal);

        var id = await gateway.NewServerAsync("counted");
        var before = await CountAsync();
        var refused = await gateway.Clients.NovaAsync("alice", $"reset-network {id}");
        Assert.Equal(1, refused.ExitCode);
        Assert.True(await CountAsync() > before);

        async Task<long> CountAsync()
        {
            var metrics = await RawConnection.ExchangeAsync(gateway.Process.AdminPort, new RawRequest("GET", "/metrics"));
            var line = metrics.Body.Split('\n').SingleOrDefault(line =>
                line.StartsWith("gateway_requests_total{", StringComparison.Ordinal) && line.Contains("operation=\"resetNetwork\"", StringComparison.Ordinal)
                && line.Contains("status=\"403\"", StringComparison.Ordinal) && line.Contains("reason=\"policy_denied\"", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.Split('}')[1].Trim().Split(' ')[0]);
        }
    }
}
