namespace Gateway.Cli.Tests;

/// <summary>What a run of the program left behind.</summary>
internal sealed record Run(int ExitCode, string Output, string Errors)
{
    /// <summary>Runs the program inside the test, in a folder and environment of the test's own.</summary>
    public static async Task<Run> OfAsync(TemporaryFolder folder, string[] args, params (string Name, string Value)[] variables)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = folder.File("home") };
        foreach (var (name, value) in variables) environment[name] = value;
        var code = await GatewayCtl.RunAsync(args, new Terminal(output, errors, environment, folder.Path));
        return new Run(code, output.ToString(), errors.ToString());
    }
}

/// <summary>A folder of the test's own, gone with it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("gatewayctl-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Write(string name, string text)
    {
        var path = File(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, text);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
