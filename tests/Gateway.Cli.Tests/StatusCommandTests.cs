using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Cli.Tests;

public sealed class StatusCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Says_that_a_gateway_is_ready()
    {
        await using var admin = await StartAsync(200, """{"status":"ready","checks":{"audit":{"open":3},"policy":["a","b"],"since":null}}""");

        var run = await Run.OfAsync(_folder, ["status", "--url", $"{Url(admin)}/"]);

        Assert.Equal(
            (ExitCode.Ok, $"{Url(admin)}: ready\n  status: ready\n  checks.audit.open: 3\n  checks.policy[0]: a\n  checks.policy[1]: b\n  checks.since: null\n", ""),
            (run.ExitCode, run.Output, run.Errors));
    }

    [Fact]
    public async Task Ends_with_1_and_the_reasons_when_it_is_not_ready()
    {
        await using var admin = await StartAsync(503, "audit: the store does not answer\n\u001b[2Jpolicy: ok\n");

        var run = await Run.OfAsync(_folder, ["status", "--url", Url(admin)]);

        Assert.Equal(
            (ExitCode.Failed, $"{Url(admin)}: not ready\n  audit: the store does not answer\n  \\u001b[2Jpolicy: ok\n", ""),
            (run.ExitCode, run.Output, run.Errors));
    }

    [Theory]
    [InlineData(200, """{"status":"ready"}""", """{"url":"URL","ready":true,"report":{"status":"ready"}}""", ExitCode.Ok)]
    [InlineData(503, "no", """{"url":"URL","ready":false,"report":"no"}""", ExitCode.Failed)]
    public async Task Prints_one_line_of_JSON(int status, string body, string printed, int code)
    {
        await using var admin = await StartAsync(status, body);

        var run = await Run.OfAsync(_folder, ["status", "--format", "json", "--url", Url(admin)]);

        Assert.Equal((code, printed.Replace("URL", Url(admin), StringComparison.Ordinal) + "\n", ""), (run.ExitCode, run.Output, run.Errors));
    }

    [Fact]
    public async Task Ends_with_4_when_nobody_answers()
    {
        string url;
        await using (var admin = await StartAsync(200, "")) url = Url(admin);

        var run = await Run.OfAsync(_folder, ["status", "--url", url]);

        Assert.Equal(
            (ExitCode.Unreachable, "", $"gatewayctl status: {url}: could not reach the gateway: Connection refused ({new Uri(url).Authority})\n"),
            (run.ExitCode, run.Output, run.Errors));
    }

    [Fact]
    public async Task Ends_with_4_when_it_is_not_the_admin_port()
    {
        await using var other = await StartAsync(404, "");

        var run = await Run.OfAsync(_folder, ["status", "--url", Url(other)]);

        Assert.Equal(
            (ExitCode.Unreachable, "", $"gatewayctl status: {Url(other)}: answered 404 to /healthz/ready: is this the admin port of a gateway?\n"),
            (run.ExitCode, run.Output, run.Errors));
    }

    private static string Url(WebApplication app) => app.Urls.Single();

    private static async Task<WebApplication> StartAsync(int status, string body)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        app.UseRouting();
        app.MapGet("/healthz/ready", context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync(body);
        });
        await app.StartAsync();
        return app;
    }
}
