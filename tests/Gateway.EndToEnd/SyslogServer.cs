using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gateway.Testing;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>Debian's rsyslogd on a port of its own, as an ordinary process: it takes octet-counted messages over TLS and writes each one's parts into a file.</summary>
internal sealed class SyslogServer : IAsyncDisposable
{
    private const string Program = "/usr/sbin/rsyslogd";
    private readonly string _directory = Directory.CreateTempSubdirectory("syslog-").FullName;
    private Process? _process;

    private SyslogServer()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        Port = ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public int Port { get; }

    public string CertificateFile => Path.Combine(_directory, "tls.crt");

    /// <summary>What it wrote: a line for each message: priority, tag, structured data, message.</summary>
    public IReadOnlyList<string> Lines => File.Exists(OutputFile) ? File.ReadAllLines(OutputFile) : [];

    private string OutputFile => Path.Combine(_directory, "received");

    public static async Task<SyslogServer> StartAsync()
    {
        Assert.True(File.Exists(Program), $"{Program}: not installed");
        var server = new SyslogServer();
        using var certificate = TestCertificate.WriteTo(server._directory);
        await File.WriteAllTextAsync(
            Path.Combine(server._directory, "rsyslog.conf"),
            $$"""
            global(workDirectory="{{server._directory}}" maxMessageSize="256k" defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="{{server.CertificateFile}}"
                   defaultNetstreamDriverCertFile="{{server.CertificateFile}}" defaultNetstreamDriverKeyFile="{{Path.Combine(server._directory, "tls.key")}}")
            module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")
            template(name="parts" type="string" string="%pri%\t%app-name%\t%msgid%\t%structured-data%\t%msg%\n")
            input(type="imtcp" address="127.0.0.1" port="{{server.Port}}")
            action(type="omfile" file="{{server.OutputFile}}" template="parts" flushOnTXEnd="on" asyncWriting="off")
            """);
        await server.BeginAsync();
        return server;
    }

    public async Task BeginAsync()
    {
        var start = new ProcessStartInfo(Program, ["-n", "-f", Path.Combine(_directory, "rsyslog.conf"), "-i", Path.Combine(_directory, "pid")])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        await Patience.UntilAsync(IsThereAsync, there => there);
    }

    /// <summary>Ends it as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await KillAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task<bool> IsThereAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
