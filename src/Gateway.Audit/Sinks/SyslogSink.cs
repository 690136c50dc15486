using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Audit;

/// <summary>Where a syslog receiver is, and how it and the gateway know each other.</summary>
public sealed record SyslogReceiver(string Host, int Port)
{
    /// <summary>Connections are by TLS (RFC 5425).</summary>
    public bool IsSecure { get; init; }

    /// <summary>A PEM file with the authorities that count; null for the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>The gateway's own certificate, if the receiver wants one: PEM.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>Its key; null when it is in the certificate's file.</summary>
    public string? KeyFile { get; init; }

    public int EnterpriseNumber { get; init; } = 32473;

    public override string ToString() => $"{(IsSecure ? "tls" : "tcp")}://{Host}:{Port}";
}

/// <summary>Sends records to a syslog receiver over TCP or TLS.</summary>
/// <remarks>
/// Syslog has no acknowledgement. What was sent has arrived when the receiver, told that nothing more comes, closes its side: it has then read everything. So a
/// connection is ended now and then, and what went over one that broke is sent again.
/// </remarks>
public sealed class SyslogSink : IAuditSink
{
    private const int MostUnsettled = 4 * 1024 * 1024;
    private const int ClosedState = 7; // TCP_CLOSE of Linux: both sides have ended, and the other has acknowledged ours.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SyslogReceiver _receiver;
    private readonly SyslogMessage _message;
    private readonly TimeProvider _time;
    private Socket? _socket;
    private Stream? _stream;
    private long _unsettled;

    public SyslogSink(SyslogReceiver receiver, string stream, TimeProvider time)
    {
        _receiver = receiver;
        _message = new SyslogMessage(Environment.MachineName, stream, receiver.EnterpriseNumber);
        _time = time;
    }

    public string Place => _receiver.ToString();

    public async Task<bool> SendAsync(IReadOnlyList<StoredAuditEvent> records, CancellationToken ct)
    {
        var buffer = new ArrayBufferWriter<byte>(records.Count * 2048);
        foreach (var stored in records) _message.Write(buffer, stored);
        await TryAsync(
            async limit =>
            {
                _stream ??= await ConnectAsync(limit);
                await _stream.WriteAsync(buffer.WrittenMemory, limit);
                await _stream.FlushAsync(limit);
            },
            "it did not take records in time",
            ct);
        _unsettled += buffer.WrittenCount;
        if (_unsettled < MostUnsettled) return false;
        await SettleAsync(ct);
        return true;
    }

    public async Task SettleAsync(CancellationToken ct)
    {
        if (_socket is null) return;
        await TryAsync(
            async limit =>
            {
                if (_stream is SslStream secure) await secure.ShutdownAsync().WaitAsync(limit);
                _socket.Shutdown(SocketShutdown.Send);
                var rest = new byte[4096];
                while (await _socket.ReceiveAsync(rest, limit) > 0)
                {
                    // A TLS receiver's last words.
                }

                if (!HasTakenAll(_socket)) throw new IOException("it closed the connection before it had read everything");
            },
            "it did not close the connection after it was told that nothing more comes, so that nobody knows what it has read",
            ct);
        Close();
    }

    public void Dispose() => Close();

    private async Task<Stream> ConnectAsync(CancellationToken ct)
    {
        var socket = _socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(_receiver.Host, _receiver.Port, ct);
        var plain = new NetworkStream(socket, ownsSocket: false);
        if (!_receiver.IsSecure) return plain;
        var secure = new SslStream(plain);
        await secure.AuthenticateAsClientAsync(SinkTls.Options(_receiver.Host, _receiver.CaFile, _receiver.CertificateFile, _receiver.KeyFile), ct);
        return secure;
    }

    private async Task TryAsync(Func<CancellationToken, Task> work, string late, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(Patience, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            await work(both.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            Close();
            throw new SinkException($"{Place}: {late}");
        }
        catch (Exception e) when (e is IOException or SocketException or AuthenticationException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            Close();
            throw new SinkException($"{Place}: {e.Message}", e);
        }
        catch (OperationCanceledException)
        {
            Close();
            throw;
        }
    }

    /// <summary>
    /// The end that was read came after everything of ours was acknowledged. A receiver that ended before left some of it unread; the system says so
    /// by a reset, or by a state in which our own end is not acknowledged.
    /// </summary>
    private static bool HasTakenAll(Socket socket)
    {
        if ((int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! != 0) return false;
        if (!OperatingSystem.IsLinux()) return true;
        Span<byte> information = stackalloc byte[104];
        return socket.GetRawSocketOption(6, 11, information) > 0 && information[0] == ClosedState; // IPPROTO_TCP, TCP_INFO
    }

    private void Close()
    {
        _stream?.Dispose();
        _socket?.Dispose();
        (_stream, _socket, _unsettled) = (null, null, 0);
    }
}

/// <summary>TLS towards a receiver.</summary>
internal static class SinkTls
{
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A file does not hold what it should.</exception>
    public static SslClientAuthenticationOptions Options(string host, string? caFile, string? certificateFile, string? keyFile)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = host };
        if (caFile is not null)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPemFile(caFile);
            options.CertificateChainPolicy = policy;
        }

        if (certificateFile is not null)
        {
            options.ClientCertificateContext = SslStreamCertificateContext.Create(
                X509Certificate2.CreateFromPemFile(certificateFile, keyFile), additionalCertificates: null, offline: true);
        }

        return options;
    }
}
