namespace Gateway.DevIdentity;

/// <summary>The options of the service run on its own: <c>--name value</c> pairs, and the environment's name from the environment.</summary>
internal static class CommandLine
{
    private const string Known = "--listen-url, --public-url, --compute-url, --image-url, --users-file, --data-directory, --token-lifetime";

    public static DevIdentityOptions Parse(IReadOnlyList<string> args)
    {
        var options = new DevIdentityOptions
        {
            EnvironmentName = Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT")
                ?? Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT")
                ?? Environments.Production,
            DataDirectory = Path.Combine("data", "dev-identity"),
            StopsOnSignals = true,
        };
        var problems = new List<string>();
        for (var i = 0; i < args.Count; i += 2)
        {
            if (i + 1 == args.Count) problems.Add($"{args[i]}: has no value: write `{args[i]} VALUE`; known options: {Known}");
            else if (!TrySet(options, args[i], args[i + 1])) problems.Add($"{args[i]}: cannot take `{args[i + 1]}`: known options: {Known}");
        }

        return problems.Count == 0 ? options : throw new DevIdentityStartException(problems);
    }

    private static bool TrySet(DevIdentityOptions options, string name, string value)
    {
        switch (name)
        {
            case "--listen-url": options.ListenUrl = value; return true;
            case "--public-url": options.PublicUrl = value; return true;
            case "--compute-url": options.ComputeUrl = value; return true;
            case "--image-url": options.ImageUrl = value; return true;
            case "--users-file": options.UsersFile = value; return true;
            case "--data-directory": options.DataDirectory = value; return true;
            case "--token-lifetime" when TimeSpan.TryParse(value, out var lifetime): options.TokenLifetime = lifetime; return true;
            default: return false;
        }
    }
}
