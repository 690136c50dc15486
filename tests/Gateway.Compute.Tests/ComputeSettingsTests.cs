using Microsoft.Extensions.Configuration;

namespace Gateway.Compute.Tests;

public sealed class ComputeSettingsTests
{
    [Fact]
    public void Reads_every_setting()
    {
        var options = Read("Development", new()
        {
            ["Compute:ListenUrl"] = "http://127.0.0.2:1",
            ["Compute:ImageListenUrl"] = "http://*:2",
            ["Compute:DatabasePath"] = "x.db",
            ["Compute:SharedSecret"] = "s",
            ["Compute:IdentityUrl"] = "https://identity.example/v3",
            ["Compute:SimulatedStepDelay"] = "00:00:00.050",
            ["Compute:ResetNetworkGone"] = "true",
            ["Other:Key"] = "ignored",
        });

        Assert.Equal(
            new ComputeOptions
            {
                ListenUrl = "http://127.0.0.2:1",
                ImageListenUrl = "http://*:2",
                DatabasePath = "x.db",
                SharedSecret = "s",
                IdentityUrl = "https://identity.example/v3",
                SimulatedStepDelay = TimeSpan.FromMilliseconds(50),
                ResetNetworkGone = true,
                EnvironmentName = "Development",
            },
            options);
    }

    [Fact]
    public void Reports_every_problem_at_once()
    {
        var refused = Assert.Throws<ComputeSettingsException>(() => Read("Production", new()
        {
            ["Compute:ListenUri"] = "x",
            ["Compute:ListenUrl"] = "https://127.0.0.1:1",
            ["Compute:ImageListenUrl"] = "http://example.com:1",
            ["Compute:DatabasePath"] = "/",
            ["Compute:IdentityUrl"] = "identity",
            ["Compute:SimulatedStepDelay"] = "soon",
            ["Compute:ResetNetworkGone"] = "maybe",
        }));

        Assert.Equal(
            [
                "Compute:ListenUri is not a setting; the settings are ListenUrl, ImageListenUrl, DatabasePath, SharedSecret, IdentityUrl, SimulatedStepDelay, ResetNetworkGone",
                "SimulatedStepDelay: `soon` is not a duration, write for example `00:00:00.300`",
                "ResetNetworkGone: `maybe` is neither `true` nor `false`",
                "SharedSecret is not set: give this service and the gateway the same secret, for example the output of `openssl rand -hex 32`",
                "ListenUrl: `https://127.0.0.1:1` is not an address to listen on, write `http://` with an IP address, `localhost` or `*`, and a port, for example `http://127.0.0.1:18774`",
                "ImageListenUrl: `http://example.com:1` is not an address to listen on, write `http://` with an IP address, `localhost` or `*`, and a port, for example `http://127.0.0.1:18774`",
                "IdentityUrl: `identity` is not an http or https address, write for example `http://127.0.0.1:5000`",
                "DatabasePath: `/` is a folder, name a file in it",
                "the `simulated` driver only pretends to run servers and does not start in `Production`: set DOTNET_ENVIRONMENT to `Development` to use it",
            ],
            refused.Problems);
    }

    [Fact]
    public void Does_not_print_the_secret() =>
        Assert.DoesNotContain("hush", new ComputeOptions { SharedSecret = "hush" }.ToString(), StringComparison.Ordinal);

    private static ComputeOptions Read(string environment, Dictionary<string, string?> settings) =>
        ComputeSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), environment);
}
