using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Cli.Tests;

public sealed class LimitsCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _asked = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Shows_what_a_caller_has_left()
    {
        await using var admin = await StartAsync(200, """
            {"store":"redis","degraded":"no answer within 10 ms","gateways":2,
             "limits":[{"name":"backups","action":"createBackup","counts":"calls","rate":"20/minute","quota":20,"used":3,"remaining":17,"next_seconds":0,"reset_seconds":8.25,"shadow":false,"degraded":"local"},
                       {"name":"moves","action":null,"counts":"denials","rate":null,"quota":2,"used":0,"remaining":2,"next_seconds":0,"reset_seconds":0,"shadow":true,"degraded":null}],
             "unknown":[{"name":"hosts","needs":"host, cluster"}]}
            """);

        var run = await Run.OfAsync(_folder, ["limits", "show", "--user", "u 1", "--project", "p1", "--role", "a", "b", "--url", Url(admin)]);

        Assert.Equal(["GET /admin/limits?user=u%201&project=p1&role=a&role=b "], _asked);
        Assert.Equal(
            (ExitCode.Ok, """
                counted in redis, shared by 2 gateway(s)
                DEGRADED: Redis cannot be asked: no answer within 10 ms
                LIMIT    ACTION        RATE       QUOTA  USED  LEFT  NEXT IN  WHOLE IN  NOTES
                backups  createBackup  20/minute  20     3     17    0 s      8.25 s    without redis: local
                moves    -             at once    2      0     2     0 s      0 s       denied calls, shadow
                hosts: not shown, tell its host, cluster

                """, ""),
            (run.ExitCode, run.Output, run.Errors));
    }

    [Fact]
    public async Task Shows_who_uses_most()
    {
        await using var admin = await StartAsync(200, """
            [{"name":"a","shadow":false,"met":12,"refused":2,"consumers":[{"who":"user u1","used_percent":97.5}]},{"name":"b","shadow":true,"met":0,"refused":0,"consumers":[]}]
            """);

        var run = await Run.OfAsync(_folder, ["limits", "top", "--url", Url(admin)]);

        Assert.Equal("a: met 12 time(s), refused 2\n   97.5 %  user u1\nb: met 0 time(s), would have refused 0  (never met)\n", run.Output);
    }

    [Fact]
    public async Task Says_what_a_file_would_have_done_to_recorded_calls()
    {
        _folder.Write("limits.yaml", "limits: []");
        await using var admin = await StartAsync(200, """
            {"problems":[],"simulation":{"calls":1204,"refused":31,"from":"2026-03-01T00:00:00+00:00","to":"2026-03-02T00:00:00+00:00",
             "limits":[{"name":"backups","shadow":false,"met":400,"refused":31,"whose":[{"who":"alice","calls":30},{"who":"bob","calls":1}]},{"name":"dead","shadow":true,"met":0,"refused":0,"whose":[]}]}}
            """);

        var run = await Run.OfAsync(_folder, ["limits", "check", "limits.yaml", "--records", "5000", "--url", Url(admin)]);

        Assert.Equal(["POST /admin/limits/check?records=5000 limits: []"], _asked);
        Assert.Equal(
            (ExitCode.Ok, """
                limits.yaml: no problems
                1204 recorded call(s) from 2026-03-01T00:00:00+00:00 to 2026-03-02T00:00:00+00:00; what `config/audit.yaml` records nothing of is not among them
                31 would have been refused
                LIMIT    MET  REFUSED     WHOSE
                backups  400  31          alice 30, bob 1
                dead     0    0 (shadow)  never met

                """, ""),
            (run.ExitCode, run.Output, run.Errors));
    }

    [Fact]
    public async Task Ends_with_1_and_every_problem_of_a_file()
    {
        _folder.Write("new.yaml", "limts: []");
        await using var admin = await StartAsync(200, """{"problems":["limits.yaml:1: unknown key `limts`; known are groups, limits","limits.yaml:1: `limits` must be a list"],"simulation":null}""");

        var run = await Run.OfAsync(_folder, ["limits", "check", "new.yaml", "--url", Url(admin)]);

        Assert.Equal(
            (ExitCode.Failed, "new.yaml:1: unknown key `limts`; known are groups, limits\nnew.yaml:1: `limits` must be a list\n", ""), (run.ExitCode, run.Output, run.Errors));
    }

    [Theory]
    [InlineData(400, """{"detail":"`action=x` is no action of the catalogue"}""", ExitCode.Failed, "`action=x` is no action of the catalogue")]
    [InlineData(500, "", ExitCode.Failed, "answered 500")]
    [InlineData(404, "", ExitCode.Unreachable, "answered 404 to /admin/limits: is this the admin port of a gateway?")]
    public async Task Says_what_the_gateway_said(int status, string body, int code, string message)
    {
        await using var admin = await StartAsync(status, body);

        var run = await Run.OfAsync(_folder, ["limits", "show", "--action", "x", "--url", Url(admin)]);

        Assert.Equal((code, "", $"gatewayctl limits show: {Url(admin)}: {message}\n"), (run.ExitCode, run.Output, run.Errors));
    }

    private async Task<WebApplication> StartAsync(int status, string body)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        var app = builder.Build();
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            _asked.Add($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {await reader.ReadToEndAsync()}");
            context.Response.StatusCode = status;
            await context.Response.WriteAsync(body);
        });
        await app.StartAsync();
        return app;
    }

    private static string Url(WebApplication app) => app.Urls.First();
}
