using Xunit;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.EndToEnd;

/// <summary>
/// The gateway as a newcomer starts it, in a working directory of its own with copies of policies/ and config/, on ports that the system chooses.
/// </summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);
    private readonly StringBuilder _output = new();
    private readonly bool _ownsDirectory;
    private readonly string[] _arguments;
    private Process? _process;

    private GatewayProcess(string directory, bool ownsDirectory, string[] arguments)
    {
        Directory = directory;
        _ownsDirectory = ownsDirectory;
        _arguments = arguments;
    }

    public string Directory { get; }

    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    public Uri DataPort { get; private set; } = null!;

    public Uri AdminPort { get; private set; } = null!;

    public Uri? Identity { get; private set; }

    public string Store => Path.Combine(Directory, "data", "audit.db");

    public string PolicyFile => Path.Combine(Directory, "policies", "policy.yaml");

    /// <summary>Starts a gateway and waits until it says that it is ready.</summary>
    /// <param name="arguments">More settings, as <c>--Section:Key=value</c>.</param>
    public static async Task<GatewayProcess> StartAsync(params string[] arguments)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("gateway-").FullName;
        foreach (var name in new[] { "policies", "config" })
            CopyTree(Path.Combine(Repository.Root, name), Path.Combine(directory, name));
        var gateway = new GatewayProcess(directory, ownsDirectory: true, arguments);
        await gateway.RestartAsync();
        return gateway;
    }

    /// <summary>Starts it in the same directory again, with the same data.</summary>
    public async Task RestartAsync()
    {
        if (_process is { HasExited: false }) throw new InvalidOperationException("it still runs");
        lock (_output) _output.Clear();
        var start = new ProcessStartInfo(
            Repository.Gateway,
            [
                "--Listen:Data=http://127.0.0.1:0", "--Listen:Admin=http://127.0.0.1:0", "--StandIns:Identity=http://127.0.0.1:0",
                "--StandIns:Compute=http://127.0.0.1:0", "--StandIns:Image=http://127.0.0.1:0", .. _arguments,
            ])
        {
            WorkingDirectory = Directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException("the gateway ended before it was ready"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await ready.Task.WaitAsync(StartLimit);
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException)
        {
            throw new InvalidOperationException($"the gateway did not start:\n{Output}", e);
        }

        DataPort = Address("compute API")!;
        AdminPort = Address("administration")!;
        Identity = Address("identity");

        void Keep(string? line)
        {
            if (line is null) return;
            lock (_output) _output.AppendLine(line);
            // The banner's last line.
            if (line.TrimStart().StartsWith("audit record", StringComparison.Ordinal)) ready.TrySetResult();
        }
    }

    /// <summary>Ends it as <c>kill -9</c> does: nothing of it runs any more, not even a finalizer.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks it to end, as an init system does.</summary>
    public async Task SignalAsync(string signal) =>
        Assert.Equal(0, (await ProcessRun.RunAsync("/bin/kill", ["-s", signal, _process!.Id.ToString()])).ExitCode);

    public async Task<int> WaitForExitAsync()
    {
        using var limit = new CancellationTokenSource(StartLimit);
        await _process!.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false }) await KillAsync();
        _process?.Dispose();
        if (_ownsDirectory) System.IO.Directory.Delete(Directory, recursive: true);
    }

    private Uri? Address(string label) =>
        BannerLine().Matches(Output).FirstOrDefault(match => match.Groups["label"].Value.Trim() == label) is { } line ? new Uri(line.Groups["url"].Value) : null;

    [GeneratedRegex(@"^  (?<label>[a-zA-Z ]+?) +(?<url>http://\S+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex BannerLine();

    private static void CopyTree(string from, string to)
    {
        foreach (var file in System.IO.Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            System.IO.Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
