using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Audit.Tests;

/// <summary>Reads octet-counted RFC 5424 messages strictly, over TCP or TLS, one connection after the other.</summary>
internal sealed partial class SyslogListener : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2? _certificate;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<Message> _messages = [];
    private readonly Task _loop;

    public SyslogListener(X509Certificate2? certificate = null)
    {
        _certificate = certificate;
        _listener.Start();
        _loop = Task.Run(AcceptAsync);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections { get; private set; }

    /// <summary>What was wrong with what was received; empty when nothing was.</summary>
    public string Fault { get; private set; } = "";

    /// <summary>Ends the n-th connection, from 1, after so many messages, with the rest unread.</summary>
    public Func<int, int?> BreakAfter { get; set; } = _ => null;

    /// <summary>Keeps connections open although the other side has ended.</summary>
    public bool NeverCloses { get; set; }

    public IReadOnlyList<Message> Messages
    {
        get
        {
            lock (_gate) return [.. _messages];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _loop;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Connections++;
                try
                {
                    await using var stream = await SecureAsync(client.GetStream());
                    var most = BreakAfter(Connections);
                    await ReadAsync(stream, most);

                    // As the system does for a process that was killed with something unread.
                    if (most is not null) client.Client.Close(timeout: 0);
                    if (NeverCloses) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token);
                }
                catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
                {
                    Fault = e.Message;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
        }
    }

    private async Task<Stream> SecureAsync(Stream stream)
    {
        if (_certificate is null) return stream;
        var secure = new SslStream(stream);
        await secure.AuthenticateAsServerAsync(_certificate);
        return secure;
    }

    private async Task ReadAsync(Stream stream, int? most)
    {
        for (var i = 0; i != most; i++)
        {
            var length = 0;
            while (true)
            {
                var one = new byte[1];
                if (await stream.ReadAsync(one, _stop.Token) == 0) return;
                if (one[0] == ' ') break;
                length = (length * 10) + (one[0] is >= (byte)'0' and <= (byte)'9' ? one[0] - '0' : throw new IOException($"`{(char)one[0]}` in a frame's length"));
            }

            var message = new byte[length];
            await stream.ReadExactlyAsync(message, _stop.Token);
            lock (_gate) _messages.Add(Message.Parse(Encoding.UTF8.GetString(message)));
        }
    }

    /// <summary>One message, taken apart by RFC 5424's grammar.</summary>
    internal sealed partial record Message(int Priority, DateTimeOffset Time, string Host, string Application, string MessageId, IReadOnlyDictionary<string, string> Data, string Text)
    {
        public long Sequence => long.Parse(Data["sequence"], CultureInfo.InvariantCulture);

        public static Message Parse(string text)
        {
            var match = Grammar().Match(text);
            if (!match.Success) throw new IOException($"not RFC 5424: {text}");
            var data = Parameter().Matches(match.Groups["data"].Value).ToDictionary(
                one => one.Groups["name"].Value, one => Escape().Replace(one.Groups["value"].Value, "$1"), StringComparer.Ordinal);
            return new Message(
                int.Parse(match.Groups["pri"].Value, CultureInfo.InvariantCulture),
                DateTimeOffset.ParseExact(match.Groups["time"].Value, "yyyy-MM-dd'T'HH:mm:ss.ffffffK", CultureInfo.InvariantCulture),
                match.Groups["host"].Value,
                match.Groups["app"].Value,
                match.Groups["id"].Value,
                data,
                match.Groups["text"].Value);
        }

        [GeneratedRegex(
            """^<(?<pri>\d{1,3})>1 (?<time>\S+) (?<host>[!-~]{1,255}) (?<app>[!-~]{1,48}) - (?<id>[!-~]{1,32}) \[audit@\d+(?<data>( \w+="([^"\\\]]|\\["\\\]])*")+)\] (?<text>.*)$""",
            RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
        private static partial Regex Grammar();

        [GeneratedRegex(""" (?<name>\w+)="(?<value>([^"\\\]]|\\["\\\]])*)"(?= |$)""", RegexOptions.ExplicitCapture)]
        private static partial Regex Parameter();

        [GeneratedRegex("""\\(["\\\]])""")]
        private static partial Regex Escape();
    }
}
