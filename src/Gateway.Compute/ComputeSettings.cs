using System.Globalization;

namespace Gateway.Compute;

/// <summary>Reads <see cref="ComputeOptions"/> from the section <c>Compute</c> of a configuration; the only place that does.</summary>
internal static class ComputeSettings
{
    public const string Section = "Compute";

    private static readonly string[] Keys =
    [
        nameof(ComputeOptions.ListenUrl), nameof(ComputeOptions.ImageListenUrl), nameof(ComputeOptions.DatabasePath),
        nameof(ComputeOptions.SharedSecret), nameof(ComputeOptions.IdentityUrl), nameof(ComputeOptions.SimulatedStepDelay),
        nameof(ComputeOptions.ResetNetworkGone),
    ];

    /// <exception cref="ComputeSettingsException">All that is wrong, at once.</exception>
    public static ComputeOptions Read(IConfiguration configuration, string environmentName)
    {
        var section = configuration.GetSection(Section);
        var problems = new List<string>();
        foreach (var key in section.GetChildren().Select(child => child.Key).Where(key => !Keys.Contains(key, StringComparer.OrdinalIgnoreCase)))
            problems.Add($"{Section}:{key} is not a setting; the settings are {string.Join(", ", Keys)}");

        var defaults = new ComputeOptions();
        var options = defaults with
        {
            ListenUrl = section[nameof(ComputeOptions.ListenUrl)] ?? defaults.ListenUrl,
            ImageListenUrl = section[nameof(ComputeOptions.ImageListenUrl)] ?? defaults.ImageListenUrl,
            DatabasePath = section[nameof(ComputeOptions.DatabasePath)] ?? defaults.DatabasePath,
            SharedSecret = section[nameof(ComputeOptions.SharedSecret)] ?? defaults.SharedSecret,
            IdentityUrl = section[nameof(ComputeOptions.IdentityUrl)] ?? defaults.IdentityUrl,
            EnvironmentName = environmentName,
        };
        if (section[nameof(ComputeOptions.SimulatedStepDelay)] is { } delay)
        {
            if (TimeSpan.TryParseExact(delay, "c", CultureInfo.InvariantCulture, out var parsed))
                options = options with { SimulatedStepDelay = parsed };
            else
                problems.Add($"{nameof(ComputeOptions.SimulatedStepDelay)}: `{delay}` is not a duration, write for example `00:00:00.300`");
        }

        if (section[nameof(ComputeOptions.ResetNetworkGone)] is { } gone)
        {
            if (bool.TryParse(gone, out var parsed))
                options = options with { ResetNetworkGone = parsed };
            else
                problems.Add($"{nameof(ComputeOptions.ResetNetworkGone)}: `{gone}` is neither `true` nor `false`");
        }

        problems.AddRange(options.Problems());
        return problems.Count > 0 ? throw new ComputeSettingsException(problems) : options;
    }
}
