using System.Diagnostics;
using System.Globalization;
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
    private readonly string? _clock;
    private Process? _process;

    private RedisServer(string[] arguments, bool ownClock)
    {
        _arguments = arguments;
        if (ownClock) StepClock(_clock = Path.Combine(_directory, "clock"), TimeSpan.Zero);
    }

    public int Port { get; } = FreePort();

    public string Address => $"127.0.0.1:{Port}";

    public static Task<RedisServer> StartAsync(params string[] arguments) => StartAsync(ownClock: false, arguments);

    /// <summary>Starts one whose clock <see cref="StepClock(TimeSpan)"/> can step.</summary>
    public static Task<RedisServer> StartWithClockAsync() => StartAsync(ownClock: true);

    /// <summary>Lets a process that runs with <see cref="ClockSettings"/> see another time of day. It reads the file whenever it likes, and never half of it.</summary>
    internal static void StepClock(string file, TimeSpan by)
    {
        File.WriteAllText(file + ".new", string.Create(CultureInfo.InvariantCulture, $"{(by < TimeSpan.Zero ? "-" : "+")}{Math.Abs(by.TotalSeconds)}"));
        File.Move(file + ".new", file, overwrite: true);
    }

    /// <summary>
    /// The environment of a process that reads its time of day from a file, by Debian's libfaketime. The C library's own malloc comes before any other, whose
    /// asking for the time while the file is read would have no end. Without the last of them a wait until a monotonic time ends at once, and whoever waits so, as
    /// .NET's timers do, asks for the time without pause: a gateway then keeps two processors busy and hears Redis too late.
    /// </summary>
    internal static IEnumerable<KeyValuePair<string, string?>> ClockSettings(string file) =>
    [
        new("LD_PRELOAD", "/usr/$LIB/faketime/libfaketime.so.1:libc.so.6"), new("FAKETIME_TIMESTAMP_FILE", file), new("FAKETIME_NO_CACHE", "1"),
        new("FAKETIME_DONT_FAKE_MONOTONIC", "1"), new("FAKETIME_FORCE_MONOTONIC_FIX", "0"),
    ];

    /// <summary>From now on its time of day is off by so much.</summary>
    public void StepClock(TimeSpan by) => StepClock(_clock ?? throw new InvalidOperationException("it has no clock of its own"), by);

    /// <summary>Starts it on the same port again, empty.</summary>
    /// <param name="isLoading">Waits until it begins to load what it had, and no longer.</param>
    public async Task RestartAsync(bool isLoading = false)
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
        if (_clock is not null)
        {
            foreach (var (name, value) in ClockSettings(_clock)) process.StartInfo.Environment[name] = value;
        }

        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.Contains(isLoading ? "Loading RDB" : "Ready to accept connections", StringComparison.Ordinal) == true) ready.TrySetResult();
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

    private static async Task<RedisServer> StartAsync(bool ownClock, params string[] arguments)
    {
        var server = new RedisServer(arguments, ownClock);
        await server.RestartAsync();
        return server;
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
