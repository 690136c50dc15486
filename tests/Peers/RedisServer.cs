using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Peers;

/// <summary>A real redis-server on loopback, in a folder of its own, ended by its process id.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private const string Program = "/usr/bin/redis-server";

    // A node of a cluster listens on its port + 10000, too.
    private const int HighestPort = 55_000;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly string _directory = Directory.CreateTempSubdirectory("redis-").FullName;
    private readonly string[] _arguments;
    private Process? _process;

    private RedisServer(string[] arguments) => _arguments = arguments;

    public int Port { get; } = FreePort();

    public string Address => $"127.0.0.1:{Port}";

    public static async Task<RedisServer> StartAsync(params string[] arguments)
    {
        var server = new RedisServer(arguments);
        await server.RestartAsync();
        return server;
    }

    /// <summary>Starts it on the same port again, empty.</summary>
    public async Task RestartAsync()
    {
        _process?.Dispose();
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = _process = new Process
        {
            StartInfo = new ProcessStartInfo(
                Program,
                ["--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", _directory, .. _arguments])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
            },
            EnableRaisingEvents = true,
        };
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.Contains("Ready to accept connections", StringComparison.Ordinal) == true) ready.TrySetResult();
        };
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException("redis-server ended"));
        process.Start();
        process.BeginOutputReadLine();
        await ready.Task.WaitAsync(Longest);
    }

    /// <summary>Nothing of it runs any more, and nothing is kept.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>STOP hangs it: its connections stay, and nothing is answered; CONT lets it go on.</summary>
    public Task SignalAsync(string signal) => RunAsync("/bin/sh", ["-c", $"kill -{signal} {_process!.Id}"]);

    /// <summary>A command through redis-cli; its output.</summary>
    public Task<string> CommandAsync(params string[] words) => RunAsync("/usr/bin/redis-cli", ["-p", $"{Port}", .. words]);

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false }) await KillAsync();
        _process?.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    internal static async Task<string> RunAsync(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"`{program}` did not start");
        using var limit = new CancellationTokenSource(Longest);
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return process.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException($"`{program}` ended with {process.ExitCode}: {output}");
    }

    private static int FreePort()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            if (port < HighestPort) return port;
        }
    }
}
