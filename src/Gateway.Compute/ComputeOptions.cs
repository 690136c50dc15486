using Gateway.Compute.Drivers;

namespace Gateway.Compute;

/// <summary>How one compute service runs. README.md lists the settings' names and meanings.</summary>
public sealed record ComputeOptions
{
    /// <summary>Where the compute API listens. Port 0 takes a free one.</summary>
    public string ListenUrl { get; init; } = "http://127.0.0.1:18774";

    /// <summary>Where the image API listens. Port 0 takes a free one.</summary>
    public string ImageListenUrl { get; init; } = "http://127.0.0.1:9292";

    /// <summary>The SQLite file; it and its folder are created when they are not there.</summary>
    public string DatabasePath { get; init; } = Path.Combine("data", "compute", "compute.db");

    /// <summary>The secret the gateway signs identity headers with. Without one the service does not start.</summary>
    public string SharedSecret { get; init; } = "";

    /// <summary>The identity service the image API asks about tokens, with or without <c>/v3</c>.</summary>
    public string IdentityUrl { get; init; } = "http://127.0.0.1:5000";

    /// <summary>How long one step of simulated work takes; a cold migration has five, a backup three.</summary>
    public TimeSpan SimulatedStepDelay { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Answers resetNetwork with 410 as Nova does since Wallaby, instead of 202.</summary>
    public bool ResetNetworkGone { get; init; }

    /// <summary>The simulated driver only runs in <c>Development</c>.</summary>
    public string EnvironmentName { get; init; } = Environments.Production;

    /// <summary>Where the time comes from.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>What is written to the console, from this level on.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Warning;

    /// <summary>True in a program of its own: Ctrl-C and SIGTERM stop the service. Otherwise its host does that.</summary>
    public bool HandlesSignals { get; init; }

    /// <summary>Without the members: the secret must not end up in a log.</summary>
    public override string ToString() => nameof(ComputeOptions);

    /// <summary>Everything that is wrong with these options, each with its remedy; empty when they can be used.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        if (string.IsNullOrWhiteSpace(SharedSecret))
        {
            problems.Add($"{nameof(SharedSecret)} is not set: give this service and the gateway the same secret, for example the output of `openssl rand -hex 32`");
        }

        CheckListen(nameof(ListenUrl), ListenUrl);
        CheckListen(nameof(ImageListenUrl), ImageListenUrl);
        if (!Uri.TryCreate(IdentityUrl, UriKind.Absolute, out var identity) || identity.Scheme is not ("http" or "https"))
            problems.Add($"{nameof(IdentityUrl)}: `{IdentityUrl}` is not an http or https address, write for example `http://127.0.0.1:5000`");
        if (string.IsNullOrWhiteSpace(DatabasePath))
            problems.Add($"{nameof(DatabasePath)} is empty: name the SQLite file to keep servers in");
        else if (Directory.Exists(DatabasePath))
            problems.Add($"{nameof(DatabasePath)}: `{DatabasePath}` is a folder, name a file in it");
        if (SimulatedStepDelay < TimeSpan.Zero || SimulatedStepDelay > TimeSpan.FromHours(1))
            problems.Add($"{nameof(SimulatedStepDelay)}: `{SimulatedStepDelay}` is not between zero and one hour");
        if (EnvironmentName != Environments.Development)
        {
            problems.Add($"the `{SimulatedDriver.Name}` driver only pretends to run servers and does not start in `{EnvironmentName}`: set DOTNET_ENVIRONMENT to `Development` to use it");
        }

        return problems;

        void CheckListen(string name, string url)
        {
            if (!ListenAddress.TryParse(url, out _))
                problems.Add($"{name}: `{url}` is not an address to listen on, write `http://` with an IP address, `localhost` or `*`, and a port, for example `http://127.0.0.1:18774`");
        }
    }
}
