namespace Gateway.EndToEnd;

/// <summary>Where things are in the checkout.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Gateway => Built("Gateway", "Gateway");

    public static string Gatewayctl => Built("Gateway.Cli", "gatewayctl");

    private static string Built(string project, string program)
    {
        // artifacts/bin/Gateway.EndToEnd/<configuration>/
        var configuration = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Name;
        return Path.Combine(Root, "artifacts", "bin", project, configuration, program);
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Gateway.sln")))
            directory = directory.Parent ?? throw new InvalidOperationException($"no Gateway.sln above {AppContext.BaseDirectory}");
        return directory.FullName;
    }
}
