using System.Text.Json;
using Gateway.Configuration;
using Gateway.FrontDoor;
using OpenTelemetry.Metrics;

namespace Gateway.Admin;

/// <summary>
/// The operators' listener: health, metrics, and what other parts of the gateway show there. A web server of its own beside the data port's, so
/// that nothing here can be reached through the other, whatever its routing does.
/// </summary>
internal sealed class AdminListener(
    GatewayOptions options, MeterProvider meters, IEnumerable<IHealthProbe> probes, IEnumerable<IAdminEndpoints> endpoints, ListenerCertificate? certificate = null)
    : IHostedService, IAsyncDisposable
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
            kestrel.Listen(ListenAddress.Parse(options.Listen.Admin), listener =>
            {
                if (ListenAddress.IsSecure(options.Listen.Admin)) certificate!.Secure(listener);
            });
        });
        if (certificate is not null) builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddRoutingCore();
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower);
        _app = builder.Build();
        _app.UseOpenTelemetryPrometheusScrapingEndpoint(meters, predicate: null, path: "/metrics", configureBranchedPipeline: null, optionsName: null);
        _app.UseRouting();
        foreach (var group in endpoints) group.Map(_app);
        _app.MapGet("/healthz/live", context => WriteAsync(context, new HealthReport("live", [])));
        _app.MapGet("/healthz/ready", context => WriteAsync(context, HealthReport.Of(probes)));
        _app.MapFallback(NotFoundAsync);
        await _app.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => _app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
    }

    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.StatusCode = report.Status == "unready" ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
        return context.Response.WriteAsJsonAsync(report);
    }

    private Task NotFoundAsync(HttpContext context)
    {
        var known = ((IEndpointRouteBuilder)_app!).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Select(endpoint => endpoint.RoutePattern.RawText).Where(path => path is { Length: > 0 } && !path.Contains("{*", StringComparison.Ordinal))
            .Append("/metrics").Distinct().Order(StringComparer.Ordinal);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return context.Response.WriteAsJsonAsync(new { title = "Not Found", status = 404, detail = $"Known here: {string.Join(", ", known)}" });
    }
}
