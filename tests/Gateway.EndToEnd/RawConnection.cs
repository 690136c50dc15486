using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.EndToEnd;

/// <summary>An HTTP answer as it came over the wire.</summary>
internal sealed partial record RawAnswer(int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, string Body)
{
    /// <summary>The values of a header, in order.</summary>
    public IEnumerable<string> All(string name) =>
        Headers.Where(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value);

    /// <summary>The one value of a header; null when it is not there.</summary>
    public string? Header(string name) => All(name).SingleOrDefault();

    /// <summary>The id by which the record knows the call.</summary>
    public string RequestId => Header("x-compute-request-id") ?? throw new InvalidOperationException($"no request id: {this}");

    public bool HasRequestIds => WellFormedId().IsMatch(Header("x-compute-request-id") ?? "") && Header("x-openstack-request-id") == Header("x-compute-request-id");

    public override string ToString() => $"{Status}\n{string.Join('\n', Headers.Select(header => $"{header.Key}: {header.Value}"))}\n\n{Body}";

    [GeneratedRegex("^req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", RegexOptions.ExplicitCapture)]
    private static partial Regex WellFormedId();
}

/// <summary>A TCP connection over which a test says exactly what it means.</summary>
internal sealed class RawConnection : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private readonly TcpClient _client;
    private readonly NetworkStream _stream;
    private readonly CancellationTokenSource _limit = new(Longest);
    private readonly List<byte> _pending = [];
    private Task<bool>? _reading;

    private RawConnection(TcpClient client) => (_client, _stream) = (client, client.GetStream());

    public static async Task<RawConnection> OpenAsync(Uri server)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(server.Host, server.Port);
        return new RawConnection(client);
    }

    /// <summary>One request, one answer, on a connection of its own.</summary>
    public static Task<RawAnswer> ExchangeAsync(Uri server, RawRequest request) => ExchangeAsync(server, request.ToBytes());

    /// <inheritdoc cref="ExchangeAsync(Uri, RawRequest)"/>
    public static async Task<RawAnswer> ExchangeAsync(Uri server, byte[] request)
    {
        using var connection = await OpenAsync(server);
        await connection.SendAsync(request);
        return await connection.ReadAsync();
    }

    /// <summary>Sends bytes. A server may answer and close before it has read them all; that shows in the answer.</summary>
    public async Task SendAsync(byte[] bytes)
    {
        try
        {
            await _stream.WriteAsync(bytes, _limit.Token);
        }
        catch (IOException)
        {
            // Its answer is already there to be read.
        }
    }

    /// <summary>The next answer.</summary>
    public async Task<RawAnswer> ReadAsync()
    {
        int end;
        while ((end = HeadEnd()) < 0)
            if (!await FillAsync()) throw new IOException($"the connection was closed without an answer; received: {Encoding.Latin1.GetString([.. _pending])}");
        var head = Encoding.Latin1.GetString(Take(end + 4)).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = head.Skip(1).Select(line => line.Split(':', 2)).Select(parts => KeyValuePair.Create(parts[0], parts[1].Trim())).ToArray();
        var answer = new RawAnswer(int.Parse(head[0].Split(' ')[1]), headers, "");
        var body = answer.Header("Transfer-Encoding") == "chunked" ? await ReadChunksAsync()
            : await ReadExactlyAsync(int.Parse(answer.Header("Content-Length") ?? "0"));
        return answer with { Body = Encoding.UTF8.GetString(body) };
    }

    /// <summary>Whether the server closes the connection without sending more.</summary>
    public async Task<bool> IsClosedAsync() => _pending.Count == 0 && !await FillAsync();

    /// <summary>Reads, and keeps none of it, until the server closes the connection or says nothing for a while.</summary>
    public async Task DrainAsync(TimeSpan silence)
    {
        _reading ??= FillAsync();
        while (await Task.WhenAny(_reading, Task.Delay(silence, TimeProvider.System)) == _reading && await _reading)
        {
            _pending.Clear();
            _reading = FillAsync();
        }
    }

    /// <summary>Says that nothing more will be sent; what the server still has to say can be read.</summary>
    public void Finish()
    {
        try
        {
            _client.Client.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The server has closed it already.
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _limit.Dispose();
    }

    private async Task<byte[]> ReadChunksAsync()
    {
        var body = new List<byte>();
        while (true)
        {
            int end;
            while ((end = LineEnd()) < 0)
                if (!await FillAsync()) throw new IOException("the connection was closed in an answer");
            var size = int.Parse(Encoding.ASCII.GetString(Take(end + 2)).Trim(), NumberStyles.HexNumber);
            body.AddRange(await ReadExactlyAsync(size));
            await ReadExactlyAsync(2);
            if (size == 0) return [.. body];
        }
    }

    private async Task<byte[]> ReadExactlyAsync(int length)
    {
        while (_pending.Count < length)
            if (!await FillAsync()) throw new IOException("the connection was closed in an answer");
        return Take(length);
    }

    private async Task<bool> FillAsync()
    {
        var buffer = new byte[8192];
        int read;
        try
        {
            read = await _stream.ReadAsync(buffer, _limit.Token);
        }
        catch (IOException)
        {
            return false;
        }

        _pending.AddRange(buffer.AsSpan(0, read));
        return read > 0;
    }

    private byte[] Take(int length)
    {
        var taken = _pending.Take(length).ToArray();
        _pending.RemoveRange(0, length);
        return taken;
    }

    private int HeadEnd() => Encoding.Latin1.GetString([.. _pending]).IndexOf("\r\n\r\n", StringComparison.Ordinal);

    private int LineEnd() => Encoding.Latin1.GetString([.. _pending]).IndexOf("\r\n", StringComparison.Ordinal);
}
