using Gateway.Compute.Actions;
using Gateway.Compute.Api;
using Gateway.Compute.Callers;
using Gateway.Compute.Cloud;
using Gateway.Compute.Drivers;
using Gateway.Compute.Images;
using Gateway.Compute.Migrations;
using Gateway.Compute.Operations;
using Gateway.Compute.Servers;
using Gateway.Compute.Storage;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Compute;

/// <summary>The addresses a started compute service listens on.</summary>
public sealed record ComputeAddresses(Uri Compute, Uri Images);

/// <summary>Builds the compute service, for a program of its own or for a host that runs it inside its process.</summary>
public static class ComputeHost
{
    /// <summary>
    /// Opens the database and builds the service; it listens and resumes unfinished work when it is started. It takes nothing
    /// from the process around it: no configuration, no signals (unless asked), and logs to the console as the options say, warnings and errors unless told otherwise.
    /// </summary>
    /// <exception cref="ComputeSettingsException">The options cannot be used; the message says which and what to do.</exception>
    public static WebApplication Build(ComputeOptions options)
    {
        if (options.Problems() is { Count: > 0 } problems)
            throw new ComputeSettingsException(problems);

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(ComputeHost).Assembly.GetName().Name,
            EnvironmentName = options.EnvironmentName,
        });
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(options.LogLevel);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => ConfigureListeners(kestrel, options));
        AddServices(builder.Services, options);

        var app = builder.Build();
        PrepareDatabase(app.Services.GetRequiredService<ComputeDatabase>());
        var compute = app.Services.GetRequiredService<ComputeListener>();
        var images = app.Services.GetRequiredService<ImageListener>();
        app.Run(context => context.Features.Get<ImageListenerMark>() is null ? compute.HandleAsync(context) : images.HandleAsync(context));
        return app;
    }

    /// <summary>Where a started service really listens, also when it was given port 0.</summary>
    public static ComputeAddresses Addresses(WebApplication started)
    {
        // Kestrel lists addresses in the order in which they were bound.
        var addresses = started.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        return new ComputeAddresses(new Uri(addresses[0]), new Uri(addresses[1]));
    }

    private static void ConfigureListeners(KestrelServerOptions kestrel, ComputeOptions options)
    {
        kestrel.AddServerHeader = false;
        // Bodies are bounded by the listener, which answers 413 in the API's own way.
        kestrel.Limits.MaxRequestBodySize = null;
        _ = ListenAddress.TryParse(options.ListenUrl, out var compute);
        _ = ListenAddress.TryParse(options.ImageListenUrl, out var images);
        compute.Bind(kestrel, static _ => { });
        images.Bind(kestrel, static listen => listen.Use(next => connection =>
        {
            connection.Features.Set(new ImageListenerMark());
            return next(connection);
        }));
    }

    private static void AddServices(IServiceCollection services, ComputeOptions options)
    {
        if (!options.HandlesSignals)
            services.AddSingleton<IHostLifetime, HostedLifetime>();
        services.AddSingleton(options.Clock);
        services.AddSingleton(new SimulatedDriver(options.SimulatedStepDelay));
        services.AddSingleton(provider => ComputeDatabase.Open(options.DatabasePath, options.Clock));
        services.AddSingleton<OperationRunner>();
        services.AddHostedService(provider => provider.GetRequiredService<OperationRunner>());
        services.AddSingleton(provider => new SignedCallers(
            options.SharedSecret, options.Clock, provider.GetRequiredService<ILogger<SignedCallers>>()));
        services.AddSingleton(provider => new KeystoneCallers(
            options.IdentityUrl, options.Clock, IdentityClient(), provider.GetRequiredService<ILogger<KeystoneCallers>>()));
        services.AddSingleton(provider => new ComputeListener(
            provider.GetRequiredService<SignedCallers>(), ComputeRoutes(provider, options), options.IdentityUrl, provider.GetRequiredService<ILogger<ComputeListener>>()));
        services.AddSingleton(provider => new ImageListener(
            provider.GetRequiredService<KeystoneCallers>(), ImageRoutes(provider), options.IdentityUrl, provider.GetRequiredService<ILogger<ImageListener>>()));
    }

    private static RouteTable ComputeRoutes(IServiceProvider provider, ComputeOptions options)
    {
        var database = provider.GetRequiredService<ComputeDatabase>();
        var runner = provider.GetRequiredService<OperationRunner>();
        var routes = new RouteTable();
        new ServerEndpoints(database, runner).AddTo(routes);
        new MetadataEndpoints(database).AddTo(routes);
        new ServerActions(database, runner, options.ResetNetworkGone).AddTo(routes);
        new InstanceActionEndpoints(database).AddTo(routes);
        new MigrationEndpoints(database).AddTo(routes);
        new NovaImageEndpoints(database).AddTo(routes);
        new HostEndpoints(database).AddTo(routes);
        new LimitEndpoints(database).AddTo(routes);
        FlavorEndpoints.AddTo(routes);
        KeypairEndpoints.AddTo(routes);
        return routes;
    }

    private static RouteTable ImageRoutes(IServiceProvider provider)
    {
        var routes = new RouteTable();
        new ImageEndpoints(provider.GetRequiredService<ComputeDatabase>()).AddTo(routes);
        return routes;
    }

    private static void PrepareDatabase(ComputeDatabase database) => database.Write(session =>
    {
        foreach (var name in SimulatedDriver.HostNames)
            session.Hosts.EnsureExists(name);
        StockImages.EnsureExist(session);
        return true;
    });

    private static HttpClient IdentityClient() =>
        new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2), PooledConnectionLifetime = TimeSpan.FromMinutes(5), UseCookies = false })
        {
            Timeout = TimeSpan.FromSeconds(5),
        };

    /// <summary>On connections of the image listener.</summary>
    private sealed class ImageListenerMark;

    /// <summary>Started and stopped by the program around it, which has its own ear for signals.</summary>
    private sealed class HostedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
