namespace Gateway.DevIdentity;

/// <summary>Finds every problem of the options at once.</summary>
internal static class OptionsValidator
{
    public static IReadOnlyList<string> Check(DevIdentityOptions options)
    {
        var problems = new List<string>();
        if (options.EnvironmentName != Environments.Development)
        {
            problems.Add("the development identity service refuses to run in environment " +
                $"`{options.EnvironmentName}`: its passwords are public; use a real Keystone or OIDC provider, or set ASPNETCORE_ENVIRONMENT=Development");
        }

        CheckUrl(problems, "ListenUrl", options.ListenUrl);
        CheckUrl(problems, "PublicUrl", options.PublicUrl);
        CheckUrl(problems, "ComputeUrl", options.ComputeUrl);
        CheckUrl(problems, "ImageUrl", options.ImageUrl);
        if (options.TokenLifetime < TimeSpan.FromSeconds(1) || options.TokenLifetime.Ticks % TimeSpan.TicksPerSecond != 0)
            problems.Add($"TokenLifetime: `{options.TokenLifetime}` is not a whole number of seconds, at least 1: write hh:mm:ss, such as 01:00:00");
        return problems;
    }

    private static void CheckUrl(List<string> problems, string name, string? value)
    {
        if (value is null && name == "PublicUrl") return;
        if (Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && (name != "ListenUrl" || url.Scheme == "http"))
            return;
        var example = name == "ListenUrl" ? "http://127.0.0.1:5000" : "http://127.0.0.1:8774/v2.1";
        problems.Add($"{name}: `{value}` is not an absolute {(name == "ListenUrl" ? "http" : "http or https")} URL: write one such as {example}");
    }
}
