using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Gateway.Forwarding;
using Xunit;

namespace Gateway.Tests.Forwarding;

public sealed class WholeBodiesTests : IDisposable
{
    private readonly Backend _backend = new();
    private readonly HttpMessageInvoker _http;

    public WholeBodiesTests()
    {
        _http = new HttpMessageInvoker(new WholeBodies(new SocketsHttpHandler { ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(_backend) }));
    }

    [Fact]
    public async Task Sends_a_small_body_in_one_piece_with_its_headers()
    {
        await SendAsync("""{"resume": null}"""u8.ToArray());

        var sent = Assert.Single(_backend.Sent);
        Assert.StartsWith("POST /v2.1/servers/1/action HTTP/1.1\r\n", sent);
        Assert.EndsWith("\r\n\r\n{\"resume\": null}", sent);
        Assert.Contains("\r\nContent-Type: application/json; charset=UTF-8\r\n", sent);
        Assert.Contains("\r\nContent-Language: de, en\r\n", sent);
        Assert.Contains("\r\nContent-Length: 16\r\n", sent);
        Assert.DoesNotContain("Transfer-Encoding", sent);
    }

    [Fact]
    public async Task Sends_the_bytes_as_they_were_when_it_was_given_them()
    {
        var buffer = """{"resume": null}"""u8.ToArray();

        await SendAsync(buffer, () => buffer.AsSpan().Fill((byte)'x'));

        Assert.EndsWith("\r\n\r\n{\"resume\": null}", Assert.Single(_backend.Sent));
    }

    [Theory]
    [InlineData(2048, 1)]
    [InlineData(2049, 2)]
    public async Task Leaves_a_large_body_to_be_streamed(int length, int pieces)
    {
        await SendAsync(Encoding.ASCII.GetBytes(new string('x', length)));

        Assert.Equal(pieces, _backend.Sent.Count);
        Assert.EndsWith("\r\n\r\n" + new string('x', length), string.Concat(_backend.Sent));
    }

    [Fact]
    public async Task Never_sends_a_body_twice()
    {
        var again = new Again();
        using var http = new HttpMessageInvoker(new WholeBodies(again));
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://backend/") { Content = new Streamed([1]) };
        WholeBodies.Give(request, new byte[] { 1 });

        await Assert.ThrowsAsync<InvalidOperationException>(() => http.SendAsync(request, TestContext.Current.CancellationToken));

        Assert.Equal([1], again.Sent.ToArray());
    }

    [Fact]
    public async Task Leaves_a_call_without_a_body_without_one()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://backend/v2.1/servers");
        WholeBodies.Give(request, ReadOnlyMemory<byte>.Empty);

        using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.EndsWith("\r\n\r\n", Assert.Single(_backend.Sent));
        Assert.DoesNotContain("Content-", _backend.Sent[0]);
    }

    [Theory]
    [InlineData("DELETE", 1)]
    [InlineData("POST", 1)]
    [InlineData("PUT", 1)]
    [InlineData("GET", 2)]
    public async Task Sends_a_call_that_changes_something_once_though_a_kept_connection_ends(string method, int times)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var stop = end.Token;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var sent = new List<string>();
        var serving = ServeAsync();
        using (var http = new HttpMessageInvoker(new WholeBodies(new SocketsHttpHandler())))
        {
            using (await CallAsync(http, "GET"))
            {
            }

            if (times == 2) Assert.Equal(HttpStatusCode.Accepted, (await CallAsync(http, method)).StatusCode);
            else await Assert.ThrowsAsync<HttpRequestException>(() => CallAsync(http, method));
        }

        await end.CancelAsync();
        await serving;
        Assert.Equal(times, sent.Count(line => line.StartsWith(method + " ", StringComparison.Ordinal)) - (method == "GET" ? 1 : 0));

        async Task<HttpResponseMessage> CallAsync(HttpMessageInvoker http, string with)
        {
            using var request = new HttpRequestMessage(new HttpMethod(with), $"http://{listener.LocalEndpoint}/v2.1/servers/1");
            WholeBodies.Give(request, ReadOnlyMemory<byte>.Empty);
            return await http.SendAsync(request, stop);
        }

        // Answers the first request of all, hangs up on the second that comes over the same connection, and answers what comes over another.
        async Task ServeAsync()
        {
            try
            {
                for (var isFirst = true; ; isFirst = false)
                {
                    using var connection = await listener.AcceptTcpClientAsync(stop);
                    using var reader = new StreamReader(connection.GetStream(), Encoding.ASCII);
                    for (var answered = 0; ; answered++)
                    {
                        var line = await reader.ReadLineAsync(stop);
                        if (line is null) break;
                        sent.Add(line);
                        while (await reader.ReadLineAsync(stop) is { Length: > 0 })
                        {
                        }

                        if (isFirst && answered == 1) break;
                        await connection.GetStream().WriteAsync("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), stop);
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // The test has its answers.
            }
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _backend.Dispose();
    }

    private async Task SendAsync(byte[] body, Action? afterwards = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://backend/v2.1/servers/1/action") { Content = new Streamed(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/json; charset=UTF-8");
        request.Content.Headers.ContentLength = body.Length;
        request.Content.Headers.ContentLanguage.Add("de");
        request.Content.Headers.ContentLanguage.Add("en");
        WholeBodies.Give(request, body);
        afterwards?.Invoke();

        using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }

    /// <summary>Sends its headers before its bytes, as YARP's does.</summary>
    private sealed class Streamed(byte[] body) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync();
            await stream.WriteAsync(body);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = body.Length;
            return true;
        }
    }

    /// <summary>A client that sends again, as one of HTTP/2 does when the backend refused the stream.</summary>
    private sealed class Again : HttpMessageHandler
    {
        public MemoryStream Sent { get; } = new();

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await request.Content!.CopyToAsync(Sent, cancellationToken);
            await request.Content.CopyToAsync(Sent, cancellationToken);
            return new HttpResponseMessage(HttpStatusCode.Accepted);
        }
    }

    /// <summary>A connection that keeps what is sent, piece by piece, and answers 202.</summary>
    private sealed class Backend() : MemoryStream("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"u8.ToArray())
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<string> Sent { get; } = [];

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Sent.Add(Encoding.ASCII.GetString(buffer.Span));
            _asked.TrySetResult();
            return ValueTask.CompletedTask;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await _asked.Task.WaitAsync(cancellationToken);
            return await base.ReadAsync(buffer, cancellationToken);
        }
    }
}
