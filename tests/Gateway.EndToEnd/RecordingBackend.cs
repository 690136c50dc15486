using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.EndToEnd;

/// <summary>What a backend received.</summary>
internal sealed record ReceivedRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);

    public override string ToString() => $"{Method} {Target}\n{string.Join('\n', Headers.Select(header => $"{header.Key}: {header.Value}"))}";
}

/// <summary>A compute backend that keeps every request it gets, shows one server, and holds actions back when told to.</summary>
internal sealed class RecordingBackend : IAsyncDisposable
{
    public const string ServerId = "11111111-2222-3333-4444-555555555555";

    /// <summary>Shared with a gateway that signs what it says of the caller.</summary>
    public const string Secret = "a secret of the two of them";

    private readonly WebApplication _app;
    private TaskCompletionSource? _gate;

    private RecordingBackend(WebApplication app) => _app = app;

    public ConcurrentQueue<ReceivedRequest> Received { get; } = new();

    /// <summary>The action calls among what was received; the gateway's own look-ups are left out.</summary>
    public IEnumerable<ReceivedRequest> Actions => Received.Where(request => request.Method == "POST");

    /// <summary>What the next action is answered instead of 202, once.</summary>
    public (int Status, string Body)? NextAnswer { get; set; }

    /// <summary>Answers the gateway's look-ups of servers, instead of showing the one.</summary>
    public Func<HttpContext, Task>? LookUp { get; set; }

    public string Address => _app.Urls.First();

    /// <summary>Completed when an action has arrived and is being held.</summary>
    public TaskCompletionSource Arrived { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Settings that put this backend behind a gateway, told who calls by the caller's own token.</summary>
    public string[] Settings => SettingsFor(Address);

    /// <summary>The same, told who calls by signed headers.</summary>
    public string[] SignedSettings =>
        [.. Settings, "--ReverseProxy:Clusters:recorder:Metadata:Identity=signed", $"--ReverseProxy:Clusters:recorder:Metadata:Secret={Secret}"];

    /// <summary>Settings that put whatever is at an address behind a gateway.</summary>
    public static string[] SettingsFor(string address) =>
    [
        "--ReverseProxy:Routes:all:ClusterId=recorder", "--ReverseProxy:Routes:all:Match:Path=/{**path}",
        $"--ReverseProxy:Clusters:recorder:Destinations:one:Address={address}",
    ];

    /// <param name="ownerProject">The project that owns the one server.</param>
    /// <param name="tls">Listens with TLS in this way; null without.</param>
    public static async Task<RecordingBackend> StartAsync(string ownerProject, Action<HttpsConnectionAdapterOptions>? tls = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listener =>
        {
            if (tls is not null) listener.UseHttps(tls);
        }));
        builder.Services.AddRouting();
        var app = builder.Build();
        var backend = new RecordingBackend(app);
        app.Run(context => backend.AnswerAsync(context, ownerProject));
        await app.StartAsync();
        return backend;
    }

    /// <summary>From now on actions are not answered until <see cref="Release"/>.</summary>
    public void Hold()
    {
        _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Release()
    {
        _gate?.TrySetResult();
        _gate = null;
    }

    public async ValueTask DisposeAsync()
    {
        Release();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context, string ownerProject)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var request = context.Request;
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        Received.Enqueue(new ReceivedRequest(
            request.Method,
            target,
            request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body.ToArray()));
        if (request.Method is "POST" or "PUT")
        {
            Arrived.TrySetResult();
            if (_gate is { } gate) await gate.Task.WaitAsync(context.RequestAborted);
            var (status, text) = NextAnswer ?? (StatusCodes.Status202Accepted, "");
            NextAnswer = null;
            context.Response.StatusCode = status;
            if (text.Length > 0) await context.Response.WriteAsync(text);
            return;
        }

        if (request.Method == "GET" && LookUp is { } lookUp)
        {
            await lookUp(context);
            return;
        }

        if (target == $"/v2.1/servers/{ServerId}")
        {
            await context.Response.WriteAsync($$$"""{"server": {"id": "{{{ServerId}}}", "tenant_id": "{{{ownerProject}}}", "user_id": "someone"}}""");
            return;
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
    }
}
