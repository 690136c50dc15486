using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.EndToEnd;

/// <summary>A webhook that can fail, hang, and recover.</summary>
internal sealed class WebhookServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<long> _taken = new();
    private volatile TaskCompletionSource? _hold;

    private WebhookServer(WebApplication app) => _app = app;

    public string Address => _app.Urls.First() + "/hook";

    /// <summary>What it answers.</summary>
    public int Status { get; set; } = StatusCodes.Status200OK;

    /// <summary>The numbers of the records that it said it had taken, in order.</summary>
    public IReadOnlyList<long> Taken => [.. _taken];

    public int Asked { get; private set; }

    public static async Task<WebhookServer> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        var app = builder.Build();
        var server = new WebhookServer(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        return server;
    }

    /// <summary>From now on it takes requests and does not answer, until <see cref="GoOn"/>.</summary>
    public void Hang() => _hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void GoOn()
    {
        _hold?.TrySetResult();
        _hold = null;
    }

    public async ValueTask DisposeAsync()
    {
        GoOn();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Asked++;
        if (_hold is { } hold) await hold.Task.WaitAsync(context.RequestAborted);
        context.Response.StatusCode = Status;
        if (Status != StatusCodes.Status200OK) return;
        foreach (var record in JsonNode.Parse(body.ToArray())!.AsArray()) _taken.Enqueue((long)record!["sequence"]!);
    }
}
