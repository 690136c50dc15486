using Gateway.Configuration;
using OpenTelemetry.Metrics;

namespace Gateway.Admin;

/// <summary>
/// The operators' listener: health and metrics. A web server of its own beside the data port's, so that nothing here can be reached through
/// the other, whatever its routing does.
/// </summary>
internal sealed class AdminListener(GatewayOptions options, MeterProvider meters, IEnumerable<IHealthProbe> probes) : IHostedService, IAsyncDisposable
{
    private WebApplication? _app;

    /// <summary>Where it listens, once started.</summary>
    public string Address => _app?.Urls.First() ?? options.Listen.Admin;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(ListenAddress.Parse(options.Listen.Admin));
        });
        _app = builder.Build();
        _app.UseOpenTelemetryPrometheusScrapingEndpoint(meters, predicate: null, path: "/metrics", configureBranchedPipeline: null, optionsName: null);
        _app.Run(AnswerAsync);
        await _app.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => _app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
    }

    private Task AnswerAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/healthz/live" => WriteAsync(context, new HealthReport("live", [])),
        "/healthz/ready" => WriteAsync(context, HealthReport.Of(probes)),
        _ => NotFoundAsync(context),
    };

    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.StatusCode = report.Status == "unready" ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
        return context.Response.WriteAsJsonAsync(report);
    }

    private static Task NotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return context.Response.WriteAsJsonAsync(new { title = "Not Found", status = 404, detail = "Known here: /healthz/live, /healthz/ready, /metrics" });
    }
}
