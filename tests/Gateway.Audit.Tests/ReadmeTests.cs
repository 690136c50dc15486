using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Gateway.Audit.Tests;

/// <summary>The verification in the README, which needs none of our code.</summary>
public sealed class ReadmeTests : IDisposable
{
    private readonly TemporaryStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task The_script_in_the_readme_verifies_a_log()
    {
        await _store.FillAsync(calls: 5);
        Assert.Equal((0, "12 records hold\n"), await RunAsync());
    }

    [Fact]
    public async Task The_script_in_the_readme_names_the_first_bad_record()
    {
        await _store.FillAsync(calls: 5);
        _store.Edit(lines => lines.Select(line => line.StartsWith("{\"sequence\":5,", StringComparison.Ordinal) ? line[..^1] + " }" : line));
        Assert.Equal((1, "record 5 does not hold\n"), await RunAsync());
    }

    [Fact]
    public async Task The_script_in_the_readme_sees_the_last_records_removed()
    {
        await _store.FillAsync(calls: 5);
        _store.Edit(lines => lines.Where(line => !line.StartsWith("{\"sequence\":1", StringComparison.Ordinal) || line.StartsWith("{\"sequence\":1,", StringComparison.Ordinal)));
        Assert.Equal((1, "the records end at 9, a head says 12\n"), await RunAsync());
    }

    private async Task<(int ExitCode, string Output)> RunAsync([CallerFilePath] string here = "")
    {
        var python = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Select(d => Path.Combine(d, "python3")).FirstOrDefault(File.Exists);
        Assert.True(python is not null, "python3 is not installed");
        var readme = await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(here)!, "../../src/Gateway.Audit/README.md"), TestContext.Current.CancellationToken);
        var script = readme.Split("```python\n")[1].Split("```")[0];
        using var process = Process.Start(new ProcessStartInfo(python, ["-c", script, _store.Path])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        output += await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output);
    }
}
