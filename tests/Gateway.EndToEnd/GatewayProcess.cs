using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>
/// The gateway as a newcomer starts it, in a working directory of its own with copies of policies/ and config/, on ports that the system chooses.
/// </summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);
    private readonly StringBuilder _output = new();
    private readonly string[] _arguments;
    private Process? _process;

    private GatewayProcess(string directory, string[] arguments)
    {
        Directory = directory;
        _arguments = arguments;
    }

    public string Directory { get; }

    /// <summary>Variables of its environment, besides those of the tests.</summary>
    public Dictionary<string, string?> Environment { get; } = new(StringComparer.Ordinal);

    /// <summary>What it printed since it was last started, both streams.</summary>
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

    public Uri? Image { get; private set; }

    public string Store => Path("data", "audit.jsonl");

    public string PolicyFile => Path("policies", "policy.yaml");

    /// <summary>The clouds of config/clouds.yaml, at the identity service's real address.</summary>
    public string CloudsFile => Path("clouds.yaml");

    /// <summary>Starts a gateway and waits until it says that it is ready.</summary>
    /// <param name="arguments">More settings, as <c>--Section:Key=value</c>.</param>
    public static Task<GatewayProcess> StartAsync(params string[] arguments) => StartAsync(_ => { }, arguments);

    /// <inheritdoc cref="StartAsync(string[])"/>
    /// <param name="prepare">Changes the files of its directory before it starts.</param>
    /// <param name="arguments">More settings, as <c>--Section:Key=value</c>.</param>
    public static async Task<GatewayProcess> StartAsync(Action<GatewayProcess> prepare, params string[] arguments)
    {
        var gateway = new GatewayProcess(Repository.CopyForOperators(), arguments);
        prepare(gateway);
        await gateway.RestartAsync();
        return gateway;
    }

    /// <summary>Other limits than those that are shipped, which the tests together would exceed.</summary>
    public void WriteLimits(string yaml) => File.WriteAllText(Path("config", "limits.yaml"), yaml);

    /// <summary>Other rules, put in place in one step: a file half written may be a policy, too.</summary>
    public void WritePolicy(string yaml)
    {
        File.WriteAllText(PolicyFile + ".new", yaml);
        File.Move(PolicyFile + ".new", PolicyFile, overwrite: true);
    }

    public string Path(params string[] below) => System.IO.Path.Combine([Directory, .. below]);

    /// <summary>Starts it in the same directory again, with the same data.</summary>
    public async Task RestartAsync()
    {
        if (_process is { HasExited: false }) throw new InvalidOperationException("it still runs");
        _process?.Dispose();
        lock (_output) _output.Clear();
        var start = new ProcessStartInfo(
            // A shell that runs the tests in the background leaves SIGINT ignored; whoever starts a server by hand does not.
            "/usr/bin/env",
            [
                "--default-signal=INT,TERM", Repository.Gateway,
                "--Listen:Data=http://127.0.0.1:0", "--Listen:Admin=http://127.0.0.1:0", "--StandIns:Identity=http://127.0.0.1:0",
                "--StandIns:Compute=http://127.0.0.1:0", "--StandIns:Image=http://127.0.0.1:0", .. _arguments,
            ])
        {
            WorkingDirectory = Directory,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        foreach (var (name, value) in Environment) start.Environment[name] = value;
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
        Image = Address("image service");
        if (Identity is not null) await WriteCloudsAsync(Identity);

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

    /// <summary>Asks it to end: <c>TERM</c> as an init system does, <c>INT</c> as Ctrl-C does.</summary>
    public async Task SignalAsync(string signal) =>
        Assert.Equal(0, (await ProcessRun.RunAsync("/bin/sh", ["-c", $"kill -{signal} {_process!.Id}"])).ExitCode);

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
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private async Task WriteCloudsAsync(Uri identity)
    {
        var clouds = await File.ReadAllTextAsync(Path("config", "clouds.yaml"));
        var rewritten = clouds.Replace("http://127.0.0.1:5000/", identity.ToString(), StringComparison.Ordinal);
        Assert.NotEqual(clouds, rewritten);
        await File.WriteAllTextAsync(CloudsFile, rewritten);
    }

    private Uri? Address(string label)
    {
        var line = BannerLine().Matches(Output).FirstOrDefault(match => match.Groups["label"].Value.Trim() == label);
        return line is null ? null : new Uri(line.Groups["url"].Value);
    }

    [GeneratedRegex(@"^  (?<label>[a-zA-Z ]+?) +(?<url>https?://\S+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex BannerLine();
}
