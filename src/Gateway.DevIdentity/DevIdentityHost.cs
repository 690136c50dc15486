using Gateway.DevIdentity.Http;
using Gateway.DevIdentity.Tokens;
using Gateway.DevIdentity.Users;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;

namespace Gateway.DevIdentity;

/// <summary>Builds the development identity service: the part of Keystone v3 that clients use, for newcomers and tests.</summary>
public static class DevIdentityHost
{
    /// <summary>Checks everything, then builds the service; it listens once started.</summary>
    /// <exception cref="DevIdentityStartException">Not in Development, or options, users file or key file are wrong.</exception>
    public static WebApplication Build(DevIdentityOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var problems = OptionsValidator.Check(options);
        if (problems.Count > 0) throw new DevIdentityStartException(problems);

        var directory = options.UsersFile is { } file ? UsersFile.Read(file) : UsersFile.ReadEmbedded();
        var key = SigningKey.Open(options.DataDirectory);
        var revoked = RevokedTokens.Open(options.DataDirectory, options.TimeProvider);

        // An empty builder: neither the settings nor the environment variables of a surrounding program reach in here.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = options.EnvironmentName });
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning)
            // A failed start reaches the caller as an exception; once is enough.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.UseKestrelCore().UseUrls(options.ListenUrl).ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = RequestBody.MaxBytes;
        });
        builder.Services.AddRoutingCore();
        if (!options.StopsOnSignals) builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, SilentLifetime>());
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(options.TimeProvider);
        builder.Services.AddSingleton(directory);
        builder.Services.AddSingleton(key);
        builder.Services.AddSingleton(revoked);
        builder.Services.AddSingleton<IdentityUrl>();
        builder.Services.AddSingleton<TokenCodec>();
        builder.Services.AddSingleton<TokenIssuer>();
        builder.Services.AddSingleton<ServiceCatalog>();
        builder.Services.AddSingleton<TokenDocument>();

        var app = builder.Build();
        app.UseMiddleware<KeystoneManners>();
        app.UseRouting();
        app.MapVersions();
        app.MapTokens();
        app.MapUsers();
        return app;
    }

    /// <summary>The URL clients reach the started service by, without <c>/v3</c>; tokens are issued by it with <c>/v3</c>.</summary>
    public static string UrlOf(WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        return app.Services.GetRequiredService<IdentityUrl>().Value;
    }

    /// <summary>Leaves signals to the program this host runs in.</summary>
    private sealed class SilentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>The service's own URL: as configured, or the address it listens on, known once it has started.</summary>
internal sealed class IdentityUrl(DevIdentityOptions options, IServer server)
{
    public string Value => options.PublicUrl?.TrimEnd('/')
        ?? server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()?.TrimEnd('/')
        ?? throw new InvalidOperationException("the identity service has no address before it has started");
}
