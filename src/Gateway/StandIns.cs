using System.Security.Cryptography;
using Gateway.Compute;
using Gateway.Configuration;
using Gateway.DevIdentity;
using Gateway.Identity;
using Yarp.ReverseProxy.Configuration;

namespace Gateway;

/// <summary>
/// Starts, inside the process and in Development only, what is not configured: an identity service when no issuer is, a compute service with
/// the simulated driver when no cluster is. Everything between them and the gateway goes over HTTP, as it would between real ones.
/// </summary>
internal sealed class StandIns : IAsyncDisposable
{
    private DevIdentityOptions? _identityOptions;
    private WebApplication? _identity;
    private WebApplication? _compute;

    private StandIns()
    {
    }

    /// <summary>Where the development identity listens; null when a real one is configured.</summary>
    public string? IdentityAddress { get; private set; }

    /// <summary>Where the simulated compute service listens; null when a real one is configured.</summary>
    public string? ComputeAddress { get; private set; }

    public string? ImageAddress { get; private set; }

    /// <summary>Routes and clusters in front of the stand-in; null when the operator configured them.</summary>
    public (IReadOnlyList<RouteConfig> Routes, IReadOnlyList<ClusterConfig> Clusters)? Proxy { get; private set; }

    /// <exception cref="InvalidOperationException">Asked for outside Development: the configuration's check should have said so before.</exception>
    public static async Task<StandIns> StartAsync(GatewayConfiguration configuration, string environment)
    {
        var standIns = new StandIns();
        if (!configuration.NeedsIdentityStandIn && !configuration.NeedsComputeStandIn) return standIns;
        if (environment != Environments.Development)
            throw new InvalidOperationException("The stand-ins run in Development only: configure Identity:Issuers or Identity:Keystone, and ReverseProxy:Clusters");
        Directory.CreateDirectory(configuration.Options.DataDirectory);
        try
        {
            if (configuration.NeedsIdentityStandIn) await standIns.StartIdentityAsync(configuration, environment);
            if (configuration.NeedsComputeStandIn) await standIns.StartComputeAsync(configuration, environment);
        }
        catch
        {
            await standIns.DisposeAsync();
            throw;
        }

        return standIns;
    }

    /// <summary>Tells the identity service's catalogue where the gateway's data port is, once it is known.</summary>
    public void GatewayListensAt(string address)
    {
        if (_identityOptions is not null) _identityOptions.ComputeUrl = address + "/v2.1";
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in new[] { _compute, _identity })
        {
            if (service is null) continue;
            await service.StopAsync();
            await service.DisposeAsync();
        }
    }

    private async Task StartIdentityAsync(GatewayConfiguration configuration, string environment)
    {
        var options = configuration.Options;
        _identityOptions = new DevIdentityOptions
        {
            ListenUrl = options.StandIns.Identity,
            ImageUrl = options.StandIns.Image,
            ComputeUrl = options.Listen.Data + "/v2.1",
            UsersFile = options.StandIns.UsersFile ?? (File.Exists(StandInOptions.CustomaryUsersFile) ? StandInOptions.CustomaryUsersFile : null),
            DataDirectory = options.DataDirectory,
            TokenLifetime = TimeSpan.FromSeconds(options.StandIns.TokenSeconds),
            EnvironmentName = environment,
        };
        _identity = DevIdentityHost.Build(_identityOptions);
        await _identity.StartAsync();
        IdentityAddress = DevIdentityHost.UrlOf(_identity);
        options.Identity.AuthUrl ??= IdentityAddress + "/v3";
        options.Identity.Issuers.Add(new IssuerOptions
        {
            Issuer = IdentityAddress + "/v3",
            Audiences = ["compute"],
            Algorithms = ["ES256"],
            // It has the same clock.
            ClockSkewSeconds = 0,
            JwksUrl = IdentityAddress + "/.well-known/jwks.json",
        });
    }

    private async Task StartComputeAsync(GatewayConfiguration configuration, string environment)
    {
        var options = configuration.Options;
        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var compute = new ComputeOptions
        {
            ListenUrl = options.StandIns.Compute,
            ImageListenUrl = options.StandIns.Image,
            DatabasePath = Path.Combine(options.DataDirectory, "compute.db"),
            SharedSecret = secret,
            IdentityUrl = options.Identity.AuthUrl!,
            SimulatedStepDelay = TimeSpan.FromMilliseconds(options.StandIns.StepMilliseconds),
            EnvironmentName = environment,
        };
        _compute = ComputeHost.Build(compute);
        await _compute.StartAsync();
        var addresses = ComputeHost.Addresses(_compute);
        (ComputeAddress, ImageAddress) = (addresses.Compute.ToString().TrimEnd('/'), addresses.Images.ToString().TrimEnd('/'));
        if (_identityOptions is not null) _identityOptions.ImageUrl = ImageAddress!;
        Proxy = (
            [new RouteConfig { RouteId = "compute", ClusterId = "compute", Match = new RouteMatch { Path = "/{**path}" } }],
            [
                new ClusterConfig
                {
                    ClusterId = "compute",
                    Destinations = new Dictionary<string, DestinationConfig>(StringComparer.Ordinal) { ["simulated"] = new() { Address = ComputeAddress! } },
                    Metadata = new Dictionary<string, string>(StringComparer.Ordinal)
                    {
                        [BackendIdentity.ModeKey] = "signed",
                        [BackendIdentity.SecretKey] = secret,
                    },
                },
            ]);
    }
}
