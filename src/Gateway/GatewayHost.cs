using System.Diagnostics;
using Gateway.Actions;
using Gateway.Admin;
using Gateway.Auditing;
using Gateway.Configuration;
using Gateway.Forwarding;
using Gateway.FrontDoor;
using Gateway.Identity;
using Gateway.Limits;
using Gateway.Policies;
using Gateway.Targets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Net.Http.Headers;
using OpenTelemetry.Metrics;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Gateway;

/// <summary>Builds the gateway's data port, with everything a request walks through.</summary>
internal static class GatewayHost
{
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(25);

    public static WebApplication Build(GatewayConfiguration configuration, StandIns standIns, AuditRecord record, string environment)
    {
        // With one issuer ASP.NET would make its scheme the default and run it before the pipeline does.
        AppContext.SetSwitch("Microsoft.AspNetCore.Authentication.SuppressAutoDefaultScheme", true);
        var options = configuration.Options;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Configure(kestrel, options));
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
        });
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Yarp", LogLevel.Warning).AddFilter("Yarp.ReverseProxy.Forwarder", LogLevel.Error).AddFilter("System", LogLevel.Warning)
            // Its lines are too many for a log, and merely being able to write them makes it keep an activity for each request, which costs and is sent to backends.
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
            // It would warn that its keys are not encrypted where they are kept; they are kept nowhere.
            .AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error)
            // A failed start reaches Program as an exception, which says it once.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Services.AddRouting();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = DrainTime);
        AddRooms(builder.Services, options, record);
        AddProxy(builder.Services, configuration, standIns);

        var app = builder.Build();
        // Read now: a fault in them found while the host starts would be logged with a stack trace, too.
        app.Services.GetRequiredService<PolicyStore>();
        app.Services.GetRequiredService<LimitStore>();
        app.Services.GetRequiredService<AuditRulesStore>();
        // Made by nobody else, and measuring from the start.
        app.Services.GetRequiredService<AuditMetrics>();
        // The pipeline asks who calls, and of endpoints nothing is asked: neither of the two middlewares that are put in otherwise has anything to do.
        ((IApplicationBuilder)app).Properties["__AuthenticationMiddlewareSet"] = true;
        ((IApplicationBuilder)app).Properties["__AuthorizationMiddlewareSet"] = true;
        app.UseRouting();
        app.Use(next =>
        {
            var pipeline = ActivatorUtilities.CreateInstance<GatewayPipeline>(app.Services, new Forwarder(next, app.Services.GetRequiredService<IHttpForwarder>()));
            var unreadable = new UnreadableRequests(pipeline.Unreadable, app.Services.GetRequiredService<TimeProvider>());
            app.Lifetime.ApplicationStopped.Register(unreadable.Watch(app.Services.GetRequiredService<DiagnosticListener>()).Dispose);
            return pipeline.InvokeAsync;
        });
        app.MapReverseProxy();
        return app;
    }

    private static void Configure(KestrelServerOptions kestrel, GatewayOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowResponseHeaderCompression = false;
        kestrel.RequestHeaderEncodingSelector = name =>
            name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase) ? DigitsOnly.Instance
            : name.Equals(HeaderNames.Connection, StringComparison.OrdinalIgnoreCase) ? ConnectionWords.Instance
            : null;
        // The front door's own cap answers in Nova's words; this one, just above it, stops what would be read for nothing.
        kestrel.Limits.MaxRequestBodySize = RequestInspector.LargestBody + 1;
        kestrel.Listen(ListenAddress.Parse(options.Listen.Data), listener =>
        {
            listener.Protocols = HttpProtocols.Http1;
            if (ListenAddress.IsSecure(options.Listen.Data)) kestrel.ApplicationServices.GetRequiredService<ListenerCertificate>().Secure(listener);
            listener.Use(AnswerOutput.Insert);
        });
    }

    private static void AddRooms(IServiceCollection services, GatewayOptions options, AuditRecord record)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        if (options.Listen.CertificateFile is { } certificate)
        {
            services.AddSingleton(provider => ListenerCertificate.Open(certificate, options.Listen.KeyFile, provider.GetRequiredService<ILogger<ListenerCertificate>>()));
            services.AddSingleton<IHealthProbe, CertificateProbe>();
        }

        services.AddSingleton(new MicroversionResolver(Microversion.Parse(options.Api.MaxMicroversion)));
        services.AddSingleton(new RefusalWriter(options.Identity.AuthUrl!));
        services.AddIdentity(options.Identity, TimeProvider.System);
        services.AddSingleton<BackendIdentities>();
        services.AddSingleton(options.Api).AddSingleton(ApiCatalogue.Load(options.Api));
        services.AddSingleton(options.Targets).AddSingleton<BackendAddresses>().AddSingleton<TargetDirectory>();
        services.AddSingleton(options.Policy).AddSingleton<SubjectCredentials>();
        services.AddSingleton(provider => PolicyStore.Open(options.Policy, provider.GetRequiredService<ApiCatalogue>().FurtherRules, provider.GetRequiredService<ILogger<PolicyStore>>()));
        services.AddHostedService<Reloader>();
        services.AddSingleton(provider => OpenLimits(options.Limits, provider)).AddLimits(options.Limits.Redis);
        services.AddAuditing(options.Audit, record, EmbeddedFile.ReadText(AuditRulesStore.CustomaryFile));

        services.AddSingleton<GatewayMetrics>().AddSingleton<AuditMetrics>().AddSingleton<IHealthProbe, SinksProbe>();
        services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(GatewayMetrics.MeterName).AddRuntimeInstrumentation().AddPrometheusExporter());
        services.AddSingleton<IHealthProbe, PolicyProbe>().AddSingleton<IHealthProbe, LimitsProbe>().AddSingleton<IHealthProbe, AuditProbe>().AddSingleton<IHealthProbe, AuditRulesProbe>().AddSingleton<IHealthProbe, IdentityProbe>();
        services.AddSingleton<ClusterRoutes>().AddSingleton<OperationViews>().AddSingleton<IAdminEndpoints, ApiEndpoints>().AddSingleton<IAdminEndpoints, LimitsEndpoints>().AddSingleton<IAdminEndpoints, AuditEndpoints>();
        services.AddSingleton<AdminListener>().AddHostedService(provider => provider.GetRequiredService<AdminListener>());
    }

    private static LimitStore OpenLimits(LimitsOptions options, IServiceProvider provider) => LimitStore.Open(
        options.File ?? (File.Exists(LimitsOptions.CustomaryFile) ? LimitsOptions.CustomaryFile : null),
        EmbeddedFile.ReadText(LimitsOptions.CustomaryFile),
        provider.GetRequiredService<ApiCatalogue>(),
        provider.GetRequiredService<IBucketStore>(),
        provider.GetRequiredService<OpenLeases>(),
        provider.GetRequiredService<ILogger<LimitStore>>());

    private static void AddProxy(IServiceCollection services, GatewayConfiguration configuration, StandIns standIns)
    {
        var proxy = services.AddReverseProxy();
        AffinityKeys.Use(services);
        if (standIns.Proxy is var (routes, clusters)) proxy.LoadFromMemory(routes, clusters);
        else proxy.LoadFromConfig(configuration.ProxySection);
        services.AddSingleton<IForwarderHttpClientFactory, BackendClients>();
        services.AddSingleton<ITransformProvider, BackendRequest>();
    }

    /// <summary>The data port's address, with the port it really has.</summary>
    public static string AddressOf(WebApplication gateway) => gateway.Urls.First();
}
