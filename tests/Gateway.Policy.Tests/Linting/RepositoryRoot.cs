namespace Gateway.Policy.Tests.Linting;

/// <summary>The repository the tests were built from.</summary>
internal static class RepositoryRoot
{
    public static string Path { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string folder) => File.Exists(System.IO.Path.Combine(folder, "Gateway.sln"))
        ? folder
        : Find(System.IO.Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Gateway.sln not found above the tests"));
}
