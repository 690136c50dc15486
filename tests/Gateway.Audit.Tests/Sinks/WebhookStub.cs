using System.Net;
using System.Text;

namespace Gateway.Audit.Tests;

/// <summary>One request as a webhook gets it.</summary>
internal sealed record WebhookRequest(IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>A webhook that answers as a test says.</summary>
internal sealed class WebhookStub : IAsyncDisposable
{
    private readonly HttpListener _listener;
    private readonly Lock _gate = new();
    private readonly List<WebhookRequest> _requests = [];
    private readonly Task _loop;

    public WebhookStub()
    {
        for (var port = Random.Shared.Next(20_000, 60_000); ; port++)
        {
            // One that could not start is of no use any more.
            var listener = new HttpListener();
            try
            {
                listener.Prefixes.Add($"http://127.0.0.1:{port}/");
                listener.Start();
                Address = new Uri($"http://127.0.0.1:{port}/hook?key=hidden");
                _listener = listener;
                break;
            }
            catch (HttpListenerException)
            {
                // Taken; the next one.
                listener.Close();
            }
        }

        _loop = Task.Run(AnswerAsync);
    }

    public Uri Address { get; }

    /// <summary>The answer to the n-th request, from 1, and its Retry-After.</summary>
    public Func<int, WebhookRequest, (int Status, string? RetryAfter)> Answer { get; set; } = (_, _) => (204, null);

    public IReadOnlyList<WebhookRequest> Requests
    {
        get
        {
            lock (_gate) return [.. _requests];
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _loop;
    }

    private async Task AnswerAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                var headers = context.Request.Headers.AllKeys.ToDictionary(key => key!, key => context.Request.Headers[key]!, StringComparer.OrdinalIgnoreCase);
                var request = new WebhookRequest(headers, body.ToArray());
                int count;
                lock (_gate)
                {
                    _requests.Add(request);
                    count = _requests.Count;
                }

                var (status, retryAfter) = Answer(count, request);
                context.Response.StatusCode = status;
                if (retryAfter is not null) context.Response.AddHeader("Retry-After", retryAfter);
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
        }
    }
}
