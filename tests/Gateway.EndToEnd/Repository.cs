namespace Gateway.EndToEnd;

/// <summary>Where things are in the checkout.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Gateway => Built("Gateway", "Gateway");

    public static string Compute => Built("Gateway.Compute", "Gateway.Compute");

    public static string Gatewayctl => Built("Gateway.Cli", "gatewayctl");

    /// <summary>A new directory with what operators edit, policies/ and config/, as shipped.</summary>
    public static string CopyForOperators()
    {
        var directory = Directory.CreateTempSubdirectory("gateway-").FullName;
        foreach (var name in new[] { "policies", "config" })
            CopyTree(Path.Combine(Root, name), Path.Combine(directory, name));
        return directory;
    }

    private static void CopyTree(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

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
