using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Gateway.EndToEnd.Attacks;

/// <summary>
/// HTTP/2 (RFC 9113) over TLS, frame by frame, with header fields exactly as the test writes them: literals without indexing and without Huffman coding
/// (RFC 7541, section 6.2.2). What comes back is told by its frames' types.
/// </summary>
internal sealed class Http2Connection : IAsyncDisposable
{
    public const byte Data = 0, Headers = 1, ResetStream = 3, Settings = 4, GoAway = 7;

    private const byte EndStream = 1, EndHeaders = 4, Acknowledge = 1;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private readonly TcpClient _client;
    private readonly SslStream _tls;
    private readonly CancellationTokenSource _limit = new(Longest);

    private Http2Connection(TcpClient client, SslStream tls) => (_client, _tls) = (client, tls);

    /// <summary>One frame as it was received.</summary>
    internal sealed record Frame(byte Type, byte Flags, int Stream, byte[] Payload)
    {
        public bool EndsStream => (Flags & EndStream) != 0 && Type is Data or Headers;
    }

    public static async Task<Http2Connection> OpenAsync(Uri server)
    {
        var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port);
        var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, presented, _, _) => presented!.Subject == "CN=compute.example");
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "127.0.0.1", ApplicationProtocols = [SslApplicationProtocol.Http2] });
        var connection = new Http2Connection(client, tls);
        await tls.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await connection.SendAsync(Settings, 0, 0, []);
        return connection;
    }

    /// <summary>Sends a HEADERS frame; with a body to come unless it ends the stream.</summary>
    public Task SendHeadersAsync(int stream, bool ends, params IEnumerable<(string Name, string Value)> fields)
    {
        var block = new List<byte>();
        foreach (var (name, value) in fields)
        {
            block.Add(0);
            AddText(block, name);
            AddText(block, value);
        }

        return SendAsync(Headers, (byte)(EndHeaders | (ends ? EndStream : 0)), stream, [.. block]);
    }

    public Task SendDataAsync(int stream, byte[] bytes, bool ends = true) => SendAsync(Data, ends ? EndStream : (byte)0, stream, bytes);

    public Task ResetAsync(int stream) => SendAsync(ResetStream, 0, stream, [0, 0, 0, 8]);

    /// <summary>Frames until one is what is waited for, or the connection ends; settings are acknowledged on the way.</summary>
    public async Task<IReadOnlyList<Frame>> ReadUntilAsync(Func<Frame, bool> isLast)
    {
        var frames = new List<Frame>();
        while (await ReadAsync() is { } frame)
        {
            frames.Add(frame);
            if (frame.Type == Settings && (frame.Flags & Acknowledge) == 0) await SendAsync(Settings, Acknowledge, 0, []);
            if (isLast(frame)) break;
        }

        return frames;
    }

    public async ValueTask DisposeAsync()
    {
        await _tls.DisposeAsync();
        _client.Dispose();
        _limit.Dispose();
    }

    private static void AddText(List<byte> block, string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        // An integer of a 7-bit prefix (RFC 7541, section 5.1).
        if (bytes.Length < 127)
        {
            block.Add((byte)bytes.Length);
        }
        else
        {
            block.Add(127);
            var rest = bytes.Length - 127;
            for (; rest >= 128; rest /= 128) block.Add((byte)((rest % 128) + 128));
            block.Add((byte)rest);
        }

        block.AddRange(bytes);
    }

    private async Task SendAsync(byte type, byte flags, int stream, byte[] payload)
    {
        var head = new byte[9];
        (head[0], head[1], head[2]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length);
        (head[3], head[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(5), stream);
        try
        {
            await _tls.WriteAsync((byte[])[.. head, .. payload], _limit.Token);
        }
        catch (IOException)
        {
            // The server has ended the connection; that shows in what is read.
        }
    }

    private async Task<Frame?> ReadAsync()
    {
        var head = new byte[9];
        try
        {
            await _tls.ReadExactlyAsync(head, _limit.Token);
            var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await _tls.ReadExactlyAsync(payload, _limit.Token);
            return new Frame(head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)) & int.MaxValue, payload);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
