namespace Gateway.Cli.Tests;

/// <summary>Finds files of the repository the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    public static string File(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find(string folder) => System.IO.File.Exists(Path.Combine(folder, "Gateway.sln"))
        ? folder
        : Find(Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Gateway.sln not found above the tests"));
}
