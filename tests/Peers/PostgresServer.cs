using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Peers;

/// <summary>A real PostgreSQL on a port of its own, started as an ordinary user and ended by its process id. Asked through psql.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private static readonly string Programs = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).LastOrDefault() + "/bin" : "";

    private readonly string _directory = Directory.CreateTempSubdirectory("audit-postgres-").FullName;
    private int _port;
    private Process? _process;
    private int _databases;

    private PostgresServer()
    {
        if (Programs.Length == 0) throw new InvalidOperationException("postgresql is not installed");

        // The server refuses to run as root.
        if (Environment.IsPrivilegedProcess) Run("/bin/chown", "nobody", _directory);
        AsOrdinaryUser($"{Programs}/initdb", "-D", Path.Combine(_directory, "data"), "-A", "trust", "-U", "owner", "--no-sync");
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            _port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

    }

    public static async Task<PostgresServer> NewAsync()
    {
        var server = new PostgresServer();
        await server.StartAsync();
        server.Sql("postgres", "CREATE ROLE gateway LOGIN");
        return server;
    }

    public int Port => _port;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Run("/bin/rm", "-rf", _directory);
    }

    /// <summary>A new, empty database; how the gateways' role connects to it.</summary>
    public string NewDatabase()
    {
        var name = $"audit{Interlocked.Increment(ref _databases)}";
        Sql("postgres", $"CREATE DATABASE {name}");
        return $"Host=127.0.0.1;Port={_port};Database={name};Username=gateway";
    }

    /// <summary>The same database as its owner.</summary>
    public static string OwnerOf(string connection) => connection.Replace("Username=gateway", "Username=owner", StringComparison.Ordinal);

    public async Task StartAsync()
    {
        var start = Ordinary($"{Programs}/postgres", "-D", Path.Combine(_directory, "data"), "-p", $"{_port}", "-k", _directory, "-c", "listen_addresses=127.0.0.1");
        start.RedirectStandardError = true;
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
        for (var i = 0; !TrySql("postgres", "SELECT 1"); i++)
        {
            if (i == 300) throw new InvalidOperationException("PostgreSQL did not start");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    /// <summary>Ends the server at once, as an operator does who is in a hurry.</summary>
    public async Task StopAsync()
    {
        if (_process is not { HasExited: false } process) return;
        Signal("QUIT");
        await process.WaitForExitAsync();
    }

    /// <summary>Stops every process of the server where it is, so that it takes connections and answers nothing.</summary>
    public void Hang() => Signal("STOP");

    public void GoOn() => Signal("CONT");

    private void Sql(string database, string sql)
    {
        if (!TrySql(database, sql)) throw new InvalidOperationException($"psql: {sql}");
    }

    private bool TrySql(string database, string sql)
    {
        var start = new ProcessStartInfo($"{Programs}/psql", ["-qX", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", $"{_port}", "-U", "owner", "-d", database, "-c", sql])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd();
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private void Signal(string name)
    {
        var postmaster = File.ReadLines(Path.Combine(_directory, "data", "postmaster.pid")).First();
        var children = Output("/usr/bin/pgrep", "-P", postmaster).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (name is "QUIT") Run("/bin/kill", $"-{name}", postmaster);
        else foreach (var id in children.Prepend(postmaster)) Run("/bin/kill", $"-{name}", id);
    }

    private static void AsOrdinaryUser(string program, params string[] arguments)
    {
        using var process = Process.Start(Ordinary(program, arguments))!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} ended with {process.ExitCode}");
    }

    private static ProcessStartInfo Ordinary(string program, params string[] arguments) => Environment.IsPrivilegedProcess
        ? new ProcessStartInfo("/usr/bin/setpriv", ["--reuid=nobody", "--regid=nogroup", "--clear-groups", program, .. arguments]) { RedirectStandardOutput = true, UseShellExecute = false, WorkingDirectory = "/" }
        : new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false };

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
    }

    private static string Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
