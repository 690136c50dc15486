using System.Diagnostics;
using System.Text.Json;

namespace Gateway.Casbin.Tests.Conformance;

/// <summary>The npm package `casbin`, installed once into a folder below `artifacts/` and asked through oracle.cjs.</summary>
public sealed class Oracle : IAsyncLifetime
{
    private const string Package = "casbin";
    private const string Version = "5.51.1";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly string _folder = Path.Combine(FindRoot(), "artifacts", "casbin-oracle");

    public string Examples => Path.Combine(_folder, "node_modules", Package, "examples");

    public async ValueTask InitializeAsync()
    {
        if (InstalledVersion() == Version)
            return;
        Directory.CreateDirectory(_folder);
        var arguments = new[] { "install", "--prefix", _folder, $"{Package}@{Version}", "--no-audit", "--no-fund" };
        var (code, output) = await RunAsync("npm", arguments);
        if (code != 0)
            (code, output) = await RunAsync("npm", arguments);
        Assert.True(code == 0 && InstalledVersion() == Version, $"npm could not install {Package}@{Version}, which these tests compare with: {output}");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>One answer per question, in order.</summary>
    internal async Task<List<JsonElement>> AskAsync(IEnumerable<object> questions)
    {
        var run = Guid.NewGuid().ToString("N");
        var asked = Path.Combine(_folder, $"questions-{run}.jsonl");
        var answered = Path.Combine(_folder, $"answers-{run}.jsonl");
        try
        {
            await File.WriteAllLinesAsync(asked, questions.Select(question => JsonSerializer.Serialize(question, Json)));
            var script = Path.Combine(AppContext.BaseDirectory, "Conformance", "oracle.cjs");
            var (code, output) = await RunAsync("node", [script, _folder, asked, answered]);
            Assert.True(code == 0, $"the oracle failed: {output}");
            return [.. (await File.ReadAllLinesAsync(answered)).Select(line => JsonElement.Parse(line))];
        }
        finally
        {
            File.Delete(asked);
            File.Delete(answered);
        }
    }

    private string? InstalledVersion()
    {
        var file = Path.Combine(_folder, "node_modules", Package, "package.json");
        return File.Exists(file) ? JsonElement.Parse(File.ReadAllText(file)).GetProperty("version").GetString() : null;
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("the tests do not run inside the repository");
    }
}

/// <summary>One installation for all classes that ask the oracle, one class after the other.</summary>
[CollectionDefinition(nameof(Oracle))]
public sealed class SharedOracle : ICollectionFixture<Oracle>;
